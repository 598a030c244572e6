"""Reading one line of a recording into a value. Lines come from anywhere, and are believed nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fim_language_server.core.recordings import FORMAT, VERSION
from fim_language_server.core.recordings import records as kinds
from fim_language_server.core.recordings import text_records as texts
from fim_language_server.core.recordings.fields import (
    UnreadableRecordError,
    edit,
    fields_of,
    flag,
    integer,
    items,
    kept_text,
    number,
    read_object,
    tree,
    word,
)
from fim_language_server.errors import FimError

_MOST_WAIT_S = 1e6


class RecordingError(FimError):
    """A file is no recording, or none that this version reads: one sentence that says what to do."""


def read_first_line(line: str) -> kinds.Origins:
    """Return the first record. Raises RecordingError for a file of another kind, and for a newer format."""
    foreign = "this is no recording of fim-language-server: its first line is not the one that `serve --record` writes"
    try:
        raw = read_object(line)
        if raw.get("format") != FORMAT:
            raise RecordingError(foreign)
        version = integer(raw, "version", least=1)
        if version > VERSION:
            raise RecordingError(
                f"the recording has format {version}, and this version reads up to {VERSION}; use a newer version"
            )
        client = fields_of(raw.get("client") or {})
        return kinds.Origins(
            version,
            word(raw, "server"),
            word(raw, "protocol"),
            word(client, "name"),
            word(client, "version"),
            word(raw, "python"),
            word(raw, "platform"),
            word(raw, "started"),
            flag(raw, "texts", default=True),
            word(raw, "encoding", "utf-16"),
            tree(raw, "announced"),
        )
    except UnreadableRecordError as error:
        raise RecordingError(foreign) from error


def read_record(line: str) -> kinds.AnyRecord | None:
    """Return a line's record; None for a kind that this version does not know. Raises UnreadableRecordError."""
    raw = read_object(line)
    read = _KINDS.get(word(raw, "kind"))
    return None if read is None else read(raw, number(raw, "ms"))


def _settings(raw: Mapping[str, Any], ms: float) -> kinds.SettingsInForce:
    return kinds.SettingsInForce(ms, tree(raw, "settings"), items(raw, "models", _word), word(raw, "provider"))


def _opened(raw: Mapping[str, Any], ms: float) -> texts.OpenedText:
    notebook = integer(raw, "notebook") if raw.get("notebook") is not None else None
    text = kept_text(raw.get("text"))
    path, language = word(raw, "path"), word(raw, "language")
    return texts.OpenedText(ms, integer(raw, "document"), path, language, _version(raw), text, notebook)


def _changed(raw: Mapping[str, Any], ms: float) -> texts.ChangedText:
    return texts.ChangedText(ms, integer(raw, "document"), _version(raw), items(raw, "edits", edit))


def _cells(raw: Mapping[str, Any], ms: float) -> texts.NotebookCells:
    start, deleted = integer(raw, "start", 0), integer(raw, "deleteCount", 0)
    cells = items(raw, "cells", _cell)
    is_opening = flag(raw, "opening")
    return texts.NotebookCells(ms, integer(raw, "notebook"), word(raw, "path"), start, deleted, cells, is_opening)


def _cell(value: Any) -> texts.KeptCell:
    raw = fields_of(value)
    return texts.KeptCell(integer(raw, "document"), flag(raw, "markup"))


def _request(raw: Mapping[str, Any], ms: float) -> kinds.MadeRequest:
    selected = edit(raw["selected"]) if raw.get("selected") is not None else None
    return kinds.MadeRequest(
        ms,
        integer(raw, "request"),
        word(raw, "method"),
        integer(raw, "document"),
        integer(raw, "line"),
        integer(raw, "column"),
        word(raw, "trigger", "automatic"),
        selected,
        _version(raw) if raw.get("version") is not None else None,
    )


def _answer(raw: Mapping[str, Any], ms: float) -> kinds.GivenAnswer:
    return kinds.GivenAnswer(
        ms,
        integer(raw, "request"),
        items(raw, "items", _item),
        word(raw, "source"),
        word(raw, "reason"),
        word(raw, "model"),
        items(raw, "way", _step),
        word(raw, "end", "answered"),
    )


