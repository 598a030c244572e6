from tests.service import Service


def test_a_book_is_added_and_shown():
    service = Service()
    book = service.add_book(title="Persuasion", isbn="978-0141439686")
    assert book["isbn"] == "9780141439686"
    answer = service.get(f"/books/{book['id']}")
    assert answer.status == 200
    assert answer.body == book


def test_an_isbn_is_used_once():
    service = Service()
    service.add_book()
    answer = service.post("/books", title="Emma", author="Jane Austen", isbn="9780141439587", copies=1)
    assert answer.status == 409
    assert answer.body["details"] == {"isbn": "9780141439587"}


def test_a_book_without_a_title_is_refused():
    service = Service()
    answer = service.post("/books", title=" ", author="Jane Austen", isbn="9780141439587", copies=1)
    assert answer.status == 422
    assert answer.body["details"] == {"field": "title"}


def test_a_book_is_removed_once():
    service = Service()
    book = service.add_book()
    assert service.delete(f"/books/{book['id']}").status == 204
    assert service.delete(f"/books/{book['id']}").status == 404


def test_books_are_found_by_their_authors():
    service = Service()
    book = service.add_book()
    answer = service.get("/books/search", words="Austen")
    assert answer.status == 200
    assert answer.body == [book]
