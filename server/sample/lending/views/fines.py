"""Views that answer requests about fines."""

from lending.errors import Conflict
from lending.http import Response
from lending.validation import require_number


class FineViews:
    def __init__(self, stores, clock):
        self.stores = stores
        self.clock = clock

    def list_all(self, request):
        limit = int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        fines = self.stores.fines.list_all(limit, offset)
        return Response(200, [fine.to_dict() for fine in fines])

    def show(self, request, fine_id):
        fine = self.stores.fines.get(fine_id)
        return Response(200, fine.to_dict())

    def create(self, request):
        body = request.json()
        loan_id = require_number(body, "loan_id", least=1)
        amount_cents = require_number(body, "amount_cents", least=1)
        self.stores.loans.get(loan_id)
        fine = self.stores.fines.add(loan_id, amount_cents, None)
        return Response(201, fine.to_dict())

    def delete(self, request, fine_id):
        self.stores.fines.remove(fine_id)
        return Response(204)

    def pay(self, request, fine_id):
        fine = self.stores.fines.get(fine_id)
        if fine.is_paid:
            raise Conflict("the fine is paid", fine_id=fine_id)
        fine = self.stores.fines.mark_paid(fine_id, self.clock.today())
        return Response(200, fine.to_dict())
