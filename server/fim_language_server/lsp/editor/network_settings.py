"""Settings that are refused from clients on a network: they run a program, read a file, or send a key elsewhere.

Such a client has the token, but may still be a hostile page that has learned the token, or a program made to connect
by another one. So these settings come from the command line only (`--settings FILE`). Pure.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

_WHY: Mapping[str, str] = {
    "apiKeyCommand": "it names a program",
    "apiKeyEnv": "it names a variable of the server's environment",
    "caFile": "it names a file",
    "allowInsecureHttp": "it lets a key travel unencrypted",
    "url": "it leads to another machine",
    "otlp": "it leads to another machine",
    "headers": "it can name a program, or a variable of the server's environment",
    "store": "it leads to another machine",
    "storePasswordEnv": "it names a variable of the server's environment",
    "storePasswordCommand": "it names a program",
}
"""Settings of a model and of the store of budgets by their names on the wire, and why they are refused."""

_NAMES = {
    "api_key_command": "apiKeyCommand",
    "api_key_env": "apiKeyEnv",
    "ca_file": "caFile",
    "allow_insecure_http": "allowInsecureHttp",
    "store_password_env": "storePasswordEnv",
    "store_password_command": "storePasswordCommand",
}
_REMEDY = "not taken from a client on a network connection; start the server with --settings FILE"


def allowed_settings(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return raw settings without the refused ones, at any depth, and a sentence for each that was removed.

    A fallback with a refused setting is removed as a whole. With a refused address the embedded model replaces the
    provider, and no model is asked for next edits: the requests were not meant for the default address.
    """
    refused: list[str] = []
    allowed = _without(raw, refused, "")
    addresses = [place for place in refused if _wire_name(place) == "url" and "[" not in place]
    if any(_is_of_next_edits(place) for place in addresses):
        allowed["nextEdit.provider.kind"] = "off"
    if any(not _is_of_next_edits(place) for place in addresses):
        allowed["provider"] = {"kind": "embedded"}
    return allowed, [f"{path}: {_WHY[_wire_name(path)]}; {_REMEDY}" for path in sorted(set(refused))]


def _without(raw: Mapping[str, Any], refused: list[str], path: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in raw.items():
        names = [name for name in str(key).split(".") if _is_refused(name, value)]
        if names:
            refused.append(f"{path}{key}")
        elif isinstance(value, Mapping):
            kept[key] = _without(value, refused, f"{path}{key}.")
        elif isinstance(value, list | tuple):
            kept[key] = list(_entries(value, refused, f"{path}{key}"))
        else:
            kept[key] = value
    return kept


def _entries(values: list[Any] | tuple[Any, ...], refused: list[str], path: str) -> Iterator[Any]:
    for number, value in enumerate(values):
        before = len(refused)
        entry = _without(value, refused, f"{path}[{number}].") if isinstance(value, Mapping) else value
        if len(refused) == before:
            yield entry


def _is_refused(name: str, value: Any) -> bool:
    wire_name = _NAMES.get(name, name)
    return wire_name in _WHY and not (wire_name == "url" and _is_of_this_machine(value))


def _is_of_this_machine(url: Any) -> bool:
    """Is the host of `url` a loopback address or `localhost`? Names are not resolved."""
    if not isinstance(url, str):
        return False
    try:
        host = urlsplit(url.strip()).hostname or ""
        return not url.strip() or host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_of_next_edits(path: str) -> bool:
    return bool({"nextEdit", "next_edit", "next_edit_provider"}.intersection(path.split(".")))


def _wire_name(path: str) -> str:
    return next(_NAMES.get(name, name) for name in path.split(".") if _NAMES.get(name, name) in _WHY)
