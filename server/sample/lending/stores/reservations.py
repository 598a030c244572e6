"""Where reservations are kept."""

from lending.errors import NotFound
from lending.models import Reservation


class ReservationStore:
    def __init__(self, database):
        self.database = database

    def get(self, reservation_id):
        row = self.database.fetch_one("SELECT * FROM reservations WHERE id = ?", (reservation_id,))
        if row is None:
            raise NotFound("no such reservation", reservation_id=reservation_id)
        return Reservation.from_row(row)

    def list_all(self, limit=100, offset=0):
        rows = self.database.fetch_all("SELECT * FROM reservations ORDER BY id LIMIT ? OFFSET ?", (limit, offset))
        return [Reservation.from_row(row) for row in rows]

    def add(self, member_id, book_id, placed_on, expires_on):
        reservation_id = self.database.insert(
            "INSERT INTO reservations (member_id, book_id, placed_on, expires_on) VALUES (?, ?, ?, ?)",
            (member_id, book_id, placed_on.isoformat(), expires_on.isoformat()),
        )
        return self.get(reservation_id)

    def remove(self, reservation_id):
        if not self.database.update("DELETE FROM reservations WHERE id = ?", (reservation_id,)):
            raise NotFound("no such reservation", reservation_id=reservation_id)

    def list_of_member(self, member_id):
        rows = self.database.fetch_all("SELECT * FROM reservations WHERE member_id = ? ORDER BY placed_on", (member_id,))
        return [Reservation.from_row(row) for row in rows]

    def list_of_book(self, book_id):
        rows = self.database.fetch_all("SELECT * FROM reservations WHERE book_id = ? ORDER BY placed_on", (book_id,))
        return [Reservation.from_row(row) for row in rows]
