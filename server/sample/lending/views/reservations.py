"""Views that answer requests about reservations."""

from lending.errors import Conflict
from lending.http import Response
from lending.validation import require_date, require_number


class ReservationViews:
    def __init__(self, stores, clock):
        self.stores = stores
        self.clock = clock

    def list_all(self, request):
        limit = int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        reservations = self.stores.reservations.list_all(limit, offset)
        return Response(200, [reservation.to_dict() for reservation in reservations])

    def show(self, request, reservation_id):
        reservation = self.stores.reservations.get(reservation_id)
        return Response(200, reservation.to_dict())

    def create(self, request):
        body = request.json()
        member_id = require_number(body, "member_id", least=1)
        book_id = require_number(body, "book_id", least=1)
        expires_on = require_date(body, "expires_on")
        self.stores.books.get(book_id)
        if any(each.member_id == member_id for each in self.stores.reservations.list_of_book(book_id)):
            raise Conflict("the book is reserved already", book_id=book_id)
        reservation = self.stores.reservations.add(member_id, book_id, self.clock.today(), expires_on)
        return Response(201, reservation.to_dict())

    def delete(self, request, reservation_id):
        self.stores.reservations.remove(reservation_id)
        return Response(204)

    def drop_expired(self, request):
        today = self.clock.today()
        expired = [each for each in self.stores.reservations.list_all() if each.is_expired(today)]
        for reservation in expired:
            self.stores.reservations.remove(reservation.id)
        return Response(200, {"removed": len(expired)})
