"""Repeats a change of tokens that was made in two places: done again where the tokens around are the same.

The examples tell how much around the change has to be the same: all that they have in common, up to `MOST_AROUND`
tokens on each side. Examples that have too little in common tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.minimal import common_start
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.source_text import TOKEN, WORD, SourceText, tokens_of
from fim_language_server.core.next_edit.repeats.substitutions import LineEdit
from fim_language_server.core.next_edit.repeats.word_tables import KEYWORDS
from fim_language_server.core.next_edit.values import NextEdit, Replacement

SOURCE: Final = "substitution"
MOST_LINES: Final = 40
"""Changed lines of the past in which the second example is looked for."""
MOST_AROUND: Final = 12
"""Tokens on each side that are compared at most."""
MOST_SITES: Final = 100

_START, _END = "\n^", "\n$"
"""Stand for the ends of a line among tokens."""


@frozen
class Example:
    """One place of a changed line: what was changed, the tokens around it, and the gap as it is spelled.

    A gap reaches from the token before the change to the token after it, and has the blanks on both sides.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    old_gap: str
    new_gap: str
    uri: str
    line: int

    @property
    def lead(self) -> tuple[str, str]:
        """Return the blanks that the gap began with before and after the change."""
        return _blanks(self.old_gap), _blanks(self.new_gap)

    @property
    def callee(self) -> str:
        """Return the function among whose arguments the change is; "" where it is among none of this line."""
        return callee_of(self.left)


def callee_of(tokens: Sequence[str]) -> str:
    """Return the word before the last bracket that these tokens leave open, if it is a parenthesis; else ""."""
    depth = 0
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index] in (")", "]", "}"):
            depth += 1
        elif tokens[index] in ("(", "[", "{"):
            if depth == 0:
                is_call = tokens[index] == "(" and index > 0 and WORD.fullmatch(tokens[index - 1])
                return tokens[index - 1] if is_call else ""
            depth -= 1
    return ""


def examples_of(edit: LineEdit) -> Iterator[Example]:
    """Yield the places of a changed line; all of them as one where one alone would leave a bracket open."""
    parts = edit.parts
    if any(_depth(edit.old[i:j]) != _depth(edit.new[k:m]) for i, j, k, m in parts):
        parts = ((parts[0][0], parts[-1][1], parts[0][2], parts[-1][3]),)
    for i, j, k, m in parts:
        yield Example(
            edit.old[i:j],
            edit.new[k:m],
            (_START, *edit.old[:i]),
            (*edit.old[j:], _END),
            _gap(edit.old_text, i, j),
            _gap(edit.new_text, k, m),
            edit.uri,
            edit.line,
        )


def _depth(tokens: Sequence[str]) -> int:
    """Return how many brackets these tokens leave open; -1 000 for each that closes one of another place."""
    depth = 0
    for token in tokens:
        if token in ("(", "[", "{"):
            depth += 1
        elif token in (")", "]", "}"):
            depth = depth - 1 if depth else -1_000
    return depth


def find_substitutions(source: SourceText, history: HistoryLines) -> list[NextEdit]:
    """Return the edits that make a change of the newest edit again, which was made in another line before."""
    past = [example for line in list(history.all_lines())[:MOST_LINES] for example in examples_of(line)]
    found = list[NextEdit]()
    for latest in (example for line in history.newest() for example in examples_of(line)):
        earlier = [
            each
            for each in past
            if (each.old, each.new) == (latest.old, latest.new) and (each.uri, each.line) != (latest.uri, latest.line)
        ]
        is_reversed = any((each.new, each.old) == (latest.old, latest.new) for each in past)
        if earlier and not is_reversed:
            found += _repeated(source, latest, earlier)
    return found


def _repeated(source: SourceText, latest: Example, earlier: Sequence[Example]) -> list[NextEdit]:
    before = latest.left[len(latest.left) - min(_shared(latest.left[::-1], each.left[::-1]) for each in earlier) :]
    after = latest.right[: min(_shared(latest.right, each.right) for each in earlier)]
    if not is_telling(latest, before, after, len(earlier) + 1):
        return []
    edited = {(each.uri, each.line) for each in (latest, *earlier)}
    callees = {each.callee for each in (latest, *earlier)}
    callee = callees.pop() if len(callees) == 1 else ""
    found = []
    for match in _pattern(before, latest.old, after).finditer(source.text):
        start, end = match.span("gap")
        if (source.document.uri, source.line_of(end)) in edited or source.is_hidden(end - len(match["trail"])):
            continue
        if callee and callee not in before and callee_of(tokens_of(source.line_before(start))) != callee:
            continue  # An argument of another function.
        replacement = spelled(latest, source.text, start, end)
        if replacement is not None:
            found.append(NextEdit(source.document.uri, replacement, SOURCE))
        if len(found) >= MOST_SITES:
            break
    return found


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return min(MOST_AROUND, common_start(one, other))


def is_telling(example: Example, before: Sequence[str], after: Sequence[str], count: int) -> bool:
    """Say whether what this number of examples share tells a place of their kind from any other."""
    if not before or not after or all(token[0].isdigit() for token in (*example.old, *example.new)):
        return False
    around = [token for token in (*before, *after) if token not in (_START, _END)]
    names = [
        token for token in (*around, *example.old) if len(token) > 2 and token not in KEYWORDS and WORD.match(token)
    ]
    if example.old:
        return bool(names) and len(around) + len(example.old) >= 2
    return bool(names) and len(around) >= (3 if count > 2 else 5)


def spelled(example: Example, text: str, start: int, end: int) -> Replacement | None:
    """Return the replacement that makes the change in a gap of the text; None where it is made already."""
    gap = text[start:end]
    core = example.new_gap.strip()
    lead, trail = _blanks(gap), _blanks(gap[::-1]) if gap.strip() else ""
    old_lead, new_lead = example.lead
    old_trail = _blanks(example.old_gap[::-1]) if example.old else ""
    new_trail = _blanks(example.new_gap[::-1]) if core else ""
    if not example.old and core and (text.startswith(core, end) or text.endswith(core, 0, start)):
        return None
    if old_lead == new_lead:
        start, new_lead = start + len(lead), ""
    if old_trail == new_trail:
        end, new_trail = end - len(trail), ""
    if not core and not example.old:
        return None
    replacement = Replacement(start, max(start, end), new_lead + core + new_trail)
    return None if text[replacement.start : replacement.end] == replacement.text else replacement


def _blanks(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" \t"))]


def _gap(text: str, first: int, end: int) -> str:
    """Return the text between the token before `first` and the token at `end`."""
    spans = [found.span() for found in TOKEN.finditer(text)]
    start = spans[first - 1][1] if first else 0
    return text[start : spans[end][0] if end < len(spans) else len(text)]


def _pattern(before: Sequence[str], old: Sequence[str], after: Sequence[str]) -> re.Pattern[str]:
    left = r"[ \t]*".join(map(_as_pattern, before))
    middle = r"[ \t]*".join(map(_as_pattern, old))
    right = r"[ \t]*".join(map(_as_pattern, after))
    return re.compile(rf"{left}(?P<gap>[ \t]*{middle}(?P<trail>[ \t]*))(?={right})", re.MULTILINE)


def _as_pattern(token: str) -> str:
    if token == _START:
        return "^"
    if token == _END:
        return r"(?=\r?$)"
    escaped = re.escape(token)
    return rf"(?<!\w){escaped}(?!\w)" if token[0].isalnum() or token[0] == "_" else escaped
