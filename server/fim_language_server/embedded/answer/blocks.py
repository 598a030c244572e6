"""The block that a line opens, copied from the place that the line was copied from, under the cursor's names.

A block is copied whole or not at all. It consists of the lines below that are deeper than the first line, and of the
closing line if there is one. It is not copied if the document has a block there already, or if the depth of a line is
ambiguous in its source.
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
"""Most places with the candidate's line whose blocks are compared."""
_CLOSERS: Final = frozenset(["}", ")", "]", "end", "fi", "done", "esac"])
_ONLY_CLOSES: Final = frozenset([*_CLOSERS, ";", ","])
_INDENTED: Final = re.compile(r"^([ \t]+)[^\s*]", re.MULTILINE)  # the lines of a /* comment have one blank


Line = tuple[int, tuple[str, ...]]
"""The levels by which a line is deeper than the first line, and its words."""


@frozen
class Block:
    """The lines of a block below its first line, and their features."""

    lines: tuple[Line, ...] = field(repr=False)
    features: dict[str, float] = field(repr=False)

    def text(self, cursor: Cursor, unit: str) -> str:
        r"""Return the lines indented for the cursor, each after a `\n`; `unit` is the blanks of one level."""
        return "".join(f"\n{cursor.indentation}{unit * depth}{''.join(words)}" for depth, words in self.lines)


@frozen
class _SourceBlock:
    """The block of one source, under the cursor's names."""

    lines: tuple[Line, ...]
    agreement: int
    """Number of tokens below the source's block that are also below the cursor's line."""


def find_block(candidate: LineCandidate, cursor: Cursor, words: KnownWords) -> Block | None:
    """Return the block with the most evidence, of those that the candidate's line opens at its sources."""
    if cursor.tail or cursor.following[0] == DEEPER:
        return None
    best = sorted(candidate.votes, key=_evidence, reverse=True)[:_MOST_SOURCES]
    found = [(vote, block) for vote in best if (block := _block_below(vote, cursor)) is not None]
    if not found:
        return None
    counts = Counter(block.lines for _, block in found)
    first, chosen = max(found, key=lambda pair: (pair[1].agreement, counts[pair[1].lines], _evidence(pair[0])))
    if not chosen.lines:
        return None
    names = [name for _, line in chosen.lines for word in line if (name := words.name(word)) is not None]
    agreeing = counts[chosen.lines]
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


def _evidence(vote: Vote) -> tuple[bool, int, int, int]:
    return vote.kind is VoteKind.EXACT, vote.agreement, vote.follows, vote.reach


def _block_below(vote: Vote, cursor: Cursor) -> _SourceBlock | None:
    """Return the block below a vote's line, without lines if it opens none; None if its end or a depth is unclear."""
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
            return None  # It may close more than one level.
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
        del lines[-1]  # The document has this closing line already.
        following = following[count + 1 :]
    return _SourceBlock(tuple(lines), _agreement(numbers[place + 1 :], following))


def _agreement(numbers: Sequence[int], following: Sequence[int]) -> int:
    agreement = 0
    for ours, theirs in zip(numbers, following, strict=False):
        if ours != theirs:
            break
        agreement += 1
    return agreement


def indentation_unit(text: str) -> str:
    """Return the blanks of one level of indentation in a text: four spaces if no line is indented."""
    blanks = [match[1] for match in _INDENTED.finditer(text)]
    if any(blank[0] == "\t" for blank in blanks):
        return "\t"
    return " " * min((len(blank) for blank in blanks if len(blank) > 1), default=4)
