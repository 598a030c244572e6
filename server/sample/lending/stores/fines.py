"""Where fines are kept."""

from lending.errors import NotFound
from lending.models import Fine


class FineStore:
    def __init__(self, database):
        self.database = database

    def get(self, fine_id):
        row = self.database.fetch_one("SELECT * FROM fines WHERE id = ?", (fine_id,))
        if row is None:
            raise NotFound("no such fine", fine_id=fine_id)
        return Fine.from_row(row)

    def list_all(self, limit=100, offset=0):
        rows = self.database.fetch_all("SELECT * FROM fines ORDER BY id LIMIT ? OFFSET ?", (limit, offset))
        return [Fine.from_row(row) for row in rows]

    def add(self, loan_id, amount_cents, paid_on):
        fine_id = self.database.insert(
            "INSERT INTO fines (loan_id, amount_cents, paid_on) VALUES (?, ?, ?)",
            (loan_id, amount_cents, paid_on.isoformat() if paid_on else None),
        )
        return self.get(fine_id)

    def remove(self, fine_id):
        if not self.database.update("DELETE FROM fines WHERE id = ?", (fine_id,)):
            raise NotFound("no such fine", fine_id=fine_id)

    def list_of_loan(self, loan_id):
        rows = self.database.fetch_all("SELECT * FROM fines WHERE loan_id = ? ORDER BY id", (loan_id,))
        return [Fine.from_row(row) for row in rows]

    def mark_paid(self, fine_id, paid_on):
        self.database.update("UPDATE fines SET paid_on = ? WHERE id = ?", (paid_on.isoformat(), fine_id))
        return self.get(fine_id)
