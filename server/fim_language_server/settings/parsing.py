"""Reading settings from what clients send: nested or dotted, layered, and wrong in places.

The good part of bad settings is kept: a wrong value costs that key, not the server.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from fim_language_server.core.shown_values import as_shown, holds_key
from fim_language_server.settings.base import Section
from fim_language_server.settings.next_edit_provider import NAME, lift
from fim_language_server.settings.provider_sections import ModelSettings
from fim_language_server.settings.sections import SECTION, Settings, known_keys, section_of
from fim_language_server.settings.texts import NO_ADDRESS, take_unusable_texts

MOST_UNKNOWN = 20
"""Keys that are no settings are named one by one up to here: finding the nearest name costs time for each."""


def parse_settings(
    raw: Any, kinds: Collection[str] = (), templates: Collection[str] = ()
) -> tuple[Settings, list[str]]:
    """Return the settings that can be used, and a sorted list of what was wrong with the rest.

    `raw` is what a client sent, nested (`{"provider": {"kind": …}}`) or with dotted keys (`{"provider.kind": …}`),
    with or without the section's own name around it. `kinds` are the registry's provider names and `templates` the
    families of prompts; both lie above this module, so their names come as arguments. An invalid or unknown key falls
    back to its default; an invalid entry of `provider.fallback` is left out.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        return Settings(), [f"{SECTION}: expected an object with settings, got {type(raw).__name__}"]
    tree = _expand_dotted(_without_section(raw))
    lift(tree)
    problems = _describe_unknown(list(_remove_unknown(tree, Settings)))
    problems += take_unusable_texts(tree)
    provider = tree.get("provider")
    if isinstance(provider, dict):
        problems += _take_unknown_name(provider, "kind", kinds) + _take_unknown_name(provider, "template", templates)
        problems += _take_bad_fallbacks(provider, kinds, templates)
    while True:
        try:
            return Settings.model_validate(tree), sorted(problems)
        except ValidationError as error:
            for path, message in _faults(error):
                problems.append(f"{'.'.join(map(str, path))}: {message}; using the default")
                _remove(tree, path)
                if path[0] in (NAME, "next_edit_provider") and path[1:] == ("url",):
                    tree[str(path[0])]["url"] = NO_ADDRESS  # It was not meant for the default address.


def merge_settings(*layers: Any) -> dict[str, Any]:
    """Lay raw settings over each other, the last one on top; what is no object is passed over."""
    merged: dict[str, Any] = {}
    for layer in layers:
        if isinstance(layer, Mapping):
            _lay_over(merged, _expand_dotted(_without_section(layer)))
    return merged


_MAPS = ("languages", "regions", "headers")
"""Settings whose keys are the user's own: a dot in a language, a host or a header is no path."""


def _without_section(raw: Mapping[Any, Any]) -> Mapping[Any, Any]:
    inner = raw.get(SECTION)
    return inner if len(raw) == 1 and isinstance(inner, Mapping) else raw


