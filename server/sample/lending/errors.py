"""Errors that reach the caller as an answer."""


class LendingError(Exception):
    status = 500

    def __init__(self, message, **details):
        super().__init__(message)
        self.message = message
        self.details = details

    def to_dict(self):
        return {"error": self.message, "details": self.details}


class NotFound(LendingError):
    status = 404


class Conflict(LendingError):
    status = 409


class Invalid(LendingError):
    status = 422
