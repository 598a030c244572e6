"""Comparison of a path with the tables of `secret_table`: in a time that does not grow with the tables.

Names are judged as the most lenient file system would: without case, in Unicode's compatibility form, without
characters that show nothing, with slash and backslash as separators, and without the blanks and dots that Windows
drops at a name's end. A copy or a backup of a file is judged as the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.secrets import secret_table as table

LONGEST_NAME: Final = 255
"""Characters of a name that are looked at from either end: no file system has longer names."""
LONGEST_PATH: Final = 32_768
"""Characters of a path that are looked at, from its end: Windows has no longer ones, and no other system either."""
_MOST_PARTS: Final = 64
"""Folders that are looked at, the innermost ones."""
_MOST_SPELLINGS: Final = 40
_SEPARATORS: Final = " ._-"
_PIECE: Final = re.compile(r"[:;]")


@define
class Rows:
    """One table, by what its rows are looked up with; the values are the kind and the row itself."""

    names: dict[str, str] = field(factory=dict)
    families: dict[str, str] = field(factory=dict)
    endings: dict[str, str] = field(factory=dict)
    globs: list[tuple[Sequence[str], str]] = field(factory=list)
    _hint: re.Pattern[str] = re.compile("(?!)")
    """Texts of which every name that matches one of `globs` contains one: nearly all names contain none."""

    @classmethod
    def of(cls, rows: Mapping[str, str]) -> Rows:
        """Return the table of these rows by kind, without rows of places."""
        made = cls()
        for kind, listed in rows.items():
            for row in listed.split():
                made._add(row, f"{kind} ({row.removesuffix('+')})")
        if made.globs:
            longest = {max(pieces, key=len) for pieces, _ in made.globs}
            made._hint = re.compile("|".join(map(re.escape, sorted(longest))))
        return made

    def _add(self, row: str, reason: str) -> None:
        if row.endswith("+"):
            self.names[row[:-1]] = self.families[row[:-1]] = reason
        elif "*" not in row:
            self.names[row] = reason
        elif row.startswith("*.") and row.count("*") == 1:
            self.endings[row[1:]] = reason
        else:
            self.globs.append((row.split("*"), reason))

    def find(self, name: str, *, is_source: bool = False) -> str | None:
        """Return the reason of the row that a name matches; what is source is in no family but one of hidden files."""
        found = self.names.get(name)
        if found is not None:
            return found
        for place, character in enumerate(name):
            if character in _SEPARATORS:
                if (found := self.endings.get(name[place:])) is not None:
                    return found
                family = self.families.get(name[:place])
                if family is not None and (not is_source or name.startswith(".")):
                    return family
        if self._hint.search(name) is None:
            return None
        return next((reason for pieces, reason in self.globs if _matches(pieces, name)), None)


@frozen
class Place:
    """The row of a place: which files of its folder hold secrets."""

    folders: Sequence[str]
    is_deep: bool
    files: Rows | None
    reason: str

    def reason_for(self, names: Sequence[str]) -> str | None:
        """Return the reason if the row means a file with one of these names."""
        is_meant = self.files is None or any(self.files.find(name) for name in names)
        return self.reason if is_meant else None


class Places:
    """The rows of places, by the last folder that each names."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        """Take rows by kind."""
        self._rows: dict[str, list[Place]] = {}
        for kind, listed in rows.items():
            for row in listed.split():
                *folders, name = row.split("/")
                folders, name = ([*folders, name], "") if name == "**" else (folders, name)
                is_deep = folders[-1] == "**"
                folders = folders[:-1] if is_deep else folders
                place = Place(folders, is_deep, Rows.of({kind: name}) if name else None, f"{kind} ({row})")
                self._rows.setdefault(folders[-1], []).append(place)

    def around(self, folders: Sequence[Sequence[str]]) -> list[Place]:
        """Return the rows whose folders these are, from outside in, each in all its spellings."""
        return [
            place
            for depth, spellings in enumerate(folders, 1)
            for spelling in spellings
            for place in self._rows.get(spelling, ())
            if (place.is_deep or depth == len(folders)) and _ends_with(folders[:depth], place.folders)
        ]


def _ends_with(folders: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    if len(wanted) > len(folders):
        return False
    return all(name in spellings for name, spellings in zip(wanted, folders[-len(wanted) :], strict=True))


def _matches(pieces: Sequence[str], name: str) -> bool:
    """Say whether a name has these pieces in this order, the first at its beginning and the last at its end."""
    first, *middle, last = pieces
    if not name.startswith(first) or not name.endswith(last):
        return False
    place = len(first)
    for piece in middle:
        place = name.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return place <= len(name) - len(last)


def parts_of(path: str) -> list[str]:
    """Return the names of a path as they are judged: the folders from outside in, and the file's last."""
    path = path[-LONGEST_PATH:].replace("\\", "/")
    if not path.isascii():
        path = unicodedata.normalize("NFKC", path)
        path = "".join(character for character in path if unicodedata.category(character) != "Cf").casefold()
    parts: list[str] = []
    for part in path.lower().split("/"):
        name = part.strip(" \t\r\n\0").rstrip(". ")
        if name:
            parts.append(name)
        elif part.strip() == ".." and parts:
            parts.pop()
    return parts[-_MOST_PARTS:]


