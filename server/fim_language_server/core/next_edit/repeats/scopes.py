"""NameScope of a declared name, told by the indentation of lines and by brackets."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.repeats.declarations import FUNCTION_WORDS, Declared
from fim_language_server.core.next_edit.repeats.source_text import SourceText, brackets_of, tokens_of

MOST_LINES: Final = 2_000
"""Lines of a block that are looked through for its end."""
MOST_HEAD_LINES: Final = 30
"""Lines above a parameter in which the head of its function is looked for."""

_CLOSERS: Final = re.compile(r"\s*(?:[)\]}>]|end\b|\{\s*$|->|:\s*$)")


@frozen
class NameScope:
    """The lines from `first` on and before `end` in which a name is known; `whole` where that is the whole file."""

    first: int
    end: int
    whole: bool = False

    def holds(self, line: int) -> bool:
        """Say whether a line is one of these."""
        return self.first <= line < self.end


def scope_of(source: SourceText, line: int, kind: Declared) -> NameScope:
    """Return the lines in which a name is known that is declared in a line as this kind."""
    whole = NameScope(0, source.line_count, whole=True)
    if kind is Declared.IMPORT:
        return whole
    if kind is Declared.PARAMETER:
        head = head_line(source, line)
        return NameScope(head, _end_of_body(source, head, line))
    if kind is Declared.HEADER:
        if source.language.name in ("python", "starlark"):
            return _function_around(source, line) or whole
        return NameScope(line, _end_of_body(source, line, line))
    indent = indent_of(source.line(line))
    if indent == 0:
        return whole
    if kind is Declared.ASSIGNED:
        return _function_around(source, line) or whole
    block = _block_around(source, line, indent)
    if kind is Declared.VARIABLE:
        return block
    return whole


def head_line(source: SourceText, line: int) -> int:
    """Return the line in which the brackets are opened that a line begins in; the line itself where it is in none."""
    depth = 0
    for number in range(line - 1, max(-1, line - MOST_HEAD_LINES), -1):
        for token in reversed(brackets_of(source.line(number))):
            if token in (")", "]", "}"):
                depth += 1
            elif token in ("(", "[", "{"):
                if depth == 0:
                    return number
                depth -= 1
    return line


def indent_of(line: str) -> int:
    """Return the columns that a line is indented by, a tab counted as four."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(4))


def _end_of_body(source: SourceText, head: int, last: int) -> int:
    """Return the line after the block whose head are the lines from `head` to `last`."""
    indent = indent_of(source.line(head))
    return _end_of_block(source, last + 1, indent + 1)


def _end_of_block(source: SourceText, start: int, indent: int) -> int:
    """Return the first line from `start` on that is indented less than `indent`, and closes nothing."""
    for number in range(start, min(source.line_count, start + MOST_LINES)):
        line = source.line(number)
        stripped = line.strip()
        if not stripped or indent_of(line) >= indent:
            continue
        if (_CLOSERS.match(line) and indent_of(line) >= indent - 1) or stripped[0] == "#":
            continue
        if source.is_hidden(source.starts[number]):
            continue
        return number
    return min(source.line_count, start + MOST_LINES)


def _block_around(source: SourceText, line: int, indent: int) -> NameScope:
    """Return the rest of the block that a line stands in."""
    for number in range(line + 1, min(source.line_count, line + MOST_LINES)):
        text = source.line(number)
        is_outside = text.strip() and indent_of(text) < indent and text.lstrip()[0] != "#"
        if is_outside and not source.is_hidden(source.starts[number]):
            return NameScope(line, number)
    return NameScope(line, min(source.line_count, line + MOST_LINES))


def _function_around(source: SourceText, line: int) -> NameScope | None:
    """Return the function that a line stands in; None where it stands in none."""
    indent = indent_of(source.line(line))
    for number in range(line - 1, max(-1, line - MOST_LINES), -1):
        text = source.line(number)
        if not text.strip() or indent_of(text) >= indent or source.is_hidden(source.starts[number]):
            continue
        if text.lstrip()[0] in ")]}":
            continue
        indent = indent_of(text)
        tokens = tokens_of(text)
        if FUNCTION_WORDS & set(tokens[:3]):
            return NameScope(number, _end_of_block(source, number + 1, indent + 1))
        if tokens[:1] == ["class"]:
            return NameScope(number, _end_of_block(source, number + 1, indent + 1))
        if indent == 0:
            return None
    return None
