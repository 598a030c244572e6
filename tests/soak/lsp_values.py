"""Random parameters of every LSP method, by the types that lsprotocol makes from the meta-model; and broken ones."""

from __future__ import annotations

import enum
import functools
import random
import types as python_types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from lsprotocol import types

URIS = [
    "file:///project/a.py",
    "file:///project/b%20c.ts",
    "file:///no/such/folder/x",
    "untitled:Untitled-1",
    "vscode-notebook-cell:/project/n.ipynb#1",
    "file://[::1",
    "file:///a%00b",
    "x://[No Name]",
    "file:///\ud800",
    "",
    ":",
    "file:relative",
    "file:///project/" + "d/" * 3_000,
]
TEXTS = ["", "x", "def f(a):\n    return ", "é🙂\u2028\r\n\r", "\ud800", "\0", "a" * 5_000, "2.0", "null"]
NUMBERS = [0, 1, -1, 7, 2**31 - 1, 2**31, -(2**31), 2**53, 2**64, 10**30, 0.5, -0.0, 1e308, 3.0]
JUNK: list[Any] = [None, True, False, *NUMBERS, *TEXTS, [], {}, [None], [[[]]], {"": {}}, {"a": [1, {"b": None}]}]

_DEEP = 6


NEXT_EDIT_METHODS = ("textDocument/copilotInlineEdit", "textDocument/didShowInlineEdit", "textDocument/didFocus")
"""Methods of Copilot's language server, which no type describes."""


def params_of(method: str, rng: random.Random) -> Any:
    """Return parameters of a method as its type has them."""
    if method in NEXT_EDIT_METHODS:
        return _next_edit_params(method, rng)
    message_type = types.METHOD_TO_TYPES[method][0]
    hints = _hints(message_type)
    return make(hints["params"], rng) if "params" in hints else None


def _next_edit_params(method: str, rng: random.Random) -> Any:
    document = {"uri": rng.choice(URIS), "version": rng.choice([1, 2, *JUNK])}
    if method == NEXT_EDIT_METHODS[0]:
        place = {"line": rng.choice([0, 1, 7]), "character": rng.choice([0, 3, 100])}
        more = rng.choice([{}, {"context": {"triggerKind": rng.choice(JUNK)}}, {"unknown": rng.choice(JUNK)}])
        return {"textDocument": document, "position": place, **more}
    if method == NEXT_EDIT_METHODS[1]:
        return {"item": {"command": {"title": "x", "command": "fim.acceptNextEdit", "arguments": [rng.choice(JUNK)]}}}
    return rng.choice([{}, {"textDocument": document}])


def make(hint: Any, rng: random.Random, depth: int = 0) -> Any:
    """Return a random JSON value of a type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, python_types.UnionType):
        if type(None) in inner and (depth > _DEEP or rng.random() < 0.5):
            return None
        return make(rng.choice([it for it in inner if it is not type(None)]), rng, depth)
    if origin is not None and isinstance(origin, type) and issubclass(origin, tuple):
        return [make(it, rng, depth + 1) for it in inner]
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {rng.choice(TEXTS): make(inner[1], rng, depth + 1) for _ in range(rng.randrange(3))}
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return [make(inner[0], rng, depth + 1) for _ in range(0 if depth > _DEEP else rng.randrange(3))]
    if origin is typing.Literal:
        return rng.choice(inner)
    if isinstance(hint, type) and attrs.has(hint):
        return _object(hint, rng, depth)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return rng.choice(list(hint)).value
    return _plain(hint, rng)


def _object(cls: type, rng: random.Random, depth: int) -> dict[str, Any]:
    hints = _hints(cls)
    made: dict[str, Any] = {}
    for field in attrs.fields(cls):
        if field.default is not attrs.NOTHING and (depth > _DEEP or rng.random() < 0.6):
            continue
        name = _camel(field.name)
        is_uri = name.lower().endswith("uri") or name == "uri"
        made[name] = rng.choice(URIS) if is_uri else make(hints[field.name], rng, depth + 1)
    return made


def _plain(hint: Any, rng: random.Random) -> Any:
    if hint is bool:
        return rng.random() < 0.5
    if hint is int:
        return rng.choice([0, 1, 2, 3, 7, 100])
    if hint is float:
        return rng.random()
    if hint is str:
        return rng.choice(TEXTS)
    return rng.choice(JUNK)


def break_somewhere(value: Any, rng: random.Random) -> Any:
    """Return a value with junk, nothing, or a surplus field at one random place of it."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        kept = {name: inner for name, inner in value.items() if name != key}
        if rng.random() < 0.15:
            return kept
        return {**kept, key: break_somewhere(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        return [*value[:place], break_somewhere(value[place], rng), *value[place + 1 :]]
    return rng.choice(JUNK)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, vars(types))


def _camel(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in rest)
