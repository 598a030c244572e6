"""A workspace's settings: less than the user's, never more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.app.backends import _window
from fim_language_server.app.budgets import Budgets
from fim_language_server.clock import SystemClock
from fim_language_server.core.patterns.gitignore import Patterns
from fim_language_server.core.trigger import is_language_on
from fim_language_server.providers.targets import choose_target
from fim_language_server.settings import Settings, narrowed, not_taken, parse_settings
from fim_language_server.settings.narrowing import rules
from fim_language_server.settings.rules import Ceiling, NarrowingRule, Users
from fim_language_server.settings.sections import section_of

NAMES = st.sampled_from(["python", "go", "c", "*", "markdown"])
WORDS = st.sampled_from(["", "eu", "us", "mistral", "embedded", "auto", "qwen", "HOME", "http://h.example"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "provider.kind": st.sampled_from(["auto", "embedded", "mistral", "deepseek", "ollama"]),
    "provider.api_key_command": st.lists(WORDS, max_size=2),
    "provider.fallback": st.lists(st.sampled_from(["embedded", "mistral"]), max_size=2),
    "provider.regions": st.lists(WORDS, max_size=2),
    "provider.temperature": st.floats(0, 2) | st.none(),
    "provider.top_p": st.floats(0.01, 1) | st.none(),
    "provider.max_tokens": st.integers(1, 4096),
    "provider.min_tokens": st.integers(0, 4096) | st.none(),
    "provider.stop": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
    "provider.headers": st.dictionaries(
        WORDS, WORDS | st.just({"env": "HOME"}) | st.just({"command": ["id"]}), max_size=2
    ),
    "provider.price": st.sampled_from([{"input": 0.3, "output": 0.9}, {"input": 0, "output": 0, "cachedInput": 0.1}]),
    "provider.random_seed": st.integers(0, 9) | st.none(),
    "context.workspace": st.sampled_from(["auto", "on", "off"]),
    "trigger.mode": st.sampled_from(["automatic", "explicit", "off"]),
    "trigger.languages": st.dictionaries(NAMES, st.booleans(), max_size=4),
    "trigger.exclude": st.lists(st.sampled_from(["*.py", "!a.py", "a.*", "/b/", "!b/", "**/c", "!*"]), max_size=4),
    "shaping.multi_line": st.sampled_from(["auto", "always", "never"]),
    "popup.mode": st.sampled_from(["auto", "always", "never"]),
    "popup.form": st.sampled_from(["auto", "edit", "adjusted", "snippet", "line"]),
    "next_edit.mode": st.sampled_from(["auto", "off"]),
    "next_edit_provider.kind": st.sampled_from(["off", "auto", "inception", "zeta-2.1"]),
    "next_edit_provider.api_key_command": st.lists(WORDS, max_size=2),
    "next_edit_provider.price": st.sampled_from([{"input": 0.3, "output": 0.9}]),
    "budget.dollars_per_day": st.sampled_from([0, 0.5, 2, 100]),
    "budget.store": st.sampled_from(["", "valkey://a.example", "valkeys://fim@b.example:1/2"]),
    "budget.store_password_command": st.lists(WORDS, max_size=2),
    "usage.person": st.sampled_from(["hash", "off", "Ada"]),
    "usage.otlp": st.sampled_from(["", "https://a.example", "http://localhost:4318/v1/metrics"]),
    "usage.project": st.sampled_from(["hash", "off", "billing"]),
    "log.level": st.sampled_from(["debug", "info", "warning", "error"]),
    "embedded.min_confidence": st.floats(0, 1),
    "embedded.min_confidence_invoked": st.floats(0, 1),
}
"""Values of the settings that are neither plain text, nor switches, nor whole numbers with bounds."""


def _values(section: str, name: str) -> st.SearchStrategy[Any]:
    if f"{section}.{name}" in VALUES:
        return VALUES[f"{section}.{name}"]
    field = section_of(Settings.model_fields[section].annotation).model_fields[name]
    if field.annotation is bool:
        return st.booleans()
    if field.annotation is str:
        return WORDS.filter(str.isalnum)
    assert field.annotation is int, f"{section}.{name}: say in VALUES which values it may have"
    bounds = {key: getattr(mark, key) for mark in field.metadata for key in ("ge", "le") if hasattr(mark, key)}
    return st.integers(bounds["ge"], bounds["le"])


ALL = [(section, name) for section, name, _ in rules()]
RULES = {(section, name): rule for section, name, rule in rules()}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """Some settings with values that are valid."""
    tree: dict[str, Any] = {}
    for section, name in draw(st.lists(st.sampled_from(ALL), unique=True, max_size=len(ALL))):
        tree.setdefault(section, {})[name] = draw(_values(section, name))
    return tree


def read(tree: dict[str, Any]) -> Settings:
    settings, problems = parse_settings(tree)
    assert problems == []
    return settings


def test_every_setting_declares_its_rule() -> None:
    """Nobody adds a setting without having thought of the folders of strangers."""
    for section_field in Settings.model_fields.values():
        for name, field in section_of(section_field.annotation).model_fields.items():
            declared = [mark for mark in field.metadata if isinstance(mark, NarrowingRule)]
            assert len(declared) == 1, f"{name}: declare one of the rules of settings/rules.py"


@settings(deadline=None)
@given(trees(), st.lists(trees(), max_size=3))
def test_a_workspace_never_widens_anything(user: dict[str, Any], workspace: list[dict[str, Any]]) -> None:
    """For every setting and all values, by the order that its rule declares; also for several layers."""
    mine = holds = read(user)
    for layer in workspace:
        holds = narrowed(holds, read(layer))
    for (section, name), rule in RULES.items():
        value, users = (getattr(getattr(it, section), name) for it in (holds, mine))
        assert rule.is_within(value, users), f"{section}.{name}: {value!r} is more than {users!r}"
    # Whatever the workspace says, it can be checked anew: the result is settings as any other.
    assert parse_settings(holds.model_dump(exclude_unset=True))[1] == []


@settings(deadline=None)
@given(trees(), trees())
def test_narrowing_twice_is_narrowing_once(user: dict[str, Any], workspace: dict[str, Any]) -> None:
    """An editor may send the same layer from two places."""
    once = narrowed(read(user), read(workspace))
    twice = narrowed(once, read(workspace))
    for (section, name), rule in RULES.items():
        value, before = (getattr(getattr(it, section), name) for it in (twice, once))
        assert rule.is_within(value, before)
        assert rule.is_within(before, value) or name in {"exclude", "stop"}


@given(VALUES["trigger.exclude"], VALUES["trigger.exclude"], st.sampled_from(["a.py", "b/a.py", "x/c", "b/c", "d.go"]))
def test_a_pattern_of_the_workspace_uncovers_no_file(mine: list[str], theirs: list[str], path: str) -> None:
    """A pattern that begins with "!" undoes those before it, and those of the user are behind it."""
    holds = narrowed(read({"trigger": {"exclude": mine}}), read({"trigger": {"exclude": theirs}}))
    if Patterns(mine).hides(path):
        assert Patterns(holds.trigger.exclude).hides(path)


@given(VALUES["trigger.languages"], VALUES["trigger.languages"], NAMES)
def test_a_language_is_on_where_both_have_it_on(mine: dict[str, bool], theirs: dict[str, bool], name: str) -> None:
    """Named or not, by the engine's own reading of such a map."""
    holds = narrowed(read({"trigger": {"languages": mine}}), read({"trigger": {"languages": theirs}}))
    assert is_language_on(name, holds.trigger.languages) == (
        is_language_on(name, mine) and is_language_on(name, theirs)
    )


