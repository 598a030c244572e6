from datetime import date

from tests.service import Service


def test_a_loan_is_added_and_shown():
    service = Service()
    member = service.add_member()
    book = service.add_book()
    loan = service.add_loan(member["id"], book["id"])
    answer = service.get(f"/loans/{loan['id']}")
    assert answer.status == 200
    assert answer.body == loan


def test_the_last_copy_is_lent_once():
    service = Service()
    member = service.add_member()
    book = service.add_book(copies=1)
    service.add_loan(member["id"], book["id"])
    answer = service.post("/loans", member_id=member["id"], book_id=book["id"], due_on="2026-03-16")
    assert answer.status == 409
    assert answer.body["details"] == {"book_id": book["id"]}


def test_a_late_return_costs_a_fine():
    service = Service()
    member = service.add_member()
    book = service.add_book()
    loan = service.add_loan(member["id"], book["id"], due_on="2026-03-01")
    service.clock.day = date(2026, 3, 4)
    answer = service.post(f"/loans/{loan['id']}/return")
    assert answer.status == 200
    assert answer.body["returned_on"] == "2026-03-04"
    [fine] = service.get("/fines").body
    assert fine["amount_cents"] == 60


def test_a_loan_ends_once():
    service = Service()
    member = service.add_member()
    book = service.add_book()
    loan = service.add_loan(member["id"], book["id"])
    assert service.post(f"/loans/{loan['id']}/return").status == 200
    assert service.post(f"/loans/{loan['id']}/return").status == 409
