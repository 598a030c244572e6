"""An argument that was added at the end of two calls of one function: its other calls get it, too.

A positional argument only where a call has as many arguments as the examples had, so that it has the same meaning.
Calls that go on in the next line are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.repeats.declarations import FUNCTION_WORDS
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.same_substitution import Example, examples_of
from fim_language_server.core.next_edit.repeats.source_text import TOKEN, SourceText, tokens_of
from fim_language_server.core.next_edit.repeats.word_tables import KEYWORDS
from fim_language_server.core.next_edit.values import NextEdit, Replacement

SOURCE: Final = "argument"
MOST_LINES: Final = 40
"""Changed lines of the past in which the second example is looked for."""


@frozen
class AddedArgument:
    """An argument as it was written behind the others of a call; `arguments` is the number of those."""

    callee: str
    tokens: tuple[str, ...]
    text: str
    arguments: int

    @property
    def is_keyword(self) -> bool:
        """Say whether it is given by its name."""
        return self.tokens[2:3] in (("=",), (":",))


def find_arguments(source: SourceText, history: HistoryLines) -> list[NextEdit]:
    """Return the edits that add an argument to calls of a function, which the newest edit added to one of them."""
    found = list[NextEdit]()
    past = [
        (line, added)
        for line in list(history.all_lines())[:MOST_LINES]
        for example in examples_of(line)
        if (added := _added(example)) is not None
    ]
    for latest in history.newest():
        for argument in filter(None, map(_added, examples_of(latest))):
            again = [
                added
                for line, added in past
                if (added.callee, added.tokens) == (argument.callee, argument.tokens)
                and (line.uri, line.line) != (latest.uri, latest.line)
            ]
            counts = {argument.arguments, *(each.arguments for each in again)}
            if again and (argument.is_keyword or len(counts) == 1):
                found += _calls_without(source, argument)
    return found


def _added(example: Example) -> AddedArgument | None:
    """Return the argument that a change added at the end of a call; None for another change."""
    if example.old or example.new[:1] != (",",) or example.right[:1] != (")",) or len(example.new) < 2:
        return None
    callee = example.callee
    if len(callee) < 3 or callee in KEYWORDS or FUNCTION_WORDS & set(example.left):
        return None
    before = _arguments_before(example.left)
    return AddedArgument(callee, example.new, example.new_gap.rstrip(), before) if before else None


def _arguments_before(tokens: Sequence[str]) -> int:
    """Return the number of arguments since the bracket that these tokens leave open last."""
    depth = count = 0
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index] in (")", "]", "}"):
            depth += 1
        elif tokens[index] in ("(", "[", "{"):
            if depth == 0:
                return count + (index < len(tokens) - 1)
            depth -= 1
        elif tokens[index] == "," and depth == 0:
            count += 1
    return 0


def _calls_without(source: SourceText, argument: AddedArgument) -> Iterator[NextEdit]:
    for at in source.places(argument.callee):
        line = source.line_of(at)
        end = source.starts[line] + len(source.line(line))
        before = tokens_of(source.line_before(at))
        after = source.text[at + len(argument.callee) : end]
        if not after.startswith("(") or (before and before[-1] in FUNCTION_WORDS):
            continue
        inside, close = _inside(after)
        if close is None or not inside or argument.tokens[1] in inside:
            continue
        if not argument.is_keyword and _arguments_before(["(", *inside]) != argument.arguments:
            continue
        place = at + len(argument.callee) + close
        yield NextEdit(source.document.uri, Replacement(place, place, argument.text), SOURCE)


def _inside(text: str) -> tuple[list[str], int | None]:
    """Return the tokens within the bracket that a text begins with, and the offset of its end; None without one."""
    depth, tokens = 0, list[str]()
    for found in TOKEN.finditer(text):
        token = found.group()
        depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        if depth == 0:
            return tokens[1:], found.start()
        tokens.append(token)
    return [], None
