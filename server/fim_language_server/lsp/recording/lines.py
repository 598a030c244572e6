"""Lines of a recording's file: JSON of ASCII characters, of whose texts each character's place is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from attrs import define, field

from fim_language_server.core.recordings.stand_ins import json_sizes

_SHORTEST_MARKED: Final = 16
"""Code points from which on a text that is not kept has a mark: of shorter ones, equal marks would tell the text."""


@define
class Texts:
    """The writing of texts: as they are, or as lengths only. `salt` is in no file, so that no text can be guessed."""

    are_kept: bool
    _salt: bytes = field(repr=False)

    def json_of(self, text: str) -> str:
        """Return a text, in which there are no secrets any more, as it stands in a line."""
        if self.are_kept:
            return json.dumps(text)
        lengths: dict[str, object] = {"length": len(text), "lineEnds": text.count("\n")}
        if len(text) >= _SHORTEST_MARKED:
            salted = self._salt + text.encode("utf-8", "surrogatepass")
            lengths["mark"] = hashlib.sha256(salted).hexdigest()[:16]
        return compact(lengths)


@define
class Line:
    """One line while it is made. `places` are those of the characters of its traced texts, in the file."""

    _base: int
    _parts: list[str] = field(factory=list, repr=False)
    _size: int = 0
    places: list[int] = field(factory=list, repr=False)

    def add(self, part: str) -> None:
        """Add JSON."""
        self._parts.append(part)
        self._size += len(part)

    def add_traced(self, characters: Sequence[str], texts: Texts) -> None:
        """Add a text of which the places are to be known."""
        text = "".join(characters)
        if texts.are_kept:
            begin = self._base + self._size + 1
            self.places.extend(accumulate(json_sizes(text)[:-1], initial=begin) if text else ())
        self.add(texts.json_of(text))

    @property
    def data(self) -> bytes:
        """The whole line."""
        return "".join([*self._parts, "\n"]).encode("ascii")


def compact(value: Mapping[str, Any] | Sequence[Any] | str | float | bool | None) -> str:
    """Return JSON without blanks."""
    return json.dumps(value, separators=(",", ":"))
