"""Recorded editing sessions (`workspaceRecording@1.0`, as microsoft/vscode-copilot-chat keeps them), read as traces.

A recording is JSON: `log` has entries with `kind` and `id` of a document. `setContent` gives its text; `changed` has
`edit: [[start, end, newText], …]` in UTF-16 units of the text before it, and `time` in ms. Idle gaps are cut to 2 s.

What the user writes next is told by the document as it stands 45 s later: the text that has come between the
character before the cursor and the one after it. Nothing has where what stands before the cursor was changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import define, field

from benchmarks.traces import MOST_FOLLOWING, Change, Edit, Trace, apply

MOST_IDLE_S = 2.0
LOOK_AHEAD_S = 45.0
LEFT_CHARS = 60
"""Code points before the cursor that must still be there."""


@define
class _Event:
    """An edit of a document, `at` seconds after the start, and the text after it."""

    at: float
    document: str
    changes: tuple[Change, ...]
    after: str = field(repr=False)


def read_recording(path: Path, first: int = 0, last: int | None = None) -> Trace:
    """Return a recording as one trace; of its edits those from `first` up to, not including, `last`.

    Raises ValueError where the file is no recording.
    """
    log = json.loads(path.read_text(encoding="utf-8")).get("log")
    if not isinstance(log, list):
        raise ValueError(f"{path} is no recording: it has no list `log`")
    return trace_of(path.name, log, first, last)


def trace_of(name: str, log: Sequence[dict[str, Any]], first: int = 0, last: int | None = None) -> Trace:
    """Return the entries of a recording as a trace."""
    opened, events = _events(log)
    chosen = range(len(events))[first:last]
    documents = dict(opened)
    for event in events[: chosen.start if chosen else 0]:
        documents[event.document] = event.after
    edits = []
    for number in chosen:
        gap = events[number].at - events[number - 1].at if number > chosen.start else 0.0
        edits.append(_edit(events, number, min(gap, MOST_IDLE_S)))
    return Trace(name, documents, tuple(edits))


def _events(log: Sequence[dict[str, Any]]) -> tuple[dict[str, str], list[_Event]]:
    paths: dict[Any, str] = {}
    opened: dict[str, str] = {}
    texts: dict[str, str] = {}
    events: list[_Event] = []
    for entry in log:
        kind, number = entry.get("kind"), entry.get("id")
        if kind == "documentEncountered":
            paths[number] = str(PurePosixPath(entry["relativePath"].replace("\\", "/")))
        elif kind == "setContent":
            path, text = paths.setdefault(number, f"document-{number}"), _in_units(entry["content"])
            if path in texts and texts[path] != text:  # as a whole, in the midst of a session
                events.append(_Event(entry["time"] / 1e3, path, (Change(0, len(texts[path]), text),), text))
            opened.setdefault(path, text)
            texts[path] = text
        elif kind == "changed" and paths.get(number) in texts:
            path = paths[number]
            changes = tuple(Change(start, end, _in_units(text)) for start, end, text in sorted(entry["edit"]))
            texts[path] = apply(texts[path], changes)
            events.append(_Event(entry["time"] / 1e3, path, changes, texts[path]))
    return opened, events


def _in_units(text: str) -> str:
    """Put two characters in place of each that takes two UTF-16 units, so that offsets count characters."""
    return text if text.isascii() else re.sub("[\U00010000-\U0010ffff]", "\ufffd\ufffd", text)


def _edit(events: Sequence[_Event], number: int, gap_s: float) -> Edit:
    event = events[number]
    cursor = _cursor_after(event.changes)
    later, left, right = event.after, cursor, cursor
    for following in events[number + 1 :]:
        if following.at > event.at + LOOK_AHEAD_S:
            break
        if following.document == event.document:
            left, right = (_moved(place, following.changes, is_left) for place, is_left in ((left, 1), (right, 0)))
            later = following.after
    at = _end_of(event.after[max(0, cursor - LEFT_CHARS) : cursor], later, left, right)
    if at is None:
        return Edit(gap_s, event.document, event.changes, cursor, "")
    return Edit(gap_s, event.document, event.changes, cursor, later[at:right], later[right:][:MOST_FOLLOWING])


def _cursor_after(changes: Sequence[Change]) -> int:
    """Return where the last change ends in the text after all of them."""
    moved = sum(len(change.text) - (change.end - change.start) for change in changes)
    return changes[-1].end + moved


def _moved(place: int, changes: Sequence[Change], is_left: int) -> int:
    """Return where the character before (`is_left`) or after a place is once these changes are made."""
    by = 0
    for change in changes:
        if change.start > place or (change.start == place and is_left):
            break
        if change.end <= place:  # before it; what is inserted at the place itself is between the two characters
            by += len(change.text) - (change.end - change.start)
        else:
            return change.start + by + (0 if is_left else len(change.text))
    return place + by


def _end_of(kept: str, text: str, left: int, right: int) -> int | None:
    """Return where the text before the cursor ends now, between two places; None where it was changed.

    Characters that were removed and typed again are there again.
    """
    ends = [end for end in range(left, right + 1) if text.endswith(kept, 0, end)]
    return ends[0] if ends else None
