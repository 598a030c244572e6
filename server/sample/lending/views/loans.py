"""Views that answer requests about loans."""

from lending.errors import Conflict
from lending.http import Response
from lending.validation import require_date, require_number

CENTS_A_DAY = 20


class LoanViews:
    def __init__(self, stores, clock):
        self.stores = stores
        self.clock = clock

    def list_all(self, request):
        limit = int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        loans = self.stores.loans.list_all(limit, offset)
        return Response(200, [loan.to_dict() for loan in loans])

    def show(self, request, loan_id):
        loan = self.stores.loans.get(loan_id)
        return Response(200, loan.to_dict())

    def create(self, request):
        body = request.json()
        member_id = require_number(body, "member_id", least=1)
        book_id = require_number(body, "book_id", least=1)
        due_on = require_date(body, "due_on")
        book = self.stores.books.get(book_id)
        if len(self.stores.loans.list_open_of_book(book_id)) >= book.copies:
            raise Conflict("every copy is out", book_id=book_id)
        loan = self.stores.loans.add(member_id, book_id, due_on, None)
        return Response(201, loan.to_dict())

    def delete(self, request, loan_id):
        self.stores.loans.remove(loan_id)
        return Response(204)

    def give_back(self, request, loan_id):
        loan = self.stores.loans.get(loan_id)
        if not loan.is_open:
            raise Conflict("the loan has ended", loan_id=loan_id)
        today = self.clock.today()
        if loan.is_late(today):
            self.stores.fines.add(loan_id, loan.days_late(today) * CENTS_A_DAY, None)
        loan = self.stores.loans.mark_returned(loan_id, today)
        return Response(200, loan.to_dict())
