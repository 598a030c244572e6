"""Where books are kept."""

from lending.errors import NotFound
from lending.models import Book


class BookStore:
    def __init__(self, database):
        self.database = database

    def get(self, book_id):
        row = self.database.fetch_one("SELECT * FROM books WHERE id = ?", (book_id,))
        if row is None:
            raise NotFound("no such book", book_id=book_id)
        return Book.from_row(row)

    def list_all(self, limit=100, offset=0):
        rows = self.database.fetch_all("SELECT * FROM books ORDER BY id LIMIT ? OFFSET ?", (limit, offset))
        return [Book.from_row(row) for row in rows]

    def add(self, title, author, isbn, copies):
        book_id = self.database.insert(
            "INSERT INTO books (title, author, isbn, copies) VALUES (?, ?, ?, ?)",
            (title, author, isbn, copies),
        )
        return self.get(book_id)

    def remove(self, book_id):
        if not self.database.update("DELETE FROM books WHERE id = ?", (book_id,)):
            raise NotFound("no such book", book_id=book_id)

    def find_by_isbn(self, isbn):
        row = self.database.fetch_one("SELECT * FROM books WHERE isbn = ?", (isbn,))
        return Book.from_row(row) if row else None

    def search(self, words):
        pattern = f"%{words}%"
        rows = self.database.fetch_all("SELECT * FROM books WHERE title LIKE ? OR author LIKE ?", (pattern, pattern))
        return [Book.from_row(row) for row in rows]

    def count(self):
        row = self.database.fetch_one("SELECT COUNT(*) AS n FROM books")
        return row["n"]
