"""One connection for each request, and rows as dictionaries."""

import sqlite3
from contextlib import contextmanager

SCHEMA = """
CREATE TABLE IF NOT EXISTS members (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, joined_on TEXT);
CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT, isbn TEXT UNIQUE, copies INTEGER);
CREATE TABLE IF NOT EXISTS loans (id INTEGER PRIMARY KEY, member_id INTEGER, book_id INTEGER, due_on TEXT, returned_on TEXT);
CREATE TABLE IF NOT EXISTS reservations (id INTEGER PRIMARY KEY, member_id INTEGER, book_id INTEGER, placed_on TEXT, expires_on TEXT);
CREATE TABLE IF NOT EXISTS fines (id INTEGER PRIMARY KEY, loan_id INTEGER, amount_cents INTEGER, paid_on TEXT);
"""


class Database:
    def __init__(self, path=":memory:"):
        self.connection = sqlite3.connect(path)
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self):
        try:
            yield self.connection
        except Exception:
            self.connection.rollback()
            raise
        else:
            self.connection.commit()

    def fetch_one(self, sql, parameters=()):
        row = self.connection.execute(sql, parameters).fetchone()
        return dict(row) if row is not None else None

    def fetch_all(self, sql, parameters=()):
        rows = self.connection.execute(sql, parameters).fetchall()
        return [dict(row) for row in rows]

    def insert(self, sql, parameters=()):
        with self.transaction() as connection:
            cursor = connection.execute(sql, parameters)
        return cursor.lastrowid

    def update(self, sql, parameters=()):
        with self.transaction() as connection:
            cursor = connection.execute(sql, parameters)
        return cursor.rowcount