def _expand_dotted(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """`{"a.b": 1}` and `{"a": {"b": 1}}` mean the same; a null means "not set"."""
    tree: dict[str, Any] = {}
    for key, value in raw.items():
        parts = str(key).removeprefix(f"{SECTION}.").split(".")
        if value is None:
            continue
        nested: Any = _expand_dotted(value) if isinstance(value, Mapping) and parts[-1] not in _MAPS else value
        for part in reversed(parts[1:]):
            nested = {part: nested}
        _lay_over(tree, {parts[0]: nested})
    return tree


def _lay_over(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = dict(value) if isinstance(value, Mapping) else value


def _remove_unknown(tree: dict[str, Any], model: type[Section], path: str = "") -> Iterable[str]:
    """Take keys out of the tree that are none of the model's, and of its sections'; yield their dotted paths."""
    known = {name: field for key, field in model.model_fields.items() for name in (key, field.alias or key)}
    for key in list(tree):
        if key not in known:
            del tree[key]
            yield f"{path}{key}"
        elif model is Settings and isinstance(tree[key], dict):
            yield from _remove_unknown(tree[key], section_of(known[key].annotation), f"{key}.")


def _take_unknown_name(provider: dict[str, Any], key: str, known: Collection[str]) -> list[str]:
    """Take a name out of section `provider` that is none of the known ones; return what to say of it."""
    name = provider.get(key, "auto")
    if not known or name == "auto" or name in known:
        return []
    del provider[key]
    return [f"provider.{key}: {_name(name)} is unknown{_nearest(str(name), ['auto', *known])}; using auto"]


def _take_bad_fallbacks(provider: dict[str, Any], kinds: Collection[str], templates: Collection[str]) -> list[str]:
    """Take entries out of the list of fallbacks that cannot be meant; return what to say of them.

    An entry is removed as a whole: with a default in the place of a wrong address, code would go to a host that the
    user did not choose.
    """
    entries = provider.get("fallback")
    if not isinstance(entries, list | tuple):
        return []  # Validation says what is wrong with it, if it is there.
    kept, problems = [], []
    for number, entry in enumerate(entries):
        faults = _faults_of_fallback(entry, kinds, templates)
        problems += [f"provider.fallback[{number}]{fault}; left out" for fault in faults[:1]]
        if not faults:
            kept.append(_expand_dotted(entry) if isinstance(entry, Mapping) else entry)
    provider["fallback"] = kept
    return problems


def _faults_of_fallback(entry: Any, kinds: Collection[str], templates: Collection[str]) -> list[str]:
    if not isinstance(entry, str | Mapping):
        return [f": expected a kind, or an object with keys of section provider, got {type(entry).__name__}"]
    keys = {"kind": entry} if isinstance(entry, str) else _expand_dotted(entry)
    faults = [f".{_printable(name)}: no such setting" for name in _remove_unknown(keys, ModelSettings, "")]
    for key, known in (("kind", kinds), ("template", templates)):
        problems = _take_unknown_name(keys, key, known)
        faults += [problem.removeprefix("provider").removesuffix("; using auto") for problem in problems]
    try:
        ModelSettings.model_validate(keys)
    except ValidationError as error:
        faults += [f".{'.'.join(map(str, path))}: {message}" for path, message in _faults(error)]
    return faults


def _describe_unknown(paths: Sequence[str]) -> list[str]:
    named = [_printable(path) for path in paths[:MOST_UNKNOWN]]
    more = [f"{len(paths) - len(named)} more keys are no settings"] if len(paths) > len(named) else []
    return [f"{path}: no such setting{_nearest(path, known_keys())}" for path in named] + more


def _printable(name: str) -> str:
    """Return a name that a client made up as it may be shown, and compared with others."""
    if holds_key(name):
        return as_shown(name)
    return name[:80].encode("unicode_escape").decode() if not name[:80].isprintable() else name[:80]


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _name(value: Any) -> str:
    text = repr(value)
    if holds_key(text):
        return as_shown(text)
    return text if len(text) <= 60 else text[:57] + "…"


def _faults(error: ValidationError) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """One fault per setting, whatever depth it lies at; a list or map is taken or left as a whole."""
    seen: set[tuple[str | int, ...]] = set()
    for fault in error.errors(include_url=False, include_input=False):
        path = tuple(fault["loc"][:2])
        if path not in seen:
            seen.add(path)
            yield path, fault["msg"][:1].lower() + fault["msg"][1:]


def _remove(tree: dict[str, Any], path: tuple[str | int, ...]) -> None:
    """Take one key out of the tree, under whichever of its two names it was given."""
    node: Any = tree
    for part in path[:-1]:
        node = node[part]
    last = str(path[-1])
    for name in (last, to_camel(last)):
        node.pop(name, None)
    for key in [key for key in node if to_camel(key) == last]:
        del node[key]
