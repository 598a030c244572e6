"""Pieces of other files kept from prompt to prompt: what was sent stays in its order, and what is new comes behind it.

Providers and servers keep what they worked out of a prompt as long as its beginning stays the same. Pieces stand at
the beginning, so a piece that is replaced costs all that follows it. At the limit the oldest half goes at once, so that
this happens seldom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.other_files.packing import HEADER
from fim_language_server.core.secrets.enclosing import lines_above, lines_below
from fim_language_server.core.values import Snippet, SnippetSource

_FEWEST_LINES: Final = 2
"""Lines of a piece that are worth a piece of their own, where the others were sent already."""
_LEAST_NEW_SHARE: Final = 2
"""One in so many of the best code points must be new before any are added."""
_FARTHEST: Final = 200
"""Lines by which a piece may have moved since it was chosen."""
_OF_OPEN_DOCUMENTS: Final = (SnippetSource.OPEN_DOCUMENT, SnippetSource.RECENT_EDIT, SnippetSource.OWN_FILE)

Texts = Mapping[str, Sequence[Sequence[str]]]
"""The lines of the documents that are open under a path; none for a path whose document must not be read."""


@frozen
class PieceLimits:
    """Code points of pieces with their headers: of those chosen for a place, first and later, and of all kept."""

    first_chars: int
    best_chars: int
    most_chars: int

    def at_most(self, chars: int) -> PieceLimits:
        """Return the limits with none above `chars`."""
        return PieceLimits(*(min(each, chars) for each in (self.first_chars, self.best_chars, self.most_chars)))

    @property
    def least_new_chars(self) -> int:
        """The fewest code points of new pieces that are worth a prompt whose beginning changes."""
        return self.best_chars // _LEAST_NEW_SHARE


NO_PIECES: Final = PieceLimits(0, 0, 0)


def grown(
    sent: Sequence[Snippet], best: Sequence[Snippet], most_chars: int, least_new_chars: int = 0
) -> tuple[Snippet, ...]:
    """Return the pieces of the next prompt: those sent in the last one, and behind them the new lines of `best`.

    `best` has the best first; it is the last in the result, next to the text around the cursor. A host that cannot take
    all of a prompt drops its beginning.

    Every line of `best`, which has `most_chars` code points at most, is in the result, unless fewer than
    `least_new_chars` are new. It begins with `sent` unless that would make more than `most_chars`: then the older half
    of `sent` is left out at once, and more where needed.
    """
    kept, new = list(sent), _not_in(best, sent)
    if sent and size_of(sent) <= most_chars and size_of(new) < least_new_chars:
        return tuple(sent)
    if size_of(kept) + size_of(new) <= most_chars:
        return (*kept, *reversed(new))
    while kept and size_of(kept) > most_chars // 2:
        kept.pop(0)
    new = _not_in(best, kept)
    while kept and size_of(kept) + size_of(new) > most_chars:
        kept.pop(0)
        new = _not_in(best, kept)
    return (*kept, *reversed(new))


def standing(pieces: Iterable[Snippet], texts: Texts) -> tuple[Snippet, ...]:
    """Return the pieces whose text still stands in its document, each with the line where it stands now.

    A piece of an open document whose path is not in `texts` is left out: it was closed, or must not be read any more.
    """
    found: list[Snippet] = []
    for piece in pieces:
        documents = texts.get(piece.path)
        if documents is None:
            if piece.source not in _OF_OPEN_DOCUMENTS:
                found.append(piece)
            continue
        places = ((lines, _place_of(piece, lines)) for lines in documents)
        lines, place = next(((lines, place) for lines, place in places if place is not None), ((), None))
        if place == piece.first_line:
            found.append(piece)
        elif place is not None:
            above, below = lines_above(lines, place), lines_below(lines, place + _height(piece))
            found.append(evolve(piece, first_line=place, judged_above=above, judged_below=below))
    return tuple(found)


def without_files(pieces: Iterable[Snippet], names: Collection[str] | None) -> tuple[Snippet, ...]:
    """Return the pieces without those of files that nobody opened and whose path has one of `names` in it.

    The names are those of files and directories that changed; None stands for all.
    """
    return tuple(
        piece
        for piece in pieces
        if piece.source in _OF_OPEN_DOCUMENTS
        or (names is not None and not any(part in names for part in piece.path.split("/")))
    )


def outside(pieces: Iterable[Snippet], path: str, first: int, end: int) -> tuple[Snippet, ...]:
    """Return the pieces without those of the file `path` that have a line from `first` on and before `end`."""
    return tuple(
        piece
        for piece in pieces
        if piece.path != path or piece.first_line >= end or piece.first_line + _height(piece) <= first
    )


def first_that_fit(pieces: Iterable[Snippet], most_chars: int) -> tuple[Snippet, ...]:
    """Return as many of the first pieces as have `most_chars` code points in all; the last may be cut at a line end."""
    found: list[Snippet] = []
    for piece in pieces:
        if size_of([piece]) > most_chars:
            # A secret at the cut is still told by the lines below it.
            room = most_chars - size_of([piece]) + len(piece.text)
            text = piece.text[: max(0, room)].rpartition("\n")[0]
            piece = evolve(piece, text=text, judged_below=piece.text[len(text) :] + piece.judged_below)
        if not piece.text.strip():
            break
        found.append(piece)
        most_chars -= size_of([piece])
    return tuple(found)


def size_of(pieces: Iterable[Snippet]) -> int:
    """Return how many code points the pieces have, each with its header."""
    return sum(len(piece.text) + 1 + len(piece.path) + HEADER for piece in pieces)


def _not_in(best: Iterable[Snippet], sent: Iterable[Snippet]) -> list[Snippet]:
    """Return what of `best` does not stand in `sent`; of a piece that overlaps with one, the lines at either end."""
    known = {(piece.path, number, line) for piece in sent for number, line in _numbered(piece)}
    new: list[Snippet] = []
    for piece in best:
        numbered = [(number, line, (piece.path, number, line) not in known) for number, line in _numbered(piece)]
        missing = [index for index, (_, line, is_new) in enumerate(numbered) if is_new and line.strip()]
        if not missing:
            continue
        first, last = missing[0], missing[-1]
        if len(missing) < len(numbered) and last - first + 1 < _FEWEST_LINES:
            first, last = max(0, last + 1 - _FEWEST_LINES), min(len(numbered) - 1, first + _FEWEST_LINES - 1)
        if (first, last) == (0, len(numbered) - 1):
            new.append(piece)
        else:
            new.append(_part(piece, first, last + 1))
        known.update((piece.path, number, line) for number, line in _numbered(new[-1]))
    return new


def _part(piece: Snippet, first: int, end: int) -> Snippet:
    """Return the lines of a piece from `first` on and before `end`; the others are only judged with it."""
    lines = piece.text.split("\n")
    return evolve(
        piece,
        text="\n".join(lines[first:end]),
        first_line=piece.first_line + first,
        judged_above=piece.judged_above + "".join(f"{line}\n" for line in lines[:first]),
        judged_below="".join(f"\n{line}" for line in lines[end:]) + piece.judged_below,
    )


def _numbered(piece: Snippet) -> Iterable[tuple[int, str]]:
    return enumerate(piece.text.split("\n"), piece.first_line)


def _height(piece: Snippet) -> int:
    return piece.text.count("\n") + 1


def _place_of(piece: Snippet, lines: Sequence[str]) -> int | None:
    """Return the line nearest to its old one at which the piece's text stands; None where it does not stand there."""
    wanted = piece.text.split("\n")
    last = len(lines) - len(wanted)
    moves = (move for distance in range(_FARTHEST + 1) for move in {distance, -distance})
    places = (piece.first_line + move for move in moves)
    return next((place for place in places if 0 <= place <= last and _stands(wanted, lines, place)), None)


def _stands(wanted: Sequence[str], lines: Sequence[str], place: int) -> bool:
    return all(line == lines[place + index].rstrip("\r\n") for index, line in enumerate(wanted))
