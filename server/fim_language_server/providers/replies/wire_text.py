"""Text from a server or for one, made safe to be encoded and to be shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MAX_QUOTED = 120
"""The most code points of a server's words that a message quotes; a longer text is no message."""

_SHARED_RUN = 12
"""A message that has this many code points in a row in common with a sent text counts as an echo."""

_SHARED_KEY_RUN = 6
"""As `_SHARED_RUN`, for the key."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}\Z")
_KEY_LIKE = re.compile(r"bearer\s|authorization|\b(sk|key)-\w|\w{32}", re.IGNORECASE)


def well_formed(text: str) -> str:
    """Return `text` with lone surrogates replaced by U+FFFD: JSON can carry them, UTF-8 cannot."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def brief(text: str) -> str:
    """Return `text` on one line, without control and formatting characters; "" if it is no short message."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: MAX_QUOTED * 4]).split())
    return line if len(line) <= MAX_QUOTED and not line.startswith("<") else ""


def identifier(value: Any) -> str:
    """Return `value` if it is a short name, such as an error's type, or a number; else ""."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and (_IDENTIFIER.match(value) or value.isdecimal()) else ""


def quote(message: str, confidential: Iterable[str]) -> str:
    """Return a server's `message` as it may be shown; "" where it echoes one of the `confidential` values.

    The first of them is the key, or "".
    """
    line = brief(message).rstrip(".")
    if _KEY_LIKE.search(line):
        return ""
    for number, secret in enumerate(confidential):
        run = _SHARED_RUN if number else _SHARED_KEY_RUN
        if any(line[start : start + run] in secret for start in range(len(line) - run + 1)):
            return ""
        if secret.strip() and len(secret) < run and secret.strip() in line:
            return ""
    return line


def parse_object(body: str) -> Mapping[str, Any]:
    """Return the JSON object in `body`, or the single object of an array; an empty one for any other text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def looks_like_a_page(content_type: str, body: str) -> bool:
    """Is the response a web page rather than an API's answer?"""
    return "html" in content_type.lower() or body.lstrip("\ufeff \t\r\n")[:1] == "<"
