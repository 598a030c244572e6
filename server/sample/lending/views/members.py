"""Views that answer requests about members."""

from lending.errors import Conflict
from lending.http import Response
from lending.validation import require_email, require_text


class MemberViews:
    def __init__(self, stores, clock):
        self.stores = stores
        self.clock = clock

    def list_all(self, request):
        limit = int(request.query.get("limit", 100))
        offset = int(request.query.get("offset", 0))
        members = self.stores.members.list_all(limit, offset)
        return Response(200, [member.to_dict() for member in members])

    def show(self, request, member_id):
        member = self.stores.members.get(member_id)
        return Response(200, member.to_dict())

    def create(self, request):
        body = request.json()
        name = require_text(body, "name")
        email = require_email(body)
        if self.stores.members.find_by_email(email):
            raise Conflict("the address is taken", email=email)
        member = self.stores.members.add(name, email, self.clock.today())
        return Response(201, member.to_dict())

    def delete(self, request, member_id):
        self.stores.members.remove(member_id)
        return Response(204)

    def list_loans(self, request, member_id):
        self.stores.members.get(member_id)
        loans = self.stores.loans.list_of_member(member_id)
        return Response(200, [loan.to_dict() for loan in loans])

    def list_reservations(self, request, member_id):
        self.stores.members.get(member_id)
        reservations = self.stores.reservations.list_of_member(member_id)
        return Response(200, [reservation.to_dict() for reservation in reservations])