def _item(value: Any) -> kinds.ShownItem:
    raw = fields_of(value)
    return kinds.ShownItem(edit(raw.get("edit")), word(raw, "id"))


def _step(value: Any) -> tuple[str, float]:
    raw = fields_of(value)
    return word(raw, "step"), number(raw, "ms")


def _stream(raw: Mapping[str, Any], ms: float) -> kinds.KeptStream:
    wait = number(raw, "retryAfter", most=_MOST_WAIT_S) if raw.get("retryAfter") is not None else None
    return kinds.KeptStream(
        ms,
        integer(raw, "stream"),
        word(raw, "model"),
        integer(raw, "document", 0),
        _version(raw),
        integer(raw, "line"),
        integer(raw, "column"),
        word(raw, "trigger", "automatic"),
        integer(raw, "variant", 0),
        integer(raw, "request", 0),
        kept_text(raw.get("text")),
        items(raw, "parts", _part),
        word(raw, "end", "finished"),
        word(raw, "error"),
        word(raw, "message"),
        integer(raw, "status", 0),
        wait,
        number(raw, "lastedMs", 0.0),
        integer(raw, "prefix", 0),
        integer(raw, "suffix", 0),
        integer(raw, "pieces", 0),
    )


def _part(value: Any) -> kinds.StreamPart:
    raw = fields_of(value)
    finish = word(raw, "finish") or None
    confidence = number(raw, "confidence", most=1.0) if raw.get("confidence") is not None else None
    tokens = integer(raw, "promptTokens", 0), integer(raw, "completionTokens", 0)
    return kinds.StreamPart(
        number(raw, "ms"), integer(raw, "length", 0), finish, confidence, word(raw, "silence"), *tokens
    )


def _outcome(raw: Mapping[str, Any], ms: float) -> kinds.SeenOutcome:
    return kinds.SeenOutcome(ms, word(raw, "id"), word(raw, "outcome"), integer(raw, "n", 1, least=-1))


def _command(raw: Mapping[str, Any], ms: float) -> kinds.RunCommand:
    return kinds.RunCommand(ms, word(raw, "command"), items(raw, "arguments", _argument), integer(raw, "request", 0))


def _argument(value: Any) -> Any:
    if isinstance(value, str | int | float | bool | None):
        return value
    raise UnreadableRecordError("an argument of a command is no plain value")


def _sent_edits(raw: Mapping[str, Any], ms: float) -> kinds.SentEdits:
    shown = items(raw, "items", _item)
    document = integer(raw, "document")
    return kinds.SentEdits(ms, word(raw, "method"), document, _version(raw), shown, word(raw, "source"))


def _word(value: Any) -> str:
    return word({"word": value}, "word", None)


def _version(raw: Mapping[str, Any]) -> int:
    return integer(raw, "version", 0, least=-(2**31 - 1))


_KINDS: Mapping[str, Callable[[Mapping[str, Any], float], kinds.AnyRecord]] = {
    "settings": _settings,
    "opened": _opened,
    "changed": _changed,
    "closed": lambda raw, ms: texts.ClosedText(ms, integer(raw, "document")),
    "saved": lambda raw, ms: texts.SavedText(ms, integer(raw, "document")),
    "cells": _cells,
    "notebookClosed": lambda raw, ms: texts.ClosedNotebook(ms, integer(raw, "notebook")),
    "request": _request,
    "answer": _answer,
    "cancelled": lambda raw, ms: kinds.CancelledRequest(ms, integer(raw, "request")),
    "stream": _stream,
    "outcome": _outcome,
    "command": _command,
    "edits": _sent_edits,
    "notice": lambda raw, ms: kinds.SentNotice(ms, word(raw, "method"), word(raw, "says")),
    "hidden": lambda raw, ms: texts.HiddenText(ms),
    "end": lambda raw, ms: kinds.RecordingEnds(ms, word(raw, "why")),
}
"""Readers of the records by their kind."""
