"""Where loans are kept."""

from lending.errors import NotFound
from lending.models import Loan


class LoanStore:
    def __init__(self, database):
        self.database = database

    def get(self, loan_id):
        row = self.database.fetch_one("SELECT * FROM loans WHERE id = ?", (loan_id,))
        if row is None:
            raise NotFound("no such loan", loan_id=loan_id)
        return Loan.from_row(row)

    def list_all(self, limit=100, offset=0):
        rows = self.database.fetch_all("SELECT * FROM loans ORDER BY id LIMIT ? OFFSET ?", (limit, offset))
        return [Loan.from_row(row) for row in rows]

    def add(self, member_id, book_id, due_on, returned_on):
        loan_id = self.database.insert(
            "INSERT INTO loans (member_id, book_id, due_on, returned_on) VALUES (?, ?, ?, ?)",
            (member_id, book_id, due_on.isoformat(), returned_on.isoformat() if returned_on else None),
        )
        return self.get(loan_id)

    def remove(self, loan_id):
        if not self.database.update("DELETE FROM loans WHERE id = ?", (loan_id,)):
            raise NotFound("no such loan", loan_id=loan_id)

    def list_of_member(self, member_id):
        rows = self.database.fetch_all("SELECT * FROM loans WHERE member_id = ? ORDER BY due_on", (member_id,))
        return [Loan.from_row(row) for row in rows]

    def list_open_of_book(self, book_id):
        rows = self.database.fetch_all("SELECT * FROM loans WHERE book_id = ? AND returned_on IS NULL", (book_id,))
        return [Loan.from_row(row) for row in rows]

    def mark_returned(self, loan_id, returned_on):
        self.database.update("UPDATE loans SET returned_on = ? WHERE id = ?", (returned_on.isoformat(), loan_id))
        return self.get(loan_id)
