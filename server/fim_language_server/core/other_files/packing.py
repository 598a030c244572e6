r"""Windows as snippets: whole lines, cut to a budget, never overlapping, and neighbours of one file joined.

The budget counts code points, those of the pieces and of a header for each: a provider's format names the path of each
piece in a line like `+++++ path`. Line ends become `\n`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.other_files.own_file import own_file_piece
from fim_language_server.core.other_files.query import LONGEST_LINE, most_telling
from fim_language_server.core.secrets.enclosing import lines_above, lines_below
from fim_language_server.core.values import CompletionRequest, Snippet, SnippetSource

HEADER: Final = 8
"""Code points of a piece's header besides the path: a mark and line ends."""
LEAST_TEXT: Final = 60
"""Code points for which a piece is not begun any more."""
LEAST_BUDGET: Final = 2_000
"""Code points below which the own file gets none: other files are worth more."""
OWN_SHARE: Final = 4
"""The own file's share of the budget, one in so many."""
MOST_PIECES: Final = 128
"""Pieces up to which a budget is filled, however large it is."""


@frozen
class FileText:
    """A file that pieces are taken of: the path by which a model knows it, and its lines, with or without line ends."""

    path: str
    lines: Sequence[str] = field(repr=False)
    source: SnippetSource = SnippetSource.OPEN_DOCUMENT


@define(eq=False)
class _Piece:
    """The lines `first` to `end` of a file."""

    file: FileText
    first: int
    end: int
    words: set[str] = field(repr=False)


class Packing:
    """Pieces in the order of their worth, until a budget is used up."""

    def __init__(self, max_chars: int) -> None:
        """Take the code points that all pieces may have together, headers included."""
        self._room = max_chars
        self._most_of_own = max_chars // OWN_SHARE if max_chars >= LEAST_BUDGET else 0
        self._pieces: list[_Piece] = []
        self._own: tuple[Snippet, ...] = ()

    @property
    def is_full(self) -> bool:
        """Is there no room for another piece?"""
        return self._room < LEAST_TEXT or len(self._pieces) >= MOST_PIECES

    def add(self, file: FileText, first: int, end: int, words: Collection[str]) -> bool:
        """Take as many of a file's lines `first` to `end` as fit; return whether any was taken.

        Lines that were taken before, blank ones at either end, and those next to lines that are too long are left out.
        """
        first, end = self._free(file, *_longest_usable(file.lines, first, end))
        first, end = _without_blanks(file.lines, first, end)
        room = self._room - self._cost_of_header(file, first, end)
        length = 0
        for line in range(first, end):
            length += len(file.lines[line].rstrip("\r\n")) + 1
            if length > room:
                end = line
                break
        first, end = _without_blanks(file.lines, first, end)
        if first >= end:
            return False
        self._room -= self._cost_of_header(file, first, end)
        self._room -= sum(len(line.rstrip("\r\n")) + 1 for line in file.lines[first:end])
        self._join(_Piece(file, first, end, set(words)))
        return True

    def add_own_file(self, request: CompletionRequest, lines: Sequence[str], worth: Mapping[str, float]) -> None:
        """Take imports and heads of the request's own document, whose `lines` these are, for a part of the budget."""
        if lines and self._most_of_own:
            piece = own_file_piece(request, lines, worth, self._most_of_own - HEADER - len(request.document.path))
            if piece is not None:
                self._own = (piece,)
                self._room -= len(piece.text) + 1 + len(piece.path) + HEADER

    def snippets(self, worth: Mapping[str, float]) -> tuple[Snippet, ...]:
        """Return the pieces, the best first, with the words that count most in each; last the own file's."""
        return (*(_snippet(piece, worth) for piece in self._pieces), *self._own)

    def _free(self, file: FileText, first: int, end: int) -> tuple[int, int]:
        """Return the lines without those that were taken before."""
        for piece in self._pieces:
            if piece.file is file and piece.first < end and first < piece.end:
                # The longer of the two rests.
                first, end = max(((first, piece.first), (piece.end, end)), key=lambda rest: rest[1] - rest[0])
        return first, end

    def _cost_of_header(self, file: FileText, first: int, end: int) -> int:
        return 0 if self._neighbours(file, first, end) else len(file.path) + HEADER

    def _neighbours(self, file: FileText, first: int, end: int) -> list[_Piece]:
        return [it for it in self._pieces if it.file is file and (it.end == first or it.first == end)]

    def _join(self, piece: _Piece) -> None:
        neighbours = self._neighbours(piece.file, piece.first, piece.end)
        if not neighbours:
            self._pieces.append(piece)
            return
        kept, *others = neighbours
        for other in (piece, *others):
            kept.first, kept.end = min(kept.first, other.first), max(kept.end, other.end)
            kept.words |= other.words
        self._pieces = [it for it in self._pieces if it not in others]


def _snippet(piece: _Piece, worth: Mapping[str, float]) -> Snippet:
    lines = piece.file.lines
    return Snippet(
        piece.file.path,
        "\n".join(line.rstrip("\r\n") for line in lines[piece.first : piece.end]),
        lines_above(lines, piece.first),
        lines_below(lines, piece.end),
        source=piece.file.source,
        first_line=piece.first,
        words=most_telling(piece.words, worth),
    )


def _longest_usable(lines: Sequence[str], first: int, end: int) -> tuple[int, int]:
    """Return the longest run of lines without one that is too long to be shown; of equals the first."""
    best, begin = (first, first), first
    for line in range(first, min(end, len(lines)) + 1):
        if line == min(end, len(lines)) or len(lines[line]) > LONGEST_LINE:
            if line - begin > best[1] - best[0]:
                best = begin, line
            begin = line + 1
    return best


def _without_blanks(lines: Sequence[str], first: int, end: int) -> tuple[int, int]:
    while first < end and not lines[first].strip():
        first += 1
    while first < end and not lines[end - 1].strip():
        end -= 1
    return first, end
