"""Records of the service, and the form in which they are written out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


def as_date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass
class Member:
    id: int
    name: str
    email: str
    joined_on: date

    @classmethod
    def from_row(cls, row: dict) -> Member:
        return cls(
            id=row["id"],
            name=row["name"],
            email=row["email"],
            joined_on=as_date(row["joined_on"]),
        )

    def to_dict(self) -> dict:
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "joined_on": self.joined_on.isoformat(),
        }

    @property
    def display_name(self) -> str:
        return f"{self.name} <{self.email}>"

@dataclass
class Book:
    id: int
    title: str
    author: str
    isbn: str
    copies: int

    @classmethod
    def from_row(cls, row: dict) -> Book:
        return cls(
            id=row["id"],
            title=row["title"],
            author=row["author"],
            isbn=row["isbn"],
            copies=row["copies"],
        )

    def to_dict(self) -> dict:
        return {
            "id": self.id,
            "title": self.title,
            "author": self.author,
            "isbn": self.isbn,
            "copies": self.copies,
        }

    @property
    def display_name(self) -> str:
        return f"{self.title} ({self.author})"

@dataclass
class Loan:
    id: int
    member_id: int
    book_id: int
    due_on: date
    returned_on: date | None

    @classmethod
    def from_row(cls, row: dict) -> Loan:
        return cls(
            id=row["id"],
            member_id=row["member_id"],
            book_id=row["book_id"],
            due_on=as_date(row["due_on"]),
            returned_on=as_date(row["returned_on"]),
        )

    def to_dict(self) -> dict:
        return {
            "id": self.id,
            "member_id": self.member_id,
            "book_id": self.book_id,
            "due_on": self.due_on.isoformat(),
            "returned_on": self.returned_on.isoformat() if self.returned_on else None,
        }

    @property
    def is_open(self) -> bool:
        return self.returned_on is None

    def is_late(self, today: date) -> bool:
        return self.is_open and self.due_on < today

    def days_late(self, today: date) -> int:
        return max(0, (today - self.due_on).days) if self.is_open else 0

@dataclass
class Reservation:
    id: int
    member_id: int
    book_id: int
    placed_on: date
    expires_on: date

    @classmethod
    def from_row(cls, row: dict) -> Reservation:
        return cls(
            id=row["id"],
            member_id=row["member_id"],
            book_id=row["book_id"],
            placed_on=as_date(row["placed_on"]),
            expires_on=as_date(row["expires_on"]),
        )

    def to_dict(self) -> dict:
        return {
            "id": self.id,
            "member_id": self.member_id,
            "book_id": self.book_id,
            "placed_on": self.placed_on.isoformat(),
            "expires_on": self.expires_on.isoformat(),
        }

    def is_expired(self, today: date) -> bool:
        return self.expires_on < today

@dataclass
class Fine:
    id: int
    loan_id: int
    amount_cents: int
    paid_on: date | None

    @classmethod
    def from_row(cls, row: dict) -> Fine:
        return cls(
            id=row["id"],
            loan_id=row["loan_id"],
            amount_cents=row["amount_cents"],
            paid_on=as_date(row["paid_on"]),
        )

    def to_dict(self) -> dict:
        return {
            "id": self.id,
            "loan_id": self.loan_id,
            "amount_cents": self.amount_cents,
            "paid_on": self.paid_on.isoformat() if self.paid_on else None,
        }

    @property
    def is_paid(self) -> bool:
        return self.paid_on is not None

    @property
    def amount(self) -> str:
        return f"{self.amount_cents / 100:.2f}"
