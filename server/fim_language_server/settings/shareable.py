"""Settings that may be shown to others: those that do not name a machine, a program, a file or a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fim_language_server.settings.base import MACHINE, Section

_COUNTED: Final = frozenset({"exclude"})
"""Settings of which only the number of entries is kept: patterns name files."""


def shareable(settings: Section) -> dict[str, Any]:
    """Return the settings that differ from their defaults, without keys, addresses, commands and names of files."""
    return _kept(settings)


def _kept(section: Section) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value, extra = getattr(section, name), info.json_schema_extra
        key = info.alias or name
        if isinstance(value, Section):
            if inner := _kept(value):
                kept[key] = inner
        elif value == info.get_default(call_default_factory=True):
            continue
        elif name in _COUNTED:
            kept[key] = len(value)
        elif extra != MACHINE:
            kept[key] = _plain(value)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
