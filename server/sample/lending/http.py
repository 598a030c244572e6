"""Requests and answers, and the table that brings them together."""

import json
import re

from lending.errors import LendingError


class Request:
    def __init__(self, method, path, body="", query=None):
        self.method = method
        self.path = path
        self.body = body
        self.query = query or {}

    def json(self):
        return json.loads(self.body or "{}")


class Response:
    def __init__(self, status, body=None):
        self.status = status
        self.body = body

    def text(self):
        return "" if self.body is None else json.dumps(self.body)


class Router:
    def __init__(self):
        self.routes = []

    def add(self, method, pattern, view):
        expression = re.sub(r"<(\w+)>", r"(?P<\1>[0-9]+)", pattern)
        self.routes.append((method, re.compile(expression), view))

    def answer(self, request):
        for method, expression, view in self.routes:
            match = expression.fullmatch(request.path)
            if match and method == request.method:
                try:
                    return view(request, **{name: int(value) for name, value in match.groupdict().items()})
                except LendingError as error:
                    return Response(error.status, error.to_dict())
        return Response(404, {"error": "no such page"})
