"""Every setting, once: name, type, bounds, default and meaning. Schema, docs and editor manifests are made from here.

The string under a field is its documentation. Names are camelCase on the wire (`provider.apiKeyEnv`) and
snake_case in Python. Keys and tokens are never settings: a setting can only say where a key is found.

`parse_settings` keeps the good part of bad settings: a wrong value costs that key, not the server.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

SECTION = "fim"
"""The name under which clients keep these settings."""

MACHINE = {"scope": "machine"}
"""A key that decides where source code goes or which program runs: no workspace may set it (VS Code honours this)."""


class _Section(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


class ProviderSettings(_Section):
    """Which model is asked, and how it is reached."""

    kind: str = "auto"
    """Who completes. `auto` takes `codestral` if CODESTRAL_API_KEY is set, else `mistral` if MISTRAL_API_KEY is,
    else `embedded`: a model of the open workspace that needs neither key nor network.
    """
    url: Annotated[str, Field(json_schema_extra=MACHINE)] = ""
    """Base URL of the API, in any form: with or without `/v1`, or the whole endpoint. Empty: the provider's own."""
    model: str = ""
    """Name of the model. Empty: the provider's default."""
    api_key_env: Annotated[str, Field(json_schema_extra=MACHINE)] = ""
    """Name of the environment variable that holds the API key (not the key itself). Empty: the provider's own, such
    as MISTRAL_API_KEY.
    """
    api_key_command: Annotated[tuple[str, ...], Field(json_schema_extra=MACHINE)] = ()
    """A program and its arguments that prints the API key, such as `["pass", "show", "mistral"]`. It is asked once,
    and again after a 401. The variable wins where both are set.
    """
    region: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$")] = ""
    """Region in the host's address (`langdock`: `eu`, `vertex`: `europe-west4`). Empty: the provider's default."""
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]*$", json_schema_extra=MACHINE)] = ""
    """Google Cloud project, for `vertex`. Empty: the one in GOOGLE_CLOUD_PROJECT."""
    template: str = "auto"
    """
    Who joins prefix and suffix for `openai` and `ollama`. `auto`: the server if it can, else the marks of the model's
    family do, told by its name. `none`: the server. Or a family, such as `qwen`.
    """
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    """Sampling temperature. Unset: the provider's default. Low values suit completion."""
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    """Nucleus sampling: only the likeliest tokens up to this share are considered. Unset: the provider's default."""
    max_tokens: Annotated[int, Field(ge=1, le=4096)] = 128
    """Most tokens a suggestion may have. A request is hung up once its text is complete, so few use them all."""
    min_tokens: Annotated[int | None, Field(ge=0, le=4096)] = None
    """Fewest tokens to generate, where the provider accepts it. Unset: none."""
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Texts that end a suggestion, besides the provider's own."""
    random_seed: Annotated[int | None, Field(ge=0)] = None
    """Seed for the same answer to the same question, where the provider accepts it."""
    stream: bool = True
    """Ask for the answer piece by piece. Off costs time, and tokens: an answer that is no longer wanted cannot be
    stopped.
    """
    connect_timeout_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000
    """How long connecting may take, in ms, name look-up and TLS included."""
    first_byte_timeout_ms: Annotated[int, Field(ge=100, le=120_000)] = 10_000
    """How long the first byte of an answer may take, in ms. Between later bytes the same limit holds."""
    ca_file: Annotated[str, Field(json_schema_extra=MACHINE)] = ""
    """PEM file with certificates to trust besides the system's, for a company's proxy or a server of your own."""


class TriggerSettings(_Section):
    """When a completion is asked for."""

    mode: Literal["automatic", "explicit", "off"] = "automatic"
    """`automatic`: while you type. `explicit`: only when you ask for it. `off`: never."""
    languages: dict[str, bool] = Field(default_factory=dict)
    """Languages to switch off or on, by the editor's language id: `{"markdown": false}`. `"*"` stands for all
    others.
    """
    exclude: tuple[str, ...] = ()
    """Files that are neither completed nor sent, as .gitignore patterns, besides those that hold secrets (`.env*`,
    private keys, credential files).
    """
    in_comments: bool = True
    """Complete inside comments, too."""
    min_delay_ms: Annotated[int, Field(ge=0, le=5_000)] = 0
    """Shortest wait before a new request, in ms. What is already known is shown at once, whatever this says."""
    max_delay_ms: Annotated[int, Field(ge=0, le=5_000)] = 250
    """Longest wait before a new request, in ms: the wait grows while suggestions turn out wrong, and is gone as soon
    as one is right.
    """
    linger_ms: Annotated[int, Field(ge=0, le=30_000)] = 1_000
    """How long a running request lives on after the editor let go of it, in ms: the next key mostly wants it."""


class ContextSettings(_Section):
    """What the model sees."""

    prefix_chars: Annotated[int, Field(ge=200, le=400_000)] = 4_000
    """Most characters before the cursor that are sent."""
    suffix_chars: Annotated[int, Field(ge=0, le=400_000)] = 2_000
    """Most characters after the cursor that are sent."""
    snippet_chars: Annotated[int, Field(ge=0, le=100_000)] = 1_500
    """Most characters of other open files that are sent. 0: none."""


class ShapingSettings(_Section):
    """How suggestions look."""

    multi_line: Literal["auto", "always", "never"] = "auto"
    """Several lines where a block begins and on empty lines (`auto`), wherever the line is free (`always`), or
    never.
    """
    max_lines: Annotated[int, Field(ge=1, le=200)] = 12
    """Most lines of a suggestion."""


