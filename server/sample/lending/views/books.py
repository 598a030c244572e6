"""Views that answer requests about books."""

from lending.errors import Conflict
from lending.http import Response
from lending.validation import require_isbn, require_number, require_text


class BookViews:
    def __init__(self, stores, clock):
        self.stores = stores
        self.clock = clock

    def list_all(self, request):
        limit = int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        books = self.stores.books.list_all(limit, offset)
        return Response(200, [book.to_dict() for book in books])

    def show(self, request, book_id):
        book = self.stores.books.get(book_id)
        return Response(200, book.to_dict())

    def create(self, request):
        body = request.json()
        title = require_text(body, "title")
        author = require_text(body, "author")
        isbn = require_isbn(body)
        copies = require_number(body, "copies", least=1, most=999)
        if self.stores.books.find_by_isbn(isbn):
            raise Conflict("the ISBN is taken", isbn=isbn)
        book = self.stores.books.add(title, author, isbn, copies)
        return Response(201, book.to_dict())

    def delete(self, request, book_id):
        self.stores.books.remove(book_id)
        return Response(204)

    def search(self, request):
        words = request.query.get("words", "")
        books = self.stores.books.search(words)
        return Response(200, [book.to_dict() for book in books])

    def list_reservations(self, request, book_id):
        self.stores.books.get(book_id)
        reservations = self.stores.reservations.list_of_book(book_id)
        return Response(200, [reservation.to_dict() for reservation in reservations])
