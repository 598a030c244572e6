"""Places in real code at which a model is asked: what stands before, what is missing, what follows.

A file is cut at directed places: on a fresh line, behind a typed part, inside brackets and strings, before a bracket
that the editor has closed, in a block whose first line comes again in the next one. Pure.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]+")
_SINGLE: Final = re.compile(r"\w+|\s+|[^\w\s]")
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_CLOSERS: Final = re.compile(r"\s*(?:[)\]}]+[;,)]*|</[\w.:-]+>|end|fi|done|esac)\s*$")
_CLAUSE: Final = re.compile(r"\s*\}\s*(?:else|catch|finally|elif)\b.*\{\s*$")
_TAIL: Final = 40
_FILE: Final = re.compile(r"\.\w+$")


@frozen
class Code:
    """A file of a language: its LSP language id and its lines."""

    language: str
    path: str
    lines: tuple[str, ...]


@frozen
class Place:
    """A place of some `kind`: the document is `prefix` and `suffix`; `truth` stood between them.

    `says` is what the model says where that is not the truth; `right` is what may be accepted where the suffix was
    put there by the editor; `silent` says that nothing is right.
    """

    kind: str
    language: str
    prefix: str
    truth: str
    suffix: str
    says: str | None = None
    right: str | None = None
    silent: bool = False
    eol: str = "\n"


def indent_of(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def _place(kind: str, code: Code, before: list[str], typed: str, truth: str, after: str) -> Place:
    return Place(kind, code.language, "\n".join([*before, typed]), truth, after)


def _after(code: Code, index: int) -> str:
    """Return what follows the line at `index`, with the line end before it."""
    return "\n" + "\n".join(code.lines[index + 1 :])


def _block_end(lines: tuple[str, ...], start: int, most: int) -> int:
    """Return the last line of the block that begins at `start`: up to a blank line or one less indented."""
    end, width = start, len(indent_of(lines[start]))
    for index in range(start + 1, min(len(lines), start + most)):
        line = lines[index]
        if not line.strip() or len(indent_of(line)) < width:
            break
        end = index
    return end


def fresh_line(code: Code, at: int, _rng: random.Random) -> Iterator[Place]:
    """Yield the place of a whole line at its indentation."""
    line = code.lines[at]
    indent = indent_of(line)
    yield _place("fresh line", code, list(code.lines[:at]), indent, line[len(indent) :], _after(code, at))


def fresh_block(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place of a block of some lines at its indentation."""
    end = _block_end(code.lines, at, rng.randint(2, 9))
    if end == at:
        return
    indent = indent_of(code.lines[at])
    truth = "\n".join(code.lines[at : end + 1])[len(indent) :]
    yield _place("fresh block", code, list(code.lines[:at]), indent, truth, _after(code, end))


