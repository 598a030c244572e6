"""Placeholders for the secrets of a recording, which take exactly the place of the secret in the file.

A placeholder has the secret's length in code points, in UTF-8 and UTF-16, and in JSON. So it can be written over a
secret that is in the file already, and no place in a document moves.
"""

from __future__ import annotations

import json
import re
from typing import Final

from attrs import define, field

from fim_language_server.core.secrets import find_secrets
from fim_language_server.core.secrets.masking import is_unmistakable
from fim_language_server.core.secrets.placeholders import Placeholders

AROUND: Final = 600
"""Code points before and after a text with which it is judged."""
MOST_KNOWN: Final = 500
"""Secrets of a session that are looked for in every text."""

_OF_SIZE: Final = {1: "q", 2: "ß", 3: "字", 4: "\U00020000"}
"""Letters by their length in UTF-8; those of one length have the same length in UTF-16 and in JSON, too."""


@define
class StandIns:
    """The placeholders of one recording, made with its salt, and the secrets that were found so far."""

    _placeholders: Placeholders = field(repr=False)
    _known: dict[str, str] = field(factory=dict, repr=False)

    def of(self, secret: str, kept: int) -> str:
        """Return the placeholder of a secret, always the same one; `kept` of its first characters stay."""
        made = self._placeholders.of(secret, kept, ())
        return "".join(map(_of_same_size, secret, made))

    def remember(self, secret: str, stand_in: str) -> bool:
        """Look for a secret in all texts from now on, if it cannot be taken for another word; return whether it is."""
        if not is_unmistakable(secret) or secret in self._known:
            return False
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[secret] = stand_in
        return True

    def forget(self, secret: str) -> None:
        """Look for a secret no more: it was the beginning of a longer one, which is being typed."""
        self._known.pop(secret, None)

    def cover(self, text: str, before: str = "", after: str = "") -> str:
        """Return the text with placeholders for secrets; `before` and `after` stand around it where it belongs.

        A secret that only begins in `before` or ends in `after` is told by all of it.
        """
        before, after = before[-AROUND:], after[:AROUND]
        judged, shift = f"{before}{text}{after}", len(before)
        characters = list(text)
        for secret in find_secrets(judged):
            start, end = max(secret.start - shift, 0), min(secret.end - shift, len(text))
            if start < end:
                stand_in = self.of(judged[secret.start : secret.end], secret.kept)
                offset = secret.start - shift
                characters[start:end] = stand_in[start - offset : end - offset]
        return self.cover_known("".join(characters))

    def cover_known(self, text: str) -> str:
        """Return the text with placeholders for the secrets that were found elsewhere."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, self._known[secret])
        return text


class NoStandIns(StandIns):
    """For texts in which there are placeholders already, as in those of another recording: they stay as they are."""

    def of(self, secret: str, kept: int) -> str:
        """Return the text itself."""
        return secret

    def remember(self, secret: str, stand_in: str) -> bool:
        """Remember nothing."""
        return False

    def cover(self, text: str, before: str = "", after: str = "") -> str:
        """Return the text itself."""
        return text


def json_sizes(text: str) -> list[int]:
    """Return the bytes that each character of a text takes in JSON of ASCII characters."""
    sizes = [1] * len(text)
    for special in _SPECIAL.finditer(text):
        sizes[special.start()] = len(json.dumps(special[0])) - 2
    return sizes


_SPECIAL: Final = re.compile(r"[^ !#-\[\]-~]")
"""A character that JSON of ASCII characters writes as an escape."""


def _of_same_size(character: str, made: str) -> str:
    """Return `made` if it takes the room of a secret's character everywhere, else a letter that does."""
    if character == made or (_SPECIAL.match(character) is None and _SPECIAL.match(made) is None):
        return made
    size = len(character.encode("utf-8", "surrogatepass"))
    return _OF_SIZE[size] if size > 1 else character
