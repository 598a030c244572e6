"""Values of settings as they may be shown: in a message, a status, a log, a report, the statistics. Pure.

A key ends up in the wrong setting now and then: as the name of its variable, as a model, in a URL. What was written
there is not repeated. Every text of a setting passes through `as_shown` or `address_as_shown` before it is shown.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.secrets import find_secrets, looks_like_key

NOT_SHOWN: Final = "(not shown: it looks like a key)"
LONGEST: Final = 120
"""Characters of a value that are shown; the rest of a longer one says nothing to anybody."""

SHORTEST_RUN: Final = 12
"""Letters and digits in a row that a key has at least, where it has none of a known form."""

_PARTS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f/\\:@?&=,;|\"'()\[\]{}<>]+")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RUN: Final = re.compile(r"[A-Za-z0-9]+")
_CHANGES: Final = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[a-z])")
"""Places between two kinds of characters: many in a random word, few in a name."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def holds_key(text: str) -> bool:
    """Does a value look like a key, or have a part that does: by its issuer's form, or because it is random?"""
    secrets = find_secrets(text)
    return any(it.end - it.start >= SHORTEST_RUN for it in secrets) or any(map(_is_key, _PARTS.split(text)))


def as_shown(text: str) -> str:
    """Return a value on one line, shortened; `NOT_SHOWN` in the place of one that looks like a key."""
    if holds_key(text):
        return NOT_SHOWN
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def address_as_shown(address: str) -> str:
    """Return a host, or a URL without user and query, with "…" in the place of each part that looks like a key."""
    parts = re.split(r"([/:.])", address)
    return "".join("…" if _is_key_in_address(part) else part for part in parts)


def is_variable_name(text: str) -> bool:
    """Can it be the name of an environment variable, and is it none of the keys that look like one?"""
    return bool(_VARIABLE.fullmatch(text)) and not holds_key(text)


def _is_key_in_address(part: str) -> bool:
    # Labels of hosts are longer than other names, and have words between hyphens: no key has only short ones.
    longest = max(map(len, _RUN.findall(part)), default=0)
    return _is_random(part) or (longest >= SHORTEST_RUN and looks_like_key(part))


def _is_key(part: str) -> bool:
    return looks_like_key(part) or _is_random(part)


def _is_random(part: str) -> bool:
    if _UUID.search(part):
        return True
    longest = max(_RUN.findall(part), key=len, default="")
    changes = len(_CHANGES.findall(longest))
    if (len(longest) >= 16 and changes >= 3) or (len(longest) >= 10 and changes * 3 >= len(longest)):
        return True
    # A token of base64 has "-" and "_" in it. Names of models have kinds of characters that change, too, but words.
    return len(part) >= 20 and len(_CHANGES.findall(part)) * 3 >= len(part)
