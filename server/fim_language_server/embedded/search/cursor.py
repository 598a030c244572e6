"""The cursor as the model reads it: the context before it, the word begun, and the lines around.

All of it is made from a request's text windows, as token numbers of the vocabulary. The document itself is searched
here, too, without an index, so it is always as new as the request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.index.segment import DEPTH, Hit
from fim_language_server.embedded.text.lexer import (
    LONGEST_LINE,
    indentation,
    normalise_line_ends,
    split_tokens,
    split_unfinished,
)
from fim_language_server.embedded.text.vocabulary import END, TokenFilter, Vocabulary, line_mark

_FOLLOWING: Final = 24
"""Tokens after the cursor's line that are compared with those after a copied line."""
_WINDOW: Final = 20_000
"""Code points on each side of the cursor that are read."""


@frozen
class Cursor:
    """The place between a prefix and a suffix, with the document around it."""

    context: Sequence[int] = field(repr=False)
    """The last DEPTH finished tokens before the cursor, line marks included."""
    unfinished: str = field(repr=False)
    """The typed part of the token at the cursor; "" if the token before the cursor is finished."""
    wanted: TokenFilter | None = field(repr=False)
    """The tokens that begin with `unfinished`; None: any token."""
    line_tokens: int
    """Number of finished tokens in the cursor's line before the cursor."""
    line: str = field(repr=False)
    """The cursor's line before the cursor, without its indentation."""
    indentation: str = field(repr=False)
    """The blanks before `line`."""
    tail: str = field(repr=False)
    """The cursor's line after the cursor, without blanks around it."""
    previous_line: str = field(repr=False)
    next_line: str = field(repr=False)
    """The nearest lines above and below that are not blank, without blanks around them; "" if there is none."""
    following: Sequence[int] = field(repr=False)
    """The first tokens of the lines below, line marks included; only END if there are none."""
    lines: Counter[str] = field(repr=False)
    """Number of occurrences of each line in the rest of the document, without blanks around it."""
    lines_above: dict[str, int] = field(repr=False)
    lines_below: dict[str, int] = field(repr=False)
    """Number of lines between each line above, or below, and the cursor's; of equal lines the nearest counts."""
    line_ends: Counter[str] = field(repr=False)
    """Number of lines that end with each character, in the rest of the document."""
    tokens: NDArray[np.int32] = field(repr=False)
    """The document: DEPTH times END, the tokens before the cursor, END, those after the cursor's line, END."""
    position: int
    """The cursor's index in `tokens`: that of the END between the two parts."""

    @property
    def is_fresh_line(self) -> bool:
        """Does the cursor's line hold only indentation before the cursor?"""
        return not self.line.strip()


def read_cursor(vocabulary: Vocabulary, prefix: str, suffix: str) -> Cursor:
    """Read the text windows around a cursor."""
    prefix, suffix = normalise_line_ends(prefix[-_WINDOW:]), normalise_line_ends(suffix[:_WINDOW])
    if len(prefix) == _WINDOW:
        # Whole lines only, so that the window above stays the same, and cached, while the user types.
        prefix = prefix[prefix.find("\n", 0, LONGEST_LINE) + 1 :]
    above, _, before = prefix.rpartition("\n")
    after, _, below = suffix.partition("\n")
    columns = indentation(before)
    line = before.lstrip()[-LONGEST_LINE:]
    finished, unfinished = split_unfinished(split_tokens(line))

    above_lines, below_lines = vocabulary.tokenized_lines(above), vocabulary.tokenized_lines(below, columns)
    lines_above, lines_below = above_lines.lines, below_lines.lines
    lines = [*lines_above, *lines_below]
    mark = line_mark(above_lines.last_indentation, columns)
    before_cursor = [mark, *map(vocabulary.number, finished)]
    parts = ([END] * DEPTH, above_lines.numbers, before_cursor, [END], below_lines.numbers, [END])
    tokens = np.concatenate(parts, dtype=np.int32)
    position = DEPTH + len(above_lines.numbers) + len(before_cursor)
    return Cursor(
        context=tokens[position - DEPTH : position].tolist(),
        unfinished=unfinished,
        wanted=vocabulary.beginning_with(unfinished) if unfinished else None,
        line_tokens=len(finished),
        line=line,
        indentation=before[: len(before) - len(before.lstrip())],
        tail=after.strip()[:LONGEST_LINE],
        previous_line=lines_above[-1] if lines_above else "",
        next_line=lines_below[0] if lines_below else "",
        following=below_lines.numbers[:_FOLLOWING].tolist() if lines_below else [END],
        lines=Counter(lines),
        lines_above=_nearest(lines_above[::-1]),
        lines_below=_nearest(lines_below),
        line_ends=Counter([body[-1] for body in lines]),
        tokens=tokens,
        position=position,
    )


def _nearest(lines: Sequence[str]) -> dict[str, int]:
    """Return the first index of each line."""
    return dict(zip(reversed(lines), range(len(lines) - 1, -1, -1), strict=True))


def hits_in_document(cursor: Cursor, tokens: NDArray[np.int32], context: Sequence[int], limit: int) -> list[Hit]:
    """Return at most `limit` places of the document with this context: the longest context first, then the nearest.

    `tokens` are the document's, `context` the cursor's. If both are abstract, any token may follow, because its name
    at the cursor is not known yet.
    """
    positions = np.flatnonzero(tokens[DEPTH - 1 : -1] == context[-1]) + DEPTH
    positions = positions[positions != cursor.position]
    if cursor.wanted is not None and tokens is cursor.tokens:
        positions = positions[cursor.wanted.admits(tokens[positions])]
    depths = np.ones(len(positions), np.int32)
    agreeing = np.arange(len(positions))
    for depth in range(1, min(DEPTH, len(context))):
        agreeing = agreeing[tokens[positions[agreeing] - depth - 1] == context[-depth - 1]]
        if not len(agreeing):
            break
        depths[agreeing] += 1
    best = np.lexsort((np.abs(positions - cursor.position), -depths))[:limit]
    return [Hit(*found) for found in zip(positions[best].tolist(), depths[best].tolist(), strict=True)]
