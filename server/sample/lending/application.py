"""Everything put together."""

from lending.http import Router
from lending.stores.members import MemberStore
from lending.stores.books import BookStore
from lending.stores.loans import LoanStore
from lending.stores.reservations import ReservationStore
from lending.stores.fines import FineStore
from lending.views.members import MemberViews
from lending.views.books import BookViews
from lending.views.loans import LoanViews
from lending.views.reservations import ReservationViews
from lending.views.fines import FineViews


class Stores:
    def __init__(self, database):
        self.members = MemberStore(database)
        self.books = BookStore(database)
        self.loans = LoanStore(database)
        self.reservations = ReservationStore(database)
        self.fines = FineStore(database)


def make_router(stores, clock):
    router = Router()

    members = MemberViews(stores, clock)
    router.add("GET", "/members", members.list_all)
    router.add("GET", "/members/<member_id>", members.show)
    router.add("POST", "/members", members.create)
    router.add("DELETE", "/members/<member_id>", members.delete)
    router.add("GET", "/members/<member_id>/loans", members.list_loans)
    router.add("GET", "/members/<member_id>/reservations", members.list_reservations)

    books = BookViews(stores, clock)
    router.add("GET", "/books", books.list_all)
    router.add("GET", "/books/<book_id>", books.show)
    router.add("POST", "/books", books.create)
    router.add("DELETE", "/books/<book_id>", books.delete)
    router.add("GET", "/books/search", books.search)
    router.add("GET", "/books/<book_id>/reservations", books.list_reservations)

    loans = LoanViews(stores, clock)
    router.add("GET", "/loans", loans.list_all)
    router.add("GET", "/loans/<loan_id>", loans.show)
    router.add("POST", "/loans", loans.create)
    router.add("DELETE", "/loans/<loan_id>", loans.delete)
    router.add("POST", "/loans/<loan_id>/return", loans.give_back)

    reservations = ReservationViews(stores, clock)
    router.add("GET", "/reservations", reservations.list_all)
    router.add("GET", "/reservations/<reservation_id>", reservations.show)
    router.add("POST", "/reservations", reservations.create)
    router.add("DELETE", "/reservations/<reservation_id>", reservations.delete)
    router.add("POST", "/reservations/expired", reservations.drop_expired)

    fines = FineViews(stores, clock)
    router.add("GET", "/fines", fines.list_all)
    router.add("GET", "/fines/<fine_id>", fines.show)
    router.add("POST", "/fines", fines.create)
    router.add("DELETE", "/fines/<fine_id>", fines.delete)
    router.add("POST", "/fines/<fine_id>/payment", fines.pay)
    return router