def pieces_of(name: str) -> Iterator[str]:
    """Yield what may be a file's name in a part of a path: a stream's (`.env::$DATA`), a revision's (`HEAD:.env`)."""
    for piece in _PIECE.split(name)[-4:]:
        if len(piece) > LONGEST_NAME:
            yield piece[:LONGEST_NAME]
            yield piece[-LONGEST_NAME:]
        elif piece:
            yield piece


def spellings_of(name: str) -> list[str]:
    """Return a name, and the names of the files that it may be a copy or a backup of; a bounded number."""
    found = [name]
    if _MARK.search(name) is None and _TOKENS.isdisjoint(_TOKEN.split(name)):
        return found
    for one in found:
        for other in _originals(one):
            if other.strip(_SEPARATORS) and other not in found:
                found.append(other)
        if len(found) >= _MOST_SPELLINGS:
            break
    return found


def _reversed_words(words: frozenset[str]) -> str:
    return "|".join(re.escape(word[::-1]) for word in sorted(words, key=len, reverse=True))


_NUMBERS: Final = re.compile(r"[\d ._:tz-]*\d[vr]?[ ._-]+")
"""A date, a number or a revision behind a name, read backwards as all of these are: so each is found in one pass."""
_DIGITS: Final = re.compile(r"\d+")
_BRACKETS: Final = re.compile(r"\)[^()\[\]]{0,24}\([ ._-]*|\][^()\[\]]{0,24}\[[ ._-]*")
_TILDES: Final = re.compile(r"~\d*~\.|\d{0,3}~+|#+")
_WORDS: Final = re.compile(rf"(?:{_reversed_words(table.COPY_WORDS | table.VARIANT_WORDS)})[ ._-]+")
_MARK: Final = re.compile(r"[~#()\[\]!%\d]|\.sw|^\._")
_TOKEN: Final = re.compile(r"[ ._-]+")
_TOKENS: Final = table.COPY_WORDS | table.VARIANT_WORDS | table.WORDS_BEFORE | {"of", "von", "de", "kopia", "dot"}
_BEGINNING: Final = re.compile(
    r"(?:copy|kopie|copie|copia|cópia|kopia|backup)(?: \(\d{1,4}\))?[ _-](?:of|von|de)[ _-]|kopia "
    rf"|(?:{'|'.join(sorted(table.WORDS_BEFORE))})[ ._-]"
)
_SIGN: Final = re.compile(r"~\$|\._|\.#|\.~|#")
"""Beginnings that Word, macOS, Emacs and LibreOffice put in front of a name."""
_ENDS: Final = (_NUMBERS, _DIGITS, _BRACKETS, _TILDES, _WORDS)


def _originals(name: str) -> Iterator[str]:
    """Yield the name without one mark of a copy, for each mark that it has."""
    yield from _without_end(name)
    stem, dot, extension = name.rpartition(".")
    if stem and len(extension) <= 12:
        for shorter in _without_end(stem):
            yield f"{shorter}{dot}{extension}"
    for beginning in (_BEGINNING, _SIGN):
        mark = beginning.match(name)
        if mark is not None:
            yield name[mark.end() :]
    if name.startswith(("dot_", "dot-")):
        yield f".{name[4:]}"
    if name.startswith(("%", "!")):  # Vim's and Emacs' backups in one folder
        yield name[1:].rpartition(name[0])[2]
    if name.startswith(".") and name[-4:-1] == ".sw":
        yield name[1:-4]


def _without_end(name: str) -> Iterator[str]:
    backwards = name[::-1]
    for end in _ENDS:
        mark = end.match(backwards)
        if mark is not None:
            yield name[: len(name) - mark.end()]
