"""Texts in settings that no system takes: half a character (a lone surrogate), a NUL, or more than anybody writes.

JSON can say all of them, and each raises only where it is used: as a variable's name, a file's, a header. So they are
taken out when settings are read, and cost only themselves. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GREATEST_TEXT = 10_000
"""Characters of one text."""

NO_ADDRESS = "invalid:"
"""Takes the place of an address that cannot be used: it is refused then, where the default would be asked instead."""

NO_REGION = "\N{REPLACEMENT CHARACTER}"
"""Takes the place of a region that cannot be used: without it, an empty list would mean that all are allowed."""

_WHOLE = "apiKeyCommand", "api_key_command"
NO_HEADERS = "unusable"
"""Takes the place of headers one of which cannot be used: no request is made then, rather than one without it."""

_AS_A_WHOLE = {"headers": NO_HEADERS}
_REPLACED = {"url": NO_ADDRESS, "regions": NO_REGION}


def is_usable(text: str) -> bool:
    """Does every system take this text, as a name or as a value?"""
    return len(text) <= GREATEST_TEXT and "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def take_unusable_texts(tree: dict[str, Any]) -> list[str]:
    """Take texts that cannot be used out of raw settings (sections with keys); return what to say of each.

    Of a list only the entry goes, unless the list means something only as a whole.
    """
    problems: list[str] = []
    for section, keys in list(tree.items()):
        if isinstance(keys, dict):
            for key, value in list(keys.items()):
                if not _has_only_usable(value):
                    problems.append(f"{section}.{key}: has a text in it that cannot be used; left out")
                    _mend(keys, key, value)
    return problems


def _mend(keys: dict[str, Any], key: str, value: Any) -> None:
    if key in _AS_A_WHOLE:
        keys[key] = _AS_A_WHOLE[key]
    elif isinstance(value, list | tuple) and key not in _WHOLE:
        usable = [entry if _has_only_usable(entry) else _REPLACED.get(key) for entry in value]
        keys[key] = [entry for entry in usable if entry is not None]
    elif isinstance(value, Mapping):
        keys[key] = {name: inner for name, inner in value.items() if _has_only_usable({name: inner})}
    elif key in _REPLACED:
        keys[key] = _REPLACED[key]
    else:
        del keys[key]


def _has_only_usable(value: Any) -> bool:
    if isinstance(value, str):
        return is_usable(value)
    if isinstance(value, Mapping):
        return all(is_usable(str(name)) and _has_only_usable(inner) for name, inner in value.items())
    return not isinstance(value, list | tuple) or all(map(_has_only_usable, value))
