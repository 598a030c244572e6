"""Two ways in which an event of an answer holds no completion. Pure.

`transport` passes over an event that it cannot read while the stream goes on, and ends the answer at an error that
is told in it.
"""

from __future__ import annotations

from fim_language_server.errors import StreamError

NULL_CONTENT = "null content"
"""The `silence` of a chunk that ends an answer with `null` in place of a text."""


class UnreadableEventError(StreamError):
    """The event holds no completion: no JSON object, or one of another kind."""


class ToldError(StreamError):
    """The event tells of an error: `words` are the server's own, `status` the HTTP status that it names (0: none)."""

    def __init__(self, provider: str, message: str, *, words: str = "", status: int = 0) -> None:
        super().__init__(provider, message)
        self.words = words
        self.status = status
