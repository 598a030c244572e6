"""Where members are kept."""

from lending.errors import NotFound
from lending.models import Member


class MemberStore:
    def __init__(self, database):
        self.database = database

    def get(self, member_id):
        row = self.database.fetch_one("SELECT * FROM members WHERE id = ?", (member_id,))
        if row is None:
            raise NotFound("no such member", member_id=member_id)
        return Member.from_row(row)

    def list_all(self, limit=100, offset=0):
        rows = self.database.fetch_all("SELECT * FROM members ORDER BY id LIMIT ? OFFSET ?", (limit, offset))
        return [Member.from_row(row) for row in rows]

    def add(self, name, email, joined_on):
        member_id = self.database.insert(
            "INSERT INTO members (name, email, joined_on) VALUES (?, ?, ?)",
            (name, email, joined_on.isoformat()),
        )
        return self.get(member_id)

    def remove(self, member_id):
        if not self.database.update("DELETE FROM members WHERE id = ?", (member_id,)):
            raise NotFound("no such member", member_id=member_id)

    def find_by_email(self, email):
        row = self.database.fetch_one("SELECT * FROM members WHERE email = ?", (email,))
        return Member.from_row(row) if row else None

    def count(self):
        row = self.database.fetch_one("SELECT COUNT(*) AS n FROM members")
        return row["n"]
