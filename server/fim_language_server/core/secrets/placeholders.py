"""Placeholders for secrets: of the same length and shape, the same ones for as long as a session lasts.

A model sees a natural text, places in it stay where they are, and prompts begin the same from key to key, which is
what servers keep and bill at a part of the price. Nobody can compute a secret from its placeholder: it is made with a
salt that leaves no process.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Sequence
from typing import Final

from attrs import define, field

SHORT: Final = 8
"""Letters and digits below which a placeholder could be a word by chance, so that it gets letters that none has."""
MOST_KNOWN: Final = 2_000
_RARE: Final = "jkqvwxz"
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_ESCAPE: Final = re.compile(r"\\[nrt]")


@define
class Placeholders:
    """The placeholders of a session, made from its salt: at least 16 random bytes."""

    _salt: bytes = field(repr=False)
    _known: dict[str, str] = field(factory=dict, repr=False)
    _taken: dict[str, str] = field(factory=dict, repr=False)

    def of(self, secret: str, kept: int, texts: Sequence[str]) -> str:
        """Return the placeholder of a secret; it stands in none of the texts, and for no other secret.

        `kept` of its first characters stay. Other texts may lead to another placeholder where they have the first
        one in them, which does not happen by chance.
        """
        known = self._known.get(secret)
        if known is not None and not any(known in text for text in texts):
            return known
        for attempt in range(1_000):
            made = self._make(secret, kept, attempt)
            if made != secret and self._taken.get(made, secret) == secret and not any(made in text for text in texts):
                break
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
            self._taken.clear()
        self._known[secret], self._taken[made] = made, secret
        return made

    def _make(self, secret: str, kept: int, attempt: int) -> str:
        seed = b"%s\0%d\0%s" % (self._salt, attempt, secret.encode("utf-8", "surrogatepass"))
        numbers = hashlib.shake_256(seed).digest(2 * len(secret))
        letters = [c for c in secret[kept:] if c.isalnum()]
        is_hex = len(letters) >= SHORT and all(c in _HEX for c in letters)
        is_short = len(letters) < SHORT
        stays = {at for escape in _ESCAPE.finditer(secret) for at in (escape.start(), escape.start() + 1)}
        stays.update(range(kept))
        made = [
            character
            if at in stays
            else _other(character, int.from_bytes(numbers[2 * at : 2 * at + 2], "big"), is_hex, is_short, bool(letters))
            for at, character in enumerate(secret)
        ]
        return "".join(made)


def _other(character: str, number: int, is_hex: bool, is_short: bool, has_letters: bool) -> str:
    """Return a character of the same class, chosen by a number; marks stay where there are letters beside them."""
    if character.isdigit():
        return string.digits[number % 10]
    if character.isalpha():
        lower = "abcdef" if is_hex else _RARE if is_short else string.ascii_lowercase
        chosen = lower[number % len(lower)]
        return chosen.upper() if character.isupper() else chosen
    return character if has_letters or character.isspace() else _RARE[number % len(_RARE)]
