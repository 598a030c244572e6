"""Requests drawn as text: the cursor is a `|`."""

from __future__ import annotations

from fim_language_server.core.values import CompletionRequest, Document, Position, Trigger

URI = "file:///project/a.py"


def request_at(
    text: str,
    *,
    uri: str = URI,
    path: str = "a.py",
    language_id: str = "python",
    trigger: Trigger = Trigger.AUTOMATIC,
    window: int | None = None,
) -> CompletionRequest:
    """Return the request for a document drawn with its cursor; `window` cuts prefix and suffix."""
    prefix, cursor, suffix = text.partition("|")
    assert cursor, "draw the cursor as |"
    lines = prefix.split("\n")
    whole = window is None
    return CompletionRequest(
        document=Document(uri, language_id, 1, path),
        position=Position(len(lines) - 1, len(lines[-1])),
        prefix=prefix if window is None else prefix[-window:],
        suffix=suffix if window is None else suffix[:window],
        trigger=trigger,
        prefix_is_whole=whole or len(prefix) <= (window or 0),
        suffix_is_whole=whole or len(suffix) <= (window or 0),
    )
