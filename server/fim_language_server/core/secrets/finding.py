"""The one question: which parts of a text are secrets?

A text is judged line by line, and what was said of a line is remembered: between two keystrokes nearly all lines are
the same. A line is looked at by those rules alone of which a word stands in it. Long lines are looked at in pieces
that overlap, so that the work grows with the text and no faster.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.secrets.assignments import (
    HINTS,
    find_assigned,
    find_value_alone,
    is_given_in_next_line,
)
from fim_language_server.core.secrets.blocks import find_blocks
from fim_language_server.core.secrets.rules import RULES, Rule

SHORTEST_LINE: Final = 8
"""Code points below which a line holds no secret."""
PIECE: Final = 1_500
"""Code points of a long line that are looked at together."""
OVERLAP: Final = 600
"""Code points that two pieces have in common."""
LINES_KNOWN: Final = 20_000
"""Lines of which the answer is remembered."""
CODE_POINTS_KNOWN: Final = 4_000_000
"""Code points of all remembered lines together; with more, they are forgotten."""

LEAST_BEGINNING: Final = 3
"""Code points of a beginning by which a secret is told for certain."""

_RUN: Final = re.compile(r"[a-z0-9_-]{18,}")
"""The part that the rules for tokens have in common: a long run of letters and digits (of a line in lower case)."""
_AROUND: Final = " \t\"'`"
_NEXT: Final = "next line"
"""The rule of a mark, of no length: the value stands in the next line."""


@frozen(order=True)
class Secret:
    """A secret in a text: from `start` up to `end`, in code points.

    `kept` of its first characters are the same in all secrets of its kind (`ghp_`); `rule` says by which rule it was
    found.
    """

    start: int
    end: int
    rule: str = ""
    kept: int = 0


@define
class _Lines:
    """Results for lines. A plain dictionary: a new one takes its place when it is full."""

    known: dict[str, tuple[Secret, ...]] = field(factory=dict)
    size: int = 0
    """Code points of the known lines."""

    def judge(self, lines: Iterable[str]) -> dict[str, tuple[Secret, ...]]:
        """Judge the lines that are not known yet; return what is known, with all of these lines.

        Several threads may judge at a time: a line enters what is known with its secrets and never without them, and
        what one thread was given is not emptied by another.
        """
        known = self.known
        unknown = [line for line in dict.fromkeys(lines) if line not in known]
        if not unknown:
            return known
        if len(known) + len(unknown) > LINES_KNOWN or self.size > CODE_POINTS_KNOWN:
            known = self.known = {}
            self.size = 0
            unknown = list(dict.fromkeys(lines))
        self.size += sum(map(len, unknown))
        judged: dict[str, tuple[Secret, ...]] = dict.fromkeys(unknown, ())
        for line, rules, is_assigned in _candidates(unknown):
            if secrets := _judge_line(line, rules, is_assigned):
                judged[line] = secrets
        known.update(judged)
        return known


_LINES: Final = _Lines()


def find_secrets(text: str) -> tuple[Secret, ...]:
    """Return the secrets in a text, in order and apart from each other.

    Line ends may be of any kind. Values that stand for a secret (`changeme`, `${TOKEN}`, `<key>`) are none.
    """
    text = text.replace("\r", "\n") if "\r" in text else text
    lines = text.split("\n")
    worth = [line for line in lines if len(line) >= SHORTEST_LINE]
    known = _LINES.judge(worth)
    found: list[Secret] = [Secret(start, end, rule) for start, end, rule in find_blocks(text)]
    if any(map(known.get, worth)):
        start = 0
        is_awaited = False
        for line in lines:
            if is_awaited and line.strip():
                found.extend(Secret(start + at, start + end, rule) for at, end, rule in find_value_alone(line))
                is_awaited = False
            for it in known.get(line, ()):
                if it.rule is _NEXT:
                    is_awaited = True
                else:
                    found.append(Secret(start + it.start, start + it.end, it.rule, it.kept))
            start += len(line) + 1
    return _apart(found) if found else ()


def holds_secret(text: str) -> bool:
    """Say whether there is a secret in a text."""
    return bool(find_secrets(text))


def holds_token(text: str) -> bool:
    """Say whether a text has a secret in it that its issuer gave a form of its own, such as `ghp_…`."""
    return any(secret.kept >= LEAST_BEGINNING for secret in find_secrets(text))


def without_secret_lines(text: str) -> str:
    r"""Return the text with lines in which there is (a part of) a secret made empty; line ends must be `\n`."""
    parts, at = [], 0
    for secret in find_secrets(text):
        if secret.end <= at:
            continue  # Its line is empty already; without this, many secrets in a line would be a square of work.
        start, end = max(at, text.rfind("\n", at, secret.start) + 1), text.find("\n", secret.end)
        end = len(text) if end < 0 else end
        parts += [text[at:start], "\n" * text.count("\n", start, end)]
        at = max(at, end)
    return "".join([*parts, text[at:]]) if parts else text


def looks_like_key(word: str) -> bool:
    """Say whether a word by itself is a key or token: by its issuer's form, or because it is long and random.

    For messages: what is put where a name was expected, and looks like a key, is not to be repeated.
    """
    word = word.strip()
    if any(secret.end - secret.start >= 12 for secret in find_secrets(word)):
        return True
    if "://" in word:
        return False
    longest = max(re.split(r"[\s/:]+", word), key=len)
    if any(longest.startswith(start) and len(longest) >= len(start) + 12 for start in beginnings()):
        return True
    has_both = any(c.isdigit() for c in longest) and any(c.isalpha() for c in longest)
    return has_both and len(longest) >= 20 and len(re.findall(r"[-_.]", longest)) < len(longest) / 8


@cache
def beginnings() -> frozenset[str]:
    """Return the fixed beginnings by which a secret is told from every other word, such as `ghp_`."""
    return frozenset(
        start
        for rule in RULES
        for start in rule.beginnings
        if len(start) >= 3 and re.search(r"[-_.\d]$|[a-z][A-Z]|^[A-Z]{4}", start) and start not in _WEAK
    )


def begun_token(word: str) -> int:
    """Return how many characters of a word are the beginning of a service's token, of which more follows; 0 for none.

    A beginning that could be that of a name (`dapi`, `xprv`) counts where what follows it has a digit or a capital.
    """
    for start in beginnings():
        if word.startswith(start) and len(word) > len(start):
            return len(start)
    for start in _other_beginnings():
        is_mixed = not (start.islower() or start.isupper()) or start.endswith("~")
        if word.startswith(start) and len(word) > len(start) and (is_mixed or _RANDOM.match(word, len(start))):
            return len(start)
    return 0


@cache
def _other_beginnings() -> frozenset[str]:
    """Return the beginnings of four and more characters that are not `beginnings`, and no words."""
    every = frozenset(start for rule in RULES for start in rule.beginnings if len(start) >= 4)
    return every - beginnings() - _WEAK


_RANDOM: Final = re.compile(r"(?=\w*\d|[a-z_-]{0,3}[A-Z])[\w.~-]{2}|-\d", re.ASCII)
_WEAK: Final = frozenset(
    {"https://", "test_", "live_", "API-", "key-", "pat.", "s-s", "s.", "b_", "re_", "sl.", "pk.", "login", "token"}
    | {"oauth:"}
)


@define
class _Hints:
    """Where to look: words to find in all lines at once, and words to find in lines with a long run alone."""

    everywhere: dict[str, tuple[Rule, ...]]
    in_runs: tuple[tuple[str, tuple[Rule, ...]], ...]


@cache
def _hints() -> _Hints:
    everywhere: dict[str, list[Rule]] = {hint: [] for hint in HINTS}
    in_runs: dict[str, list[Rule]] = {}
    for rule in RULES:
        for keyword in rule.keywords:
            (in_runs if rule.has_long_run else everywhere).setdefault(keyword, []).append(rule)
    return _Hints(
        {hint: tuple(rules) for hint, rules in everywhere.items()},
        tuple((hint, tuple(rules)) for hint, rules in in_runs.items()),
    )


def _candidates(lines: Sequence[str]) -> Iterable[tuple[str, Iterable[Rule], bool]]:
    """Yield the lines worth a look, each with the rules of which a word stands in it, and: is a value given in it?"""
    hints, lowers = _hints(), [line.lower() for line in lines]
    block = "\n".join(lowers)
    ends = list(accumulate(len(lower) + 1 for lower in lowers))
    rules: dict[int, dict[Rule, None]] = {}
    assigned: set[int] = set()
    for hint, of_hint in hints.everywhere.items():
        at = block.find(hint)
        while at >= 0:
            index = bisect_right(ends, at)
            rules.setdefault(index, {}).update(dict.fromkeys(of_hint))
            if hint in HINTS:
                assigned.add(index)
            at = block.find(hint, ends[index])
    for run in _RUN.finditer(block):
        if not _may_be_token(run[0]):
            continue
        index = bisect_right(ends, run.start())
        lower = lowers[index]
        found = rules.setdefault(index, {})
        for hint, of_hint in hints.in_runs:
            if hint in lower:
                found.update(dict.fromkeys(of_hint))
    return ((lines[index], of_line, index in assigned) for index, of_line in rules.items())


def _may_be_token(run: str) -> bool:
    return len(run) >= 22 or any(digit in run for digit in "0123456789")


def _judge_line(line: str, rules: Iterable[Rule], is_assigned: bool) -> tuple[Secret, ...]:
    """Return the secrets in a line by these rules."""
    if len(line) <= PIECE:
        found = _judge_piece(line, rules, is_assigned)
        if is_assigned and is_given_in_next_line(line):
            found.append(Secret(len(line), len(line), _NEXT))
        return _apart(found)
    found = []
    for start in range(0, len(line), PIECE - OVERLAP):
        piece = line[start : start + PIECE]
        lower = piece.lower()
        here = [rule for rule in rules if any(keyword in lower for keyword in rule.keywords)]
        given = is_assigned and any(hint in lower for hint in HINTS)
        if here or given:
            found += [
                Secret(start + it.start, start + it.end, it.rule, it.kept) for it in _judge_piece(piece, here, given)
            ]
    return _apart([_extended(line, secret) for secret in found])


def _judge_piece(piece: str, rules: Iterable[Rule], is_assigned: bool) -> list[Secret]:
    plain = _without_escapes(piece) if "\\" in piece else piece
    found = [(start, end, rule.id, rule) for rule in rules for start, end in rule.find(plain)]
    given = [(start, end, name, None) for start, end, name in find_assigned(plain)] if is_assigned else []
    return [_trimmed(piece, *each) for each in (*found, *given)]


def _trimmed(piece: str, start: int, end: int, name: str, rule: Rule | None) -> Secret:
    """Return a secret without the quotes and blanks around it."""
    while start < end and piece[start] in _AROUND:
        start += 1
    while end > start and piece[end - 1] in _AROUND:
        end -= 1
    return Secret(start, end, name, rule.beginning_of(piece[start:end]) if rule else 0)


def _without_escapes(piece: str) -> str:
    r"""Return the piece, of the same length, as a program reads it: `\n` is no letter n before a word."""
    for escaped, plain in ((r"\\", "  "), (r"\n", "  "), (r"\r", "  "), (r"\t", "  "), (r"\"", '" '), (r"\'", "' ")):
        piece = piece.replace(escaped, plain)
    return piece


def _extended(line: str, secret: Secret) -> Secret:
    """Return the secret with what goes on after it: a piece may have ended within it."""
    end = secret.end
    while end < len(line) and end - secret.start < 20_000 and (line[end].isalnum() or line[end] in "_+/=-."):
        end += 1
    return Secret(secret.start, end, secret.rule, secret.kept)


def _apart(found: list[Secret]) -> tuple[Secret, ...]:
    """Return the secrets in order, those that overlap as one; a rule with a fixed beginning names it."""
    merged: list[Secret] = []
    for secret in sorted(found):
        if merged and secret.start < merged[-1].end:
            last = merged[-1]
            named = last if last.kept or not secret.kept or secret.start > last.start else secret
            kept = last.kept or (secret.kept if secret.start == last.start else 0)
            merged[-1] = Secret(last.start, max(last.end, secret.end), named.rule, kept)
        else:
            merged.append(secret)
    return tuple(merged)
