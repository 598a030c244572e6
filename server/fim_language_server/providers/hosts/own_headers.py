"""Headers of the user's own for one host (`provider.headers`), read from the setting. Pure.

A value stands in the setting only if it is no secret; else the setting names a variable or a program. A setting with
one fault is refused as a whole, and its model with it: without a header that chooses a tenant or forbids a log, a
request could end where the user did not want it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from fim_language_server.core.shown_values import as_shown, holds_key, is_variable_name
from fim_language_server.errors import SettingsError

MOST_HEADERS: Final = 20
LONGEST_NAME: Final = 100
LONGEST_VALUE: Final = 4_000
"""Characters of one value. Servers refuse a head of more than 8 to 16 kB."""

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, section 5.6.2: a token."""

_KEYS: Final = frozenset({"authorization", "proxy-authorization"})

_OF_THE_CONNECTION: Final = re.compile(
    r"connection|host|content-(length|type|encoding)|transfer-encoding|te|trailer|upgrade|keep-alive"
    r"|proxy-(connection|authenticate)|http2-settings|expect|accept(-encoding)?|range"
)
"""Names that say how a message is carried or read (RFC 9110, section 7.6.1, and what `transport` itself sends)."""

_SECRET: Final = re.compile(
    r"(?<![a-z0-9])((api)?key|token|secret|passw(or)?d|auth|credentials?|cookie|session|signature|jwt|bearer)(?![a-z0-9])"
)
"""A word in a header's name whose value is taken for a secret."""

_USER: Final = {"user": "hash"}
_REMEDY = 'a secret comes from {"env": "NAME"} or {"command": ["program", "argument"]}'


@frozen
class OwnHeader:
    """A header with the origin of its value: a literal, a variable, a program that prints it, or the user's hash."""

    name: str
    literal: str = field(default="", repr=False)
    variable: str = ""
    command: tuple[str, ...] = field(default=(), repr=False)
    is_user: bool = False

    @property
    def is_secret(self) -> bool:
        """Does the value come from outside of the settings?"""
        return bool(self.variable or self.command)


def read_headers(setting: Any) -> tuple[OwnHeader, ...]:
    """Return the headers that a value of `provider.headers` means. Raises SettingsError with the first fault.

    The sentence names headers and variables, and never a value.
    """
    if not isinstance(setting, Mapping):
        raise _fault("it is a map of names to values")
    if len(setting) > MOST_HEADERS:
        raise _fault(f"it has {len(setting):,} headers, and {MOST_HEADERS} are the most")
    headers: dict[str, OwnHeader] = {}
    for name, value in setting.items():
        header = _read_header(_checked_name(name), value)
        if _as_read(header.name) in headers:
            raise _fault(f"{as_shown(header.name)} stands twice in it, spelled in two ways")
        headers[_as_read(header.name)] = header
    return tuple(headers.values())


def names_user(setting: Any) -> bool:
    """Does a value of `provider.headers` ask for the user's hash?"""
    return isinstance(setting, Mapping) and any(value == _USER for value in setting.values())


def is_value(text: str) -> bool:
    """Can `text` be a header's value: one line of printable ASCII, without blanks around it, and not too long?"""
    return 0 < len(text) <= LONGEST_VALUE and text.isascii() and text.isprintable() and text == text.strip()


def _as_read(name: str) -> str:
    """Return a name as servers read it: in one case, and some of them (CGI, WSGI) take `_` for `-`."""
    return name.lower().replace("_", "-")


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise _fault(
            f'"{as_shown(str(name)[:LONGEST_NAME])}" cannot be the name of a header: letters, digits and hyphens'
        )
    if _as_read(name) in _KEYS:
        raise _fault(f"{name} carries the key, which provider.apiKeyEnv or provider.apiKeyCommand gives")
    if _OF_THE_CONNECTION.fullmatch(_as_read(name)):
        raise _fault(f"{name} is set by this program alone")
    return name


def _read_header(name: str, value: Any) -> OwnHeader:
    shown = as_shown(name)
    if isinstance(value, str):
        return OwnHeader(name, _checked_literal(shown, name, value))
    if value == _USER:
        return OwnHeader(name, is_user=True)
    if isinstance(value, Mapping) and len(value) == 1:
        variable, command = value.get("env"), value.get("command")
        if isinstance(variable, str):
            if not is_variable_name(variable):
                raise _fault(f"env of {shown} takes the name of an environment variable, not the value itself")
            return OwnHeader(name, variable=variable)
        if isinstance(command, list | tuple) and command and all(isinstance(word, str) for word in command):
            if not command[0].strip() or len(command) > LONGEST_NAME or sum(map(len, command)) > LONGEST_VALUE:
                raise _fault(f"command of {shown} is a program and its arguments, not more than {LONGEST_VALUE:,} long")
            return OwnHeader(name, command=tuple(command))
    raise _fault(f"the value of {shown} is a text; {_REMEDY}")


def _checked_literal(shown: str, name: str, value: str) -> str:
    text = value.strip(" \t")
    if text.startswith(("env:", "$")):
        raise _fault(f'the value of {shown} would be sent as it stands; {{"env": "NAME"}} takes it from a variable')
    if not is_value(text):
        raise _fault(f"the value of {shown} is empty, longer than {LONGEST_VALUE:,}, or no line of plain ASCII")
    if holds_key(text) or _SECRET.search(_as_read(name)):
        raise _fault(f"{shown} seems to be a secret, which does not belong into settings; {_REMEDY}")
    return text


def _fault(what: str) -> SettingsError:
    return SettingsError(f"provider.headers: {what}.")
