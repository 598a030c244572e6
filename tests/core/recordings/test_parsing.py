"""Lines of a recording come from anywhere: each is read, or refused with one kind of error."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.recordings import VERSION
from fim_language_server.core.recordings.fields import UnreadableRecordError
from fim_language_server.core.recordings.parsing import RecordingError, read_first_line, read_record
from fim_language_server.core.recordings.text_records import ChangedText, OpenedText

HEADER = {"format": "fim-recording", "version": 1}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = (
    "settings", "opened", "changed", "closed", "saved", "cells", "notebookClosed", "request", "answer", "cancelled",
    "stream", "outcome", "command", "edits", "notice", "hidden", "end",
)  # fmt: skip
FIELDS = (
    "document", "version", "text", "edits", "items", "parts", "request", "line", "column", "selected", "settings",
    "way", "arguments", "cells", "start", "models", "stream", "confidence", "retryAfter", "notebook", "n",
)  # fmt: skip


@given(kind=st.sampled_from(KINDS), fields=st.dictionaries(st.sampled_from(FIELDS), VALUES), ms=VALUES)
def test_a_record_of_any_values_is_read_or_refused(kind: str, fields: dict[str, Any], ms: Any) -> None:
    """No value of any field leads to another error than UnreadableRecordError."""
    for time in (ms, 1.5):
        with contextlib.suppress(UnreadableRecordError):
            read_record(json.dumps({**fields, "kind": kind, "ms": time}))


@given(fields=st.dictionaries(st.sampled_from(("client", "announced", "texts", "encoding", "version")), VALUES))
def test_a_first_line_of_any_values_is_read_or_refused(fields: dict[str, Any]) -> None:
    """A first line of wrong types is that of no recording."""
    with contextlib.suppress(RecordingError):
        read_first_line(json.dumps(HEADER | fields))


@pytest.mark.parametrize(
    "line",
    ["", "[]", "null", "{", '{"kind": 1, "ms": 1}', '{"kind":"hidden","ms":NaN}', '{"kind":"hidden","ms":-1}',
     '{"kind":"hidden"}', '{"kind":"hidden","ms":1e400}', "[" * 100_000, '{"kind":"hidden","ms":' + "9" * 5_000 + "}",
     '{"kind":"changed","ms":1,"document":1,"edits":[[3,0,1,0,""]]}', '{"kind":"settings","ms":1,"settings":'
     + '{"a":' * 50 + "1" + "}" * 50 + "}"],
)  # fmt: skip
def test_what_is_no_record_is_refused(line: str) -> None:
    """Each in its own way: no JSON, no object, a number out of bounds, an edit that ends before it begins, too deep."""
    with pytest.raises(UnreadableRecordError):
        read_record(line)


def test_records_of_unknown_kinds_are_passed_over() -> None:
    """A later version may add kinds and fields."""
    assert read_record('{"kind": "weather", "ms": 1}') is None
    assert read_record('{"kind": "closed", "ms": 1, "document": 2, "sun": true}') is not None


def test_a_newer_format_is_refused_with_the_remedy() -> None:
    """The sentence names both versions."""
    with pytest.raises(RecordingError, match=f"format {VERSION + 1}.*up to {VERSION}; use a newer version"):
        read_first_line(json.dumps(HEADER | {"version": VERSION + 1}))


def test_a_text_may_be_only_a_length() -> None:
    """Recordings without texts have lengths in their places."""
    opened = read_record('{"kind":"opened","ms":1,"document":1,"path":"","text":{"length":12,"lineEnds":2}}')
    assert isinstance(opened, OpenedText)
    assert (opened.text.text, opened.text.length, opened.text.line_ends) == (None, 12, 2)
    changed = read_record('{"kind":"changed","ms":1,"document":1,"version":2,"edits":[[0,1,0,2,"ab"]]}')
    assert isinstance(changed, ChangedText)
    assert changed.edits[0].text.text == "ab"
