from tests.service import Service


def test_a_member_is_added_and_shown():
    service = Service()
    member = service.add_member(name="Grace", email="Grace@Example.org")
    assert member["email"] == "grace@example.org"
    answer = service.get(f"/members/{member['id']}")
    assert answer.status == 200
    assert answer.body == member


def test_an_address_is_used_once():
    service = Service()
    service.add_member()
    answer = service.post("/members", name="Ada", email="ada@example.org")
    assert answer.status == 409
    assert answer.body["details"] == {"email": "ada@example.org"}


def test_a_member_without_a_name_is_refused():
    service = Service()
    answer = service.post("/members", name=" ", email="ada@example.org")
    assert answer.status == 422
    assert answer.body["details"] == {"field": "name"}


def test_a_member_is_removed_once():
    service = Service()
    member = service.add_member()
    assert service.delete(f"/members/{member['id']}").status == 204
    assert service.delete(f"/members/{member['id']}").status == 404


def test_loans_of_a_member_are_listed():
    service = Service()
    member = service.add_member()
    book = service.add_book()
    loan = service.add_loan(member["id"], book["id"])
    answer = service.get(f"/members/{member['id']}/loans")
    assert answer.status == 200
    assert answer.body == [loan]
