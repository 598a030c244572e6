"""A company's policy: defaults, and what nobody below it can change. Pure: `app.company_files` reads the file.

A policy is followed as a whole or not at all: where a part of it cannot be understood, only the embedded model is left.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

from attrs import evolve, field, frozen

from fim_language_server.core.shown_values import as_shown
from fim_language_server.settings.allowed import Allowed
from fim_language_server.settings.narrowing import key_of, narrowed, rules
from fim_language_server.settings.next_edit_provider import OFF, EditKind
from fim_language_server.settings.parsing import parse_settings
from fim_language_server.settings.provider_sections import ModelSettings, ProviderSettings
from fim_language_server.settings.rules import AddedUp, Ceiling, Limit, OnlyTo, Toward, Users
from fim_language_server.settings.sections import Settings

EMBEDDED = "embedded"
LONGEST = 1_000_000
"""Most characters of a policy."""

OF_ANOTHER_KIND = (
    "url",
    "model",
    "api_key_env",
    "api_key_command",
    "region",
    "project",
    "template",
    "headers",
    "price",
)
"""Settings of a model that mean nothing, or harm, beside another `provider.kind` than the one they were set for."""


class PolicyError(ValueError):
    """A policy that cannot be followed; the text says why."""


@frozen
class Policy:
    """A policy as it was read from `file`; `fault` says why it cannot be followed, and is "" where it can."""

    file: str
    defaults: Mapping[str, Any] = field(factory=dict, repr=False)
    enforced: Settings = field(factory=Settings, repr=False)
    limit: Settings = field(factory=Settings, repr=False)
    exclude: tuple[str, ...] = ()
    allowed: Allowed | None = None
    contact: str = ""
    fault: str = ""

    @property
    def locked(self) -> list[str]:
        """The keys that nobody below can change, as people write them."""
        return [key_of(section, name) for section, name in _set_in(self.enforced)]

    @property
    def described(self) -> str:
        """The file, and what it locks, allows, limits and excludes, as a part of a sentence: "managed by …"."""
        parts = [f"managed by {self.file}"]
        if self.locked:
            parts.append(f"it locks {', '.join(self.locked)}")
        for name in ("hosts", "kinds"):
            names = getattr(self.allowed, name, None)
            if names is not None:
                parts.append(f"of {name} it allows {', '.join(names) or 'none'}")
        limits = [
            f"{key_of(section, name)} to {getattr(getattr(self.limit, section), name)}"
            for section, name in _set_in(self.limit)
        ]
        if limits:
            parts.append(f"it limits {', '.join(limits)}")
        if self.exclude:
            parts.append(f"it excludes {', '.join(self.exclude)}")
        return "; ".join(parts) if not self.fault else f"managed by {self.file}, which cannot be followed: {self.fault}"

    @property
    def _limits_dollars(self) -> bool:
        return bool(self.limit.budget.dollars_per_day or self.enforced.budget.dollars_per_day)

    def hold(self, settings: Settings, *, keeps_embedded: bool = False) -> Settings:
        """Return settings under this policy.

        `keeps_embedded`: the workspace asks that its code stays on this machine, which a policy does not override.
        """
        settings = narrowed(settings, self.limit)
        copies: dict[str, Any] = {}
        for section, name in _set_in(self.enforced):
            if not (keeps_embedded and (section, name) == ("provider", "kind")):
                copies.setdefault(section, {})[name] = getattr(getattr(self.enforced, section), name)
        sections = {name: getattr(settings, name).model_copy(update=values) for name, values in copies.items()}
        sections["provider"] = self._provider(settings.provider, copies.get("provider", {}))
        of_next_edits = self._next_edit_provider(copies, keeps_embedded=keeps_embedded)
        if self._limits_dollars:
            of_next_edits = {"price": None, **of_next_edits}
        sections["next_edit_provider"] = settings.next_edit_provider.held_by(of_next_edits)
        # The last pattern that matches a path decides, so no pattern of others can undo one of these.
        trigger = sections.get("trigger", settings.trigger)
        sections["trigger"] = trigger.model_copy(update={"exclude": (*trigger.exclude, *self.exclude)})
        return settings.model_copy(update=sections)

    def _next_edit_provider(
        self, enforced: Mapping[str, Mapping[str, Any]], *, keeps_embedded: bool
    ) -> Mapping[str, Any]:
        """Return the values of section `nextEdit.provider` that hold under this policy, by the names of its fields.

        Where the policy says which model gets the code, and neither which one may get it for next edits nor which
        hosts there are, it is no other model.
        """
        of_section = enforced.get("next_edit_provider", {})
        is_bound = bool({"kind", "url", "region", "project"}.intersection(enforced.get("provider", {})))
        has_hosts = self.allowed is not None and self.allowed.hosts is not None
        if keeps_embedded or (is_bound and not has_hosts and "kind" not in of_section):
            return {**of_section, "kind": OFF}
        return of_section

    def overridden(self, settings: Settings) -> list[str]:
        """Return the keys of `settings` that this policy sets to another value, as people write them."""
        provider = self.hold(settings).provider
        return [
            key_of(section, name)
            for section, name in [*_set_in(self.enforced), ("provider", "fallback")]
            if name in getattr(settings, section).model_fields_set
            and getattr(getattr(settings, section), name)
            != getattr(provider if section == "provider" else getattr(self.enforced, section), name)
        ]

    def _provider(self, section: ProviderSettings, enforced: Mapping[str, Any]) -> ProviderSettings:
        if self._limits_dollars:
            # A user's own price of 0 would make the limit none.
            enforced = {"price": None, **enforced}
        of_model = {name: value for name, value in enforced.items() if name in ModelSettings.model_fields}
        update = {**_without_other_kind(section, of_model), **enforced}
        if "fallback" not in enforced and of_model:
            update["fallback"] = tuple(_entries(section.model_copy(update=update), of_model))
        allowed = self.allowed and evolve(self.allowed, store=self.enforced.budget.store)
        return section.model_copy(update=update).under(allowed)


def _entries(section: ProviderSettings, of_model: Mapping[str, Any]) -> list[str | ModelSettings]:
    """Return the fallbacks with the enforced keys of a model, without those that come to be equal by it."""
    entries: list[str | ModelSettings] = []
    for entry in section.fallback:
        model = ModelSettings(kind=entry) if isinstance(entry, str) else entry
        if model.kind != EMBEDDED:
            model = model.model_copy(update={**_without_other_kind(model, of_model), **of_model})
            entry = model
        if entry not in entries and (model.kind == EMBEDDED or not _is_one_model(model, section)):
            entries.append(entry)
    return entries


def _is_one_model(one: ModelSettings, other: ModelSettings) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("kind", "url", "model", "region", "project"))


def _without_other_kind(model: ModelSettings, enforced: Mapping[str, Any]) -> dict[str, Any]:
    """Return defaults for what a model has set for its own kind, where another kind is enforced."""
    if enforced.get("kind", model.kind) == model.kind:
        return {}
    return {name: ModelSettings.model_fields[name].get_default(call_default_factory=True) for name in OF_ANOTHER_KIND}


def closed(file: str, fault: str) -> Policy:
    """Return the policy in place of one that cannot be followed: only the embedded model answers."""
    enforced = Settings(provider=ProviderSettings(kind=EMBEDDED, fallback=()))
    return Policy(file, enforced=enforced, allowed=Allowed(file, kinds=(), hosts=()), fault=fault)


def parse_policy(
    text: str, file: str, kinds: Collection[str] = (), templates: Collection[str] = ()
) -> tuple[Policy, list[str]]:
    """Return the policy in `text`, and a sentence for each default in it that cannot be used.

    `file` is its path, for messages. Raises PolicyError for anything in it that is not understood, but a default:
    what cannot be followed must not be passed over.
    """
    parts = _parse_json(text)
    known = ("defaults", "enforce", "allow", "exclude", "limit", "contact")
    for name in parts:
        if name not in known:
            raise PolicyError(f"{as_shown(name)} is no part of a policy; its parts are {', '.join(known)}")
    defaults = _object(parts, "defaults")
    _, problems = parse_settings(defaults, kinds, templates)
    contact = parts.get("contact", "")
    if not isinstance(contact, str):
        raise PolicyError("contact is no text")
    contact = as_shown(contact)
    policy = Policy(
        file,
        defaults,
        _strictly(_object(parts, "enforce"), "enforce", kinds, templates),
        _limits(_object(parts, "limit"), kinds, templates),
        _exclude(parts),
        _allowed(_object(parts, "allow"), file, kinds, contact),
        contact,
    )
    return policy, [f"defaults of {file}: {problem}" for problem in problems]


def _parse_json(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise PolicyError(f"it has more than {LONGEST:,} characters")
    try:
        parts = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise PolicyError(f"it is not valid JSON at line {error.lineno}, column {error.colno} ({error.msg})") from None
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, PolicyError) else PolicyError("it is not valid JSON") from None
    if not isinstance(parts, dict):
        raise PolicyError("it is no JSON object")
    return parts


def _pairs(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    # Of a key that stands twice the last one would hold, and the first be passed over.
    keys = [key for key, _ in pairs]
    if twice := next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None:
        raise PolicyError(f"{as_shown(twice)} stands twice in it")
    return dict(pairs)


def _no_number(_text: str) -> float:
    raise PolicyError("it holds a number that JSON does not have")


def _object(parts: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = parts.get(name, {})
    if not isinstance(part, dict):
        raise PolicyError(f"{name} is no JSON object")
    return part


def _strictly(raw: Mapping[str, Any], part: str, kinds: Collection[str], templates: Collection[str]) -> Settings:
    if _holds_null(raw):
        raise PolicyError(f"{part} sets something to null, which sets nothing")
    settings, problems = parse_settings(raw, kinds, templates)
    if problems:
        what = problems[0].removesuffix("; using the default").removesuffix("; using auto")  # It uses nothing.
        raise PolicyError(f"{part}: {what}")
    if raw and not _set_in(settings):
        raise PolicyError(f"{part} sets nothing")
    return settings


def _holds_null(raw: Any) -> bool:
    if isinstance(raw, Mapping):
        return any(map(_holds_null, raw.values()))
    return any(map(_holds_null, raw)) if isinstance(raw, list) else raw is None


def _limits(raw: Mapping[str, Any], kinds: Collection[str], templates: Collection[str]) -> Settings:
    settings = _strictly(raw, "limit", kinds, templates)
    for section, name, rule in rules():
        if name not in getattr(settings, section).model_fields_set:
            continue
        key, value = key_of(section, name), getattr(getattr(settings, section), name)
        if isinstance(rule, Users):
            raise PolicyError(f"limit: {key} has no order, so it cannot be limited; put it into enforce")
        if isinstance(rule, AddedUp):
            raise PolicyError(f"limit: {key} is a list; put it into {'exclude' if name == 'exclude' else 'enforce'}")
        if not value and (isinstance(rule, Limit) or (isinstance(rule, Ceiling) and rule.zero_is_none)):
            raise PolicyError(f"limit: {key} limits nothing with 0")
        least = rule.less if isinstance(rule, Toward) else rule.least if isinstance(rule, OnlyTo) else value
        if value != least:
            raise PolicyError(f"limit: {key} limits nothing with this value; it is {json.dumps(least)}, or in enforce")
    return settings


def _exclude(parts: Mapping[str, Any]) -> tuple[str, ...]:
    patterns = _texts(parts.get("exclude", []), "exclude")
    parsed, problems = parse_settings({"trigger": {"exclude": list(patterns)}})
    if problems or parsed.trigger.exclude != patterns:
        raise PolicyError(f"exclude: {problems[0] if problems else 'a pattern cannot be used'}")
    return patterns


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise PolicyError(f"{name} is no list of texts")
    return tuple(value)


def _allowed(raw: Mapping[str, Any], file: str, kinds: Collection[str], contact: str) -> Allowed:
    for name in raw:
        if name not in ("hosts", "kinds", "regions"):
            raise PolicyError(f"allow.{as_shown(name)} is unknown; it takes hosts, kinds and regions")
    names = _texts(raw["kinds"], "allow.kinds") if "kinds" in raw else None
    for name in names or ():
        if kinds and name not in kinds and name not in get_args(EditKind):
            raise PolicyError(f'allow.kinds: "{as_shown(name)}" is no provider.kind')
    hosts = _texts(raw["hosts"], "allow.hosts") if "hosts" in raw else None
    regions: tuple[str | Mapping[str, str], ...] = ()
    if "regions" in raw:
        read = _strictly({"provider": {"regions": raw["regions"]}}, "allow", kinds, ()).provider.regions
        regions = (read,) if isinstance(read, Mapping) else tuple(read)
        if not regions or not all(regions):
            raise PolicyError("allow.regions names no region")
    return Allowed(file, names, hosts, regions, contact)


def _set_in(settings: Settings) -> list[tuple[str, str]]:
    return [(section, name) for section, name, _ in rules() if name in getattr(settings, section).model_fields_set]