def typed_part(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place behind a typed part of a line, with the line's rest missing, and with lines after it missing."""
    line = code.lines[at]
    columns = [token.start() for token in _TOKEN.finditer(line) if token.start() > len(indent_of(line))]
    columns = [column for column in columns if line[column:].strip()]
    if not columns:
        return
    column = rng.choice(columns)
    before = list(code.lines[:at])
    yield _place("typed part", code, before, line[:column], line[column:], _after(code, at))
    end = _block_end(code.lines, at, rng.randint(2, 9))
    if end > at:
        truth = "\n".join(code.lines[at : end + 1])[column:]
        yield _place("typed part, goes on", code, before, line[:column], truth, _after(code, end))


def _bracket_pairs(line: str) -> list[tuple[int, int]]:
    """Return the columns of the brackets of a line that have their partner in it, without regard to strings."""
    opened: list[int] = []
    pairs = []
    for column, character in enumerate(line):
        if character in _PAIRS:
            opened.append(column)
        elif opened and character == _PAIRS[line[opened[-1]]]:
            pairs.append((opened.pop(), column))
    return pairs


def inside_brackets(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place inside a pair of brackets: all between them, or its end, is missing."""
    line = code.lines[at]
    pairs = [(start, end) for start, end in _bracket_pairs(line) if line[start + 1 : end].strip()]
    if not pairs:
        return
    start, end = rng.choice(pairs)
    starts = [start + 1 + token.start() for token in _TOKEN.finditer(line[start + 1 : end])]
    column = rng.choice([start + 1, rng.choice(starts)])
    yield _place(
        "inside brackets", code, list(code.lines[:at]), line[:column], line[column:end], line[end:] + _after(code, at)
    )


def auto_closed(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place in a bracket that the editor has just closed, where the truth is the rest of the line.

    Right as an insertion is what stands up to the bracket's partner.
    """
    line = code.lines[at]
    pairs = [(start, end) for start, end in _bracket_pairs(line) if line[start + 1 : end].strip()]
    if not pairs:
        return
    start, end = rng.choice(pairs)
    nested = [line[other] for other, its_end in _bracket_pairs(line) if other < start and its_end > end]
    behind = line[end] + "".join(_PAIRS[opener] for opener in nested)
    after = behind + _after(code, at)
    truth = line[start + 1 :].rstrip()
    prefix = "\n".join([*code.lines[:at], line[: start + 1]])
    yield Place("auto-closed bracket", code.language, prefix, truth, after, right=line[start + 1 : end])


def mid_line(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place of some tokens in the middle of a line."""
    line = code.lines[at]
    columns = [token.start() for token in _TOKEN.finditer(line) if token.start() >= len(indent_of(line))]
    if len(columns) < 3:
        return
    start, end = sorted(rng.sample(columns, 2))
    if line[start:end].strip():
        yield _place(
            "mid-line", code, list(code.lines[:at]), line[:start], line[start:end], line[end:] + _after(code, at)
        )


def inside_string(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place inside a string of one line."""
    line = code.lines[at]
    strings = [found for found in re.finditer(r"""(["'`])((?:\\.|(?!\1).){2,})\1""", line) if found.group(2).strip()]
    if not strings:
        return
    found = rng.choice(strings)
    start, end = found.span(2)
    columns = [start + token.start() for token in _TOKEN.finditer(line[start:end])]
    column = rng.choice(columns)
    if line[column:end].strip():
        yield _place(
            "inside a string",
            code,
            list(code.lines[:at]),
            line[:column],
            line[column:end],
            line[end:] + _after(code, at),
        )


def twin_block(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the places, fresh and typed, of a block whose first line is also the first of the block below."""
    line, lines = code.lines[at], code.lines
    if not line.strip() or _CLOSERS.match(line):
        return
    end = at
    while end + 1 < len(lines) and lines[end + 1].strip() and end < at + 12 and lines[end + 1] != line:
        end += 1
    below = end + 1
    while below < len(lines) and not lines[below].strip():
        below += 1
    if end == at or below >= len(lines) or lines[below] != line:
        return
    truth, indent = "\n".join(lines[at : end + 1]), indent_of(line)
    before, after = list(lines[:at]), "\n" + "\n".join(lines[end + 1 :])
    yield _place("twin block, fresh", code, before, indent, truth[len(indent) :], after)
    column = rng.randint(len(indent) + 1, max(len(indent) + 1, min(len(line) - 1, len(indent) + 8)))
    if truth[column:].split("\n")[0].strip():
        yield _place("twin block, typed", code, before, truth[:column], truth[column:], after)


def closer_below(code: Code, at: int, _rng: random.Random) -> Iterator[Place]:
    """Yield a blank line at a block's end where the model says only the closer that stands right below."""
    line = code.lines[at]
    if not (_CLOSERS.match(line) or _CLAUSE.match(line)) or not at or not code.lines[at - 1].strip():
        return
    indent = indent_of(code.lines[at - 1])
    if len(indent) <= len(indent_of(line)):
        return
    closer = line.strip() if _CLOSERS.match(line) else "}"
    prefix = "\n".join([*code.lines[:at], indent])
    yield Place("closer stands below", code.language, prefix, "", "\n" + "\n".join(code.lines[at:]), closer, None, True)


def closer_missing(code: Code, at: int, _rng: random.Random) -> Iterator[Place]:
    """Yield the place of a closer that the document lacks: the model says it, and it is wanted."""
    line = code.lines[at]
    if not _CLOSERS.match(line) or at + 1 >= len(code.lines) or not code.lines[at - 1].strip():
        return
    if code.lines[at + 1].strip():
        return
    indent = indent_of(line)
    yield _place("closer is missing", code, list(code.lines[:at]), indent, line[len(indent) :], _after(code, at))


def body(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place of all of a block's body, as after Enter between braces."""
    head, lines = code.lines[at], code.lines
    if not head.rstrip().endswith(("{", "(", "[")) or at + 2 >= len(lines) or not lines[at + 1].strip():
        return
    width = len(indent_of(head))
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or len(indent_of(lines[end])) > width):
        end += 1
    if end >= len(lines) or end == at + 1 or not re.match(r"\s*[)\]}]", lines[end]):
        return
    indent = indent_of(lines[at + 1])
    truth = "\n".join(lines[at + 1 : end])[len(indent) :]
    yield _place("body between braces", code, list(lines[: at + 1]), indent, truth, "\n" + "\n".join(lines[end:]))
    del rng


def else_chain(code: Code, at: int, rng: random.Random) -> Iterator[Place]:
    """Yield the place of a block of which `} else {` or the like is a part."""
    lines = code.lines
    if not _CLAUSE.match(lines[at]):
        return
    width = len(indent_of(lines[at]))
    start = at - 1
    while start > 0 and lines[start].strip() and len(indent_of(lines[start])) > width:
        start -= 1
    end = at + 1
    while end < len(lines) and end < at + 10 and (not lines[end].strip() or len(indent_of(lines[end])) > width):
        end += 1
    if at - start > 8 or end >= len(lines):
        return
    line = lines[start]
    columns = [token.start() for token in _TOKEN.finditer(line) if token.start() >= len(indent_of(line))]
    column = rng.choice(columns) if columns else 0
    truth = "\n".join(lines[start : end + 1])[column:]
    if truth.split("\n")[0].strip():
        yield _place("else chain", code, list(lines[:start]), line[:column], truth, _after(code, end))


def own_indentation(code: Code, at: int, _rng: random.Random) -> Iterator[Place]:
    """Yield a block at its indentation, where the model says that indentation again."""
    line, indent = code.lines[at], indent_of(code.lines[at])
    if not indent:
        return
    end = _block_end(code.lines, at, 4)
    truth = "\n".join(code.lines[at : end + 1])
    prefix = "\n".join([*code.lines[:at], indent])
    yield Place("own indentation again", code.language, prefix, truth[len(indent) :], _after(code, end), says=truth)
    if line.startswith("  "):
        prefix = prefix[:-1]
        kind = "one space before the tab stop"
        yield Place(kind, code.language, prefix, truth[len(indent) - 1 :], _after(code, end))


KINDS: Final[tuple[Callable[[Code, int, random.Random], Iterator[Place]], ...]] = (
    fresh_line,
    fresh_block,
    typed_part,
    inside_brackets,
    auto_closed,
    mid_line,
    inside_string,
    twin_block,
    closer_below,
    closer_missing,
    body,
    else_chain,
    own_indentation,
)


def cut(codes: list[Code], count: int, seed: int) -> list[Place]:
    """Return so many places, spread evenly over the kinds and, within a kind, over the languages."""
    rng = random.Random(seed)
    by_language: dict[str, list[Code]] = {}
    for code in codes:
        by_language.setdefault(code.language, []).append(code)
    languages = sorted(by_language)
    places: list[Place] = []
    share = -(-count // len(KINDS))
    for make in KINDS:
        found: list[Place] = []
        # Rare kinds are looked for longer; a language that has none of a kind is passed over.
        for turn in range(share * _TAIL):
            code = rng.choice(by_language[languages[turn % len(languages)]])
            start = rng.randrange(len(code.lines))
            for at in range(start, min(start + _TAIL, len(code.lines))):
                made = list(make(code, at, rng)) if code.lines[at].strip() else []
                if made:
                    found.extend(made)
                    break
            if len(found) >= share:
                break
        places.extend(found[:share])
    return places
