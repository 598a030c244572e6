from datetime import date

from tests.service import Service


def make_fine(service):
    member = service.add_member()
    book = service.add_book()
    loan = service.add_loan(member["id"], book["id"], due_on="2026-03-01")
    service.clock.day = date(2026, 3, 4)
    service.post(f"/loans/{loan['id']}/return")
    [fine] = service.get("/fines").body
    return fine


def test_a_fine_is_shown():
    service = Service()
    fine = make_fine(service)
    answer = service.get(f"/fines/{fine['id']}")
    assert answer.status == 200
    assert answer.body == fine


def test_a_fine_is_paid_once():
    service = Service()
    fine = make_fine(service)
    answer = service.post(f"/fines/{fine['id']}/payment")
    assert answer.status == 200
    assert answer.body["paid_on"] == "2026-03-04"
    assert service.post(f"/fines/{fine['id']}/payment").status == 409