@pytest.mark.parametrize("user", [{}, {"context": {"prefixChars": 9_000}}, {"context": {"prefixChars": 1_000}}])
@pytest.mark.parametrize("ceiling", [200, 1_500, 3_000, 400_000])
@pytest.mark.parametrize("kind", ["mistral", "langdock"])
def test_a_window_of_the_workspace_is_a_ceiling(user: dict[str, Any], ceiling: int, kind: str) -> None:
    """Also where the host has a smaller window than the default, which the user did not change."""
    mine = read({"provider": {"kind": kind}, **user})
    holds = narrowed(mine, read({"context": {"prefixChars": ceiling}}))
    target = choose_target(mine.provider, {})
    assert target is not None
    before, after = _window(mine, target), _window(holds, target)
    assert after.prefix_chars == min(before.prefix_chars, ceiling)
    assert after.suffix_chars == before.suffix_chars


@pytest.mark.parametrize("own", [0, 20, 2_000])
@pytest.mark.parametrize("ceiling", [0, 10, 400, 90_000])
@pytest.mark.parametrize("kind", ["mistral", "langdock"])
def test_a_budget_of_the_workspace_is_a_ceiling(own: int, ceiling: int, kind: str) -> None:
    """0 is none: neither the user's nor the workspace's lifts the limit that is known of a provider."""
    mine = read({"provider": {"kind": kind}, "budget": {"requestsPerMinute": own}})
    holds = narrowed(mine, read({"budget": {"requestsPerMinute": ceiling}}))
    target = choose_target(mine.provider, {})
    assert target is not None
    known = target.provider.limits.requests_per_minute
    limits = [limit for limit in (own or known, ceiling) if limit]
    clock = SystemClock()
    budget = Budgets(clock, clock.call_later, {}).of(target, holds)
    assert budget.requests_per_minute == (min(limits) if limits else 0)


def test_what_is_not_taken_is_named() -> None:
    """For the log: whoever wrote the folder's settings wonders why they have no effect."""
    theirs = read(
        {"provider": {"kind": "mistral", "model": "m"}, "trigger": {"mode": "off"}, "log": {"level": "debug"}}
    )
    assert not_taken(Settings(), theirs) == ["provider.kind", "provider.model", "log.level"]
    assert narrowed(Settings(), theirs).trigger.mode == "off"


def test_a_folder_may_keep_its_code_to_the_embedded_model() -> None:
    """The one kind with which nothing leaves."""
    user = read({"provider": {"kind": "mistral"}})
    assert narrowed(user, read({"provider": {"kind": "embedded"}})).provider.kind == "embedded"
    assert narrowed(user, read({"provider": {"kind": "deepseek"}})).provider.kind == "mistral"


def test_what_says_where_code_goes_is_the_users_alone() -> None:
    """Addresses, programs, keys, and what decides when another model is asked."""
    users = {name for (section, name), rule in RULES.items() if isinstance(rule, Users)}
    assert users >= {
        "url",
        "model",
        "region",
        "project",
        "api_key_env",
        "api_key_command",
        "ca_file",
        "fallback",
        "regions",
        "headers",
        "price",
    }
    assert not any(isinstance(rule, Ceiling) for (section, _), rule in RULES.items() if section == "provider")
