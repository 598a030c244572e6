"""Errors of events that hold no completion. Pure.

`transport` skips an unreadable event while the stream goes on, and ends the answer at an error that is reported in it.
"""

from __future__ import annotations

from fim_language_server.errors import StreamError

NULL_CONTENT = "null content"
"""The `silence` of a chunk that ends an answer with `null` in place of a text."""


class UnreadableEventError(StreamError):
    """The event holds no completion: it is no JSON object, or one of another kind."""


class ReportedError(StreamError):
    """The event reports an error in the server's `words`; `status` is the HTTP status that it names, or 0."""

    def __init__(self, provider: str, message: str, *, words: str = "", status: int = 0) -> None:
        super().__init__(provider, message)
        self.words = words
        self.status = status
