"""YAML, and JSON with comments, as plain values: in bounded time and memory, whatever the file holds.

YAML is read by its own version 1.2, as JavaScript's libraries do: `no` and `59:59` are texts. Aliases are followed as
far as what they stand for stays small. Errors never quote the file: a key may stand in it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from fim_language_server.errors import SettingsError

LARGEST_TEXT: Final = 100_000
"""Characters of a configuration; people's own have a few thousand, and PyYAML takes three seconds for these."""
_MOST_NODES: Final = 20_000
_MOST_CHARACTERS: Final = 1_000_000
"""Values, and characters of texts, that a file may stand for once its aliases are followed."""
_DEEPEST: Final = 60

_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_VALUES: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FRACTION: Final = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?")

_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"?')
_STRING_OR_COMMENT: Final = re.compile(r'["/]')
_COMMA_TOO_MANY: Final = re.compile(r",(?=\s*[}\]])")


def parse_yaml(text: str) -> Any:
    """Return what a text in YAML says. Raises SettingsError, with the end of a sentence that begins with its name."""
    import yaml  # here, because only one command needs it

    _check_length(text)
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise SettingsError(f"cannot be read as YAML{f' (line {mark.line + 1})' if mark else ''}") from None
    return None if node is None else _Building().value(node, _DEEPEST)


def parse_json(text: str) -> Any:
    """Return what a text in JSON says, with comments anywhere and commas too many, as Continue and people write it.

    Raises SettingsError as `parse_yaml` does.
    """
    _check_length(text)
    try:
        return json.loads(_without_comments(text))
    except json.JSONDecodeError as error:
        raise SettingsError(f"cannot be read as JSON (line {error.lineno})") from None
    except (ValueError, RecursionError):  # a number of 5,000 digits, ten thousand brackets
        raise SettingsError("cannot be read as JSON") from None


def _check_length(text: str) -> None:
    if len(text) > LARGEST_TEXT:
        raise SettingsError(f"is no configuration: it has more than {LARGEST_TEXT:,} characters")


class _Building:
    """Makes values of YAML's nodes, and counts what it makes: an alias costs what it stands for each time."""

    def __init__(self) -> None:
        self._nodes = 0
        self._characters = 0

    def value(self, node: Any, depth: int) -> Any:
        """Return a node's value. Raises SettingsError where there is too much of it."""
        self._nodes += 1
        if self._nodes > _MOST_NODES or self._characters > _MOST_CHARACTERS or depth <= 0:
            raise SettingsError("cannot be read as YAML: it stands for too much, or holds itself, through its aliases")
        if node.id == "scalar":
            self._characters += len(node.value)
            return _scalar(node)
        if node.id == "sequence":
            return [self.value(item, depth - 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for name, value in node.value:
            if name.tag == f"{_TAG}merge":
                others = value.value if value.id == "sequence" else [value]
                for other in others:
                    found = self.value(other, depth - 1)
                    for key, inner in found.items() if isinstance(found, dict) else ():
                        merged.setdefault(key, inner)
            else:
                read = self.value(name, depth - 1)
                own[read if isinstance(read, str) else json.dumps(read)] = self.value(value, depth - 1)
        return {**merged, **own}


def _scalar(node: Any) -> Any:
    """Return a text, or what an unquoted one says in YAML 1.2's core schema."""
    text: str = node.value
    if node.style:  # quotes, | or >
        return text
    if text in _PLAIN_VALUES:
        return _PLAIN_VALUES[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _without_comments(text: str) -> str:
    """Return JSON without comments and commas too many; what is in strings stays, and lines stay lines."""
    parts: list[str] = []
    outside: list[str] = []
    place = 0
    while found := _STRING_OR_COMMENT.search(text, place):
        start = found.start()
        outside.append(text[place:start])
        if found[0] == '"':
            string = _STRING.match(text, start)
            place = string.end() if string else start + 1
            parts += [_COMMA_TOO_MANY.sub("", "".join(outside)), text[start:place]]
            outside = []
        elif text.startswith("//", start):
            end = text.find("\n", start)
            place = end if end >= 0 else len(text)
        elif text.startswith("/*", start):
            end = text.find("*/", start + 2)
            place = end + 2 if end >= 0 else len(text)
            outside.append("\n" * text.count("\n", start, place) or " ")
        else:
            outside.append("/")
            place = start + 1
    outside.append(text[place:])
    return "".join(parts) + _COMMA_TOO_MANY.sub("", "".join(outside))
