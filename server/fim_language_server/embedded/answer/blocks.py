"""The block that a line opens, copied with it: the lines below its source, under the cursor's names.

A block is copied whole or not at all. It is what stands deeper than the line in its source, and the closing line
where there is one; it is not copied where the document has a block there already, or where its source does not tell
how deep a line stands.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.search.place_reader import Vote, VoteKind
from fim_language_server.embedded.text.vocabulary import DEEPER, END, SHALLOWER, UNKNOWN

_MOST_LINES: Final = 12
_MOST_TOKENS: Final = 160
_MOST_SOURCES: Final = 6
"""Places with the same line whose blocks are compared, the best ones."""
_CLOSERS: Final = frozenset(["}", ")", "]", "end", "fi", "done", "esac"])
_ONLY_CLOSES: Final = frozenset([*_CLOSERS, ";", ","])
_INDENTED: Final = re.compile(r"^([ \t]+)[^\s*]", re.MULTILINE)  # the lines of a /* comment have one blank


Line = tuple[int, tuple[str, ...]]
"""How many levels a line is deeper than the first, and its words."""


@frozen
class Block:
    """The lines below a line, and what speaks for them."""

    lines: tuple[Line, ...] = field(repr=False)
    features: dict[str, float] = field(repr=False)

    def text(self, cursor: Cursor, unit: str) -> str:
        r"""Return the lines as they stand below the cursor's, each begun by `\n`; `unit` is the blanks of one level."""
        return "".join(f"\n{cursor.indentation}{unit * depth}{''.join(words)}" for depth, words in self.lines)


@frozen
class _Copy:
    """A block of one source: each line's depth below the first line, and its words."""

    lines: tuple[Line, ...]
    agreement: int
    """Tokens below the source's block that are also below the cursor's line."""


def find_block(candidate: LineCandidate, cursor: Cursor, words: KnownWords) -> Block | None:
    """Return the block that most speaks for, of those that the candidate's line opens at its sources."""
    if cursor.tail or cursor.following[0] == DEEPER:
        return None
    best = sorted(candidate.votes, key=_telling, reverse=True)[:_MOST_SOURCES]
    copies = [(vote, copy) for vote in best if (copy := _copy(vote, cursor)) is not None]
    if not copies:
        return None
    alike = Counter(copy.lines for _, copy in copies)
    first, chosen = max(copies, key=lambda one: (one[1].agreement, alike[one[1].lines], _telling(one[0])))
    if not chosen.lines:
        return None
    names = [name for _, line in chosen.lines for word in line if (name := words.name(word)) is not None]
    agreeing = alike[chosen.lines]
    return Block(
        chosen.lines,
        {
            "share of copies": agreeing / len(best),
            "other copies": math.log(agreeing),
            "reach": math.log1p(first.reach) / 4,
            "agreement below": min(chosen.agreement, 9) / 9,
            "agrees below": float(chosen.agreement > 0),
            "unknown names": sum(name.is_unknown for name in names) / (len(names) + 1),
            "in document": float(first.file < 0),
            "words": math.log1p(sum(len(line) for _, line in chosen.lines)) / 4,
        },
    )


def _telling(vote: Vote) -> tuple[bool, int, int, int]:
    return vote.kind is VoteKind.EXACT, vote.agreement, vote.follows, vote.reach


def _copy(vote: Vote, cursor: Cursor) -> _Copy | None:
    """Return the block below a source's line, without lines where that opens none; None where it is unclear."""
    numbers, renaming = vote.reader.below(vote, _MOST_TOKENS)
    lines: list[Line] = []
    depth, place = 0, 0
    while place < len(numbers) and numbers[place] != END:
        mark, end = numbers[place], place + 1
        while end < len(numbers) and numbers[end] > UNKNOWN:
            end += 1
        if end >= len(numbers) or numbers[end] == UNKNOWN or len(lines) == _MOST_LINES:
            return None
        words, _ = renaming.apply(vote.reader.words(numbers[place + 1 : end]))
        closes = bool(words) and words[0] in _CLOSERS
        if mark == SHALLOWER and depth > 1 and not closes:
            return None  # It may close more than one.
        depth += {DEEPER: 1, SHALLOWER: -1}.get(mark, 0)
        goes_on = numbers[end] == DEEPER
        if depth <= 0 and not (lines and depth == 0 and closes and (goes_on or _ONLY_CLOSES.issuperset(words))):
            break
        lines.append((depth, words))
        place = end
        if depth == 0 and not goes_on:
            break
    else:
        if place >= len(numbers):
            return None
    following = cursor.following[1:]
    depth, closing = lines[-1] if lines else (1, ())
    count = len(closing)
    if (
        depth == 0
        and vote.reader.words(following[:count]) == closing
        and all(n <= UNKNOWN for n in following[count:][:1])
    ):
        del lines[-1]  # The document has the closing line already.
        following = following[count + 1 :]
    return _Copy(tuple(lines), _agreement(numbers[place + 1 :], following))


def _agreement(numbers: Sequence[int], following: Sequence[int]) -> int:
    agreement = 0
    for ours, theirs in zip(numbers, following, strict=False):
        if ours != theirs:
            break
        agreement += 1
    return agreement


def indentation_unit(text: str) -> str:
    """Return the blanks by which a text's lines are indented once: four where none is."""
    blanks = [match[1] for match in _INDENTED.finditer(text)]
    if any(blank[0] == "\t" for blank in blanks):
        return "\t"
    return " " * min((len(blank) for blank in blanks if len(blank) > 1), default=4)
