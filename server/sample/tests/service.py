"""The service in memory, and a clock that stands."""

import json
from datetime import date

from lending.application import Stores, make_router
from lending.database import Database
from lending.http import Request


class StandingClock:
    def __init__(self, today=date(2026, 3, 2)):
        self.day = today

    def today(self):
        return self.day


class Service:
    def __init__(self):
        self.clock = StandingClock()
        self.stores = Stores(Database())
        self.router = make_router(self.stores, self.clock)

    def get(self, path, **query):
        return self.router.answer(Request("GET", path, query=query))

    def post(self, path, **body):
        return self.router.answer(Request("POST", path, json.dumps(body)))

    def delete(self, path):
        return self.router.answer(Request("DELETE", path))

    def add_member(self, name="Ada", email="ada@example.org"):
        return self.post("/members", name=name, email=email).body

    def add_book(self, title="Emma", author="Jane Austen", isbn="9780141439587", copies=1):
        return self.post("/books", title=title, author=author, isbn=isbn, copies=copies).body

    def add_loan(self, member_id, book_id, due_on="2026-03-16"):
        return self.post("/loans", member_id=member_id, book_id=book_id, due_on=due_on).body