class BudgetSettings(_Section):
    """How much may be spent. 0 means no limit of our own; the provider's limits are always respected."""

    requests_per_minute: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Most requests a minute. 0: the provider's known limit (langdock: 500), or none."""
    tokens_per_minute: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    """Most tokens a minute, prompt and answer together. 0: the provider's known limit (langdock: 60,000), or none."""


class EmbeddedSettings(_Section):
    """The model of the open workspace, which needs neither key nor network."""

    max_source_mb: Annotated[int, Field(ge=0, le=500)] = 20
    """Most megabytes of source that are indexed; the nearest and newest files come first. 0: only open documents."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How likely a text must be exactly right to be shown as you type: at 0.5 four in five are, at 0.3 two in three."""
    min_confidence_invoked: Annotated[float, Field(ge=0, le=1)] = 0.15
    """The same where you ask for a suggestion: a guess is better than nothing then."""
    index_packages: bool = False
    """Index the installed packages of the active Python environment as well, after the workspace (at most 10 MB)."""


class LogSettings(_Section):
    """What is logged, to standard error and the editor's log. Text of documents only at `debug`; keys never."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged."""


class Settings(_Section):
    """All settings of the language server (section `fim`)."""

    provider: ProviderSettings = Field(default_factory=ProviderSettings)
    trigger: TriggerSettings = Field(default_factory=TriggerSettings)
    context: ContextSettings = Field(default_factory=ContextSettings)
    shaping: ShapingSettings = Field(default_factory=ShapingSettings)
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    embedded: EmbeddedSettings = Field(default_factory=EmbeddedSettings)
    log: LogSettings = Field(default_factory=LogSettings)


def parse_settings(
    raw: Any, kinds: Collection[str] = (), templates: Collection[str] = ()
) -> tuple[Settings, list[str]]:
    """Return the settings that can be used, and a sorted list of what was wrong with the rest.

    `raw` is what a client sent, nested (`{"provider": {"kind": …}}`) or with dotted keys (`{"provider.kind": …}`),
    with or without the section's own name around it. `kinds` are the registry's provider names and `templates` the
    families of prompts; both lie above this module, so their names come as arguments. An invalid or unknown key falls
    back to its default.
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        return Settings(), [f"{SECTION}: expected an object with settings, got {type(raw).__name__}"]
    tree = _expand_dotted(_without_section(raw))
    problems = [_describe_unknown(path) for path in _remove_unknown(tree, Settings)]
    problems += _take_unknown_name(tree, "kind", kinds) + _take_unknown_name(tree, "template", templates)
    while True:
        try:
            return Settings.model_validate(tree), sorted(problems)
        except ValidationError as error:
            for path, message in _faults(error):
                problems.append(f"{'.'.join(map(str, path))}: {message}; using the default")
                _remove(tree, path)


def merge_settings(*layers: Any) -> dict[str, Any]:
    """Lay raw settings over each other, the last one on top; what is no object is passed over."""
    merged: dict[str, Any] = {}
    for layer in layers:
        if isinstance(layer, Mapping):
            _lay_over(merged, _expand_dotted(_without_section(layer)))
    return merged


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of the section, as `fim-language-server schema` prints it."""
    schema: dict[str, Any] = Settings.model_json_schema(by_alias=True)
    for definition in (schema, *schema["$defs"].values()):
        for described in (definition, *definition["properties"].values()):
            if "description" in described:
                described["description"] = " ".join(described["description"].split())
    return schema


def known_keys() -> list[str]:
    """Return every key as people write it: `provider.kind`, `trigger.maxDelayMs`, …"""
    return [
        f"{section_field.alias or section}.{field.alias or name}"
        for section, section_field in Settings.model_fields.items()
        for name, field in _section_of(section_field.annotation).model_fields.items()
    ]


def _section_of(annotation: Any) -> type[_Section]:
    assert isinstance(annotation, type)
    assert issubclass(annotation, _Section)
    return annotation


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
        nested: Any = _expand_dotted(value) if isinstance(value, Mapping) and str(key) != "languages" else value
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


def _remove_unknown(tree: dict[str, Any], model: type[_Section], path: str = "") -> Iterable[str]:
    """Take unknown keys out of the tree; yield their dotted paths."""
    known = {name for key, field in model.model_fields.items() for name in (key, field.alias or key)}
    for key in list(tree):
        if key not in known:
            del tree[key]
            yield f"{path}{key}"
        elif not path and isinstance(tree[key], dict):
            section = Settings.model_fields.get(key)
            if section is not None:
                yield from _remove_unknown(tree[key], _section_of(section.annotation), f"{key}.")


def _take_unknown_name(tree: dict[str, Any], key: str, known: Collection[str]) -> list[str]:
    """Take a name out of section `provider` that is none of the known ones; return what to say of it."""
    provider = tree.get("provider")
    name = provider.get(key, "auto") if isinstance(provider, dict) else "auto"
    if not known or name == "auto" or name in known:
        return []
    del tree["provider"][key]
    return [f"provider.{key}: {_name(name)} is unknown{_nearest(str(name), ['auto', *known])}; using auto"]


def _describe_unknown(path: str) -> str:
    return f"{path}: no such setting{_nearest(path, known_keys())}"


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _name(value: Any) -> str:
    text = repr(value)
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
