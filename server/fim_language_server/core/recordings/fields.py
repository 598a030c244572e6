"""Fields of a recording's records, read from JSON of any origin: wrong types and numbers out of bounds are refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from fim_language_server.core.recordings.text_records import KeptText, TextEdit

GREATEST: Final = 2**31 - 1
"""The greatest number of a line, a column, a length or a version."""
LONGEST_MS: Final = 1e9
"""The greatest time in ms: eleven days."""
LONGEST_NAME: Final = 4_096
"""The most code points of a name, a path or a sentence."""
DEEPEST: Final = 12
"""The most objects and lists that may be nested in each other in settings and capabilities."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half of a character, which no path or URI can have."""

T = TypeVar("T")


class UnreadableRecordError(ValueError):
    """A line is no record of this format; the text says why, in a few words without quoting it."""


def read_object(line: str) -> Mapping[str, Any]:
    """Return the JSON object in a line. Raises UnreadableRecordError."""
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecordError("not JSON") from error
    if not isinstance(value, dict):
        raise UnreadableRecordError("no object")
    return value


def _refuse_constant(_name: str) -> float:
    raise ValueError("a number without a value")


def integer(raw: Mapping[str, Any], name: str, default: int | None = None, *, least: int = 0) -> int:
    """Return a whole number from `least` to GREATEST; `default` where the field is missing."""
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= GREATEST:
        raise UnreadableRecordError(f"{name}: no number of the kind")
    return value


def number(raw: Mapping[str, Any], name: str, default: float | None = None, *, most: float = LONGEST_MS) -> float:
    """Return a number from 0 to `most`; `default` where the field is missing."""
    value = raw.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise UnreadableRecordError(f"{name}: no number")
    if not 0 <= value <= most:
        raise UnreadableRecordError(f"{name}: out of bounds")
    return float(value)


def word(raw: Mapping[str, Any], name: str, default: str | None = "") -> str:
    """Return a short string; `default` where the field is missing or null."""
    value = raw.get(name)
    value = default if value is None else value
    if not isinstance(value, str) or len(value) > LONGEST_NAME or _SURROGATE.search(value):
        raise UnreadableRecordError(f"{name}: no word")
    return value


def flag(raw: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Return a truth value; `default` where the field is missing."""
    value = raw.get(name, default)
    if not isinstance(value, bool):
        raise UnreadableRecordError(f"{name}: neither true nor false")
    return value


def items(raw: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    """Return a list's elements, each as `read` returns it; none where the field is missing."""
    value = raw.get(name, [])
    if not isinstance(value, list):
        raise UnreadableRecordError(f"{name}: no list")
    return tuple(map(read, value))


def fields_of(raw: Any) -> Mapping[str, Any]:
    """Return an object's fields."""
    if not isinstance(raw, dict):
        raise UnreadableRecordError("no object where one should be")
    return raw


def tree(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object of any fields that is at most DEEPEST deep; an empty one where the field is missing."""
    value = fields_of(raw.get(name) or {})
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise UnreadableRecordError(f"{name}: too deep")
    return value


def kept_text(value: Any) -> KeptText:
    """Return a text, or its length where only that was kept."""
    if isinstance(value, str):
        return KeptText(len(value), value, value.count("\n"))
    raw = fields_of(value)
    return KeptText(integer(raw, "length"), None, integer(raw, "lineEnds", 0), word(raw, "mark"))


def edit(value: Any) -> TextEdit:
    """Return an edit, written as `[line, column, endLine, endColumn, text]`."""
    if not isinstance(value, list) or len(value) != 5:
        raise UnreadableRecordError("an edit has five parts")
    names = ("line", "column", "endLine", "endColumn")
    raw = dict(zip(names, value, strict=False))
    line, column, end_line, end_column = (integer(raw, name) for name in names)
    if (end_line, end_column) < (line, column):
        raise UnreadableRecordError("an edit ends before it begins")
    return TextEdit(line, column, end_line, end_column, kept_text(value[4]))
