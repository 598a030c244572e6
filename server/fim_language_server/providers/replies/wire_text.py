"""Text that comes from a server, or goes to one, made safe: to be encoded, and to be shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MAX_QUOTED = 120
"""Characters of a server's own words that may stand in a message of ours; a longer text is no message."""

_SHARED_RUN = 12
"""So many characters in common with what was sent, and a message counts as an echo of it."""

_SHARED_KEY_RUN = 6

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


def quote(message: str, withheld: Iterable[str]) -> str:
    """Return a server's message as it may be shown; "" where it echoes a key or text that was sent."""
    said = brief(message).rstrip(".")
    if _KEY_LIKE.search(said):
        return ""
    for number, secret in enumerate(withheld):
        run = _SHARED_RUN if number else _SHARED_KEY_RUN
        if any(said[start : start + run] in secret for start in range(len(said) - run + 1)):
            return ""
        if secret.strip() and len(secret) < run and secret.strip() in said:
            return ""
    return said


def parse_object(body: str) -> Mapping[str, Any]:
    """Return the JSON object that `body` is, or the only one of its array; an empty one where it is neither."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def looks_like_a_page(content_type: str, body: str) -> bool:
    """Is this a web page rather than an API's answer?"""
    return "html" in content_type.lower() or body.lstrip("\ufeff \t\r\n")[:1] == "<"
