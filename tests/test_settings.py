"""Settings: the good part of bad input is kept, and each fault costs its own key."""

from __future__ import annotations

import typing

import pytest

from fim_language_server.settings import Settings, known_keys, merge_settings, parse_settings

KINDS = ["mistral", "codestral", "embedded"]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"provider": {"kind": "mistrl"}}, "provider.kind: 'mistrl' is unknown (did you mean mistral?); using auto"),
        ({"provider.kind": 3}, "provider.kind: 3 is unknown"),
        ({"provider.template": "qwn"}, "provider.template: 'qwn' is unknown (did you mean qwen?); using auto"),
        ({"provider": {"maxTokens": "many"}}, "provider.maxTokens: input should be a valid integer"),
        ({"provider": {"maxTokens": 0}}, "provider.maxTokens: input should be greater than or equal to 1"),
        ({"provider": {"maxToken": 5}}, "provider.maxToken: no such setting (did you mean provider.maxTokens?)"),
        ({"provider": {"stop": ["a", 1]}}, "provider.stop: input should be a valid string"),
        ({"trigger": {"mode": "sometimes"}}, "trigger.mode: input should be 'automatic', 'explicit' or 'off'"),
        ({"trigger": {"languages": {"c": "perhaps"}}}, "trigger.languages: input should be a valid boolean"),
        ({"trigger": 5}, "trigger: input should be a valid dictionary"),
        ({"triger": {}}, "triger: no such setting"),
        ([1], "fim: expected an object with settings, got list"),
    ],
)
def test_a_wrong_value_costs_its_key_and_is_said_once(raw: object, problem: str) -> None:
    """The rest of the settings holds, and one sentence names the key."""
    settings, problems = parse_settings(raw, KINDS, ["none", "qwen"])
    assert len(problems) == 1
    assert problems[0].startswith(problem)
    assert settings == Settings()


def test_the_good_part_is_kept() -> None:
    """One bad key does not take its section with it."""
    settings, problems = parse_settings({"provider": {"kind": "mistral", "topP": 7, "model": "m"}}, KINDS)
    assert (settings.provider.kind, settings.provider.model, settings.provider.top_p) == ("mistral", "m", None)
    assert len(problems) == 1


@pytest.mark.parametrize(
    "raw",
    [
        {"provider": {"apiKeyEnv": "NAME"}},
        {"provider.apiKeyEnv": "NAME"},
        {"fim": {"provider": {"apiKeyEnv": "NAME"}}},
        {"fim.provider.apiKeyEnv": "NAME", "fim.log.level": "info"},
        {"provider": {"api_key_env": "NAME"}},
    ],
)
def test_the_forms_clients_send_mean_the_same(raw: object) -> None:
    """Nested, dotted, with the section's name or without."""
    settings, problems = parse_settings(raw)
    assert (settings.provider.api_key_env, problems) == ("NAME", [])


@pytest.mark.parametrize(
    ("raw", "price"),
    [
        ({"provider": {"price": {"input": 0.3, "output": 0.9}}}, (0.3, 0.9, None)),
        ({"provider.price.input": 0, "provider.price.output": 0, "provider.price.cachedInput": 0}, (0, 0, 0)),
        ({"provider": {"price": {"input": 1, "output": 2, "cached_input": 0.5}}}, (1, 2, 0.5)),
    ],
)
def test_a_price_has_two_parts_or_three(raw: object, price: tuple[float, ...]) -> None:
    """Dotted or not, as every other setting."""
    settings, problems = parse_settings(raw)
    assert problems == []
    read = settings.provider.price
    assert read is not None
    assert (read.input, read.output, read.cached_input) == price


@pytest.mark.parametrize(
    "price",
    [
        5, "0.3", [], {}, {"input": 1}, {"output": 1}, {"input": -1, "output": 1}, {"input": float("nan"), "output": 1},
        {"input": float("inf"), "output": 1}, {"input": 1e9, "output": 1}, {"input": "many", "output": 1},
        {"input": 1, "output": 1, "cached": 1}, {"input": 1, "output": 1, "currency": "EUR"},
    ],
)  # fmt: skip
def test_a_price_that_is_none_costs_the_price(price: object) -> None:
    """One sentence; the price is then not known, or the vendor's, and the rest holds."""
    settings, problems = parse_settings({"provider": {"price": price, "model": "m"}})
    assert (settings.provider.price, settings.provider.model) == (None, "m")
    assert len(problems) == 1
    assert problems[0].startswith("provider.price: ")


def test_null_means_not_set() -> None:
    """VS Code sends null for what the user did not set."""
    assert parse_settings({"provider": {"kind": None, "temperature": None}}) == (Settings(), [])
    assert parse_settings(None) == (Settings(), [])


def test_a_dot_in_a_language_is_no_path() -> None:
    """Keys of a map are the user's own."""
    settings, problems = parse_settings({"trigger": {"languages": {"a.b": False, "*": True}}})
    assert (settings.trigger.languages, problems) == ({"a.b": False, "*": True}, [])
    for raw in ({"provider": {"regions": {"a.b": "eu"}}}, {"provider.regions": {"a.b": "eu"}}):
        assert parse_settings(raw)[0].provider.regions == {"a.b": "eu"}


def test_the_later_layer_wins_key_by_key() -> None:
    """What a workspace does not say stays as the client said at the start."""
    merged = merge_settings({"provider": {"kind": "mistral", "model": "a"}}, None, {"fim": {"provider.model": "b"}})
    assert merged == {"provider": {"kind": "mistral", "model": "b"}}


def test_no_setting_can_hold_a_key_and_all_are_documented() -> None:
    """A key in a settings file ends up in a repository; a setting without words helps nobody."""
    # The last nine are the way to a model of next edits, which is another one than that of completions.
    assert len(known_keys()) <= 72
    for section in Settings.model_fields.values():
        model = typing.cast("type[Settings]", section.annotation)
        for name, field in model.model_fields.items():
            assert field.description, name
            assert name not in {"api_key", "key", "token", "password"}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("copilot", "[0].kind: 'copilot' is unknown"),
        ("embeded", "[0].kind: 'embeded' is unknown (did you mean embedded?); left out"),
        (7, "[0]: expected a kind, or an object with keys of section provider, got int; left out"),
        ({"kind": "mistral", "url": 5}, "[0].url: input should be a valid string; left out"),
        ({"kind": "mistral", "maxTokens": 0}, "[0].maxTokens: input should be greater than or equal to 1; left out"),
        ({"kind": "mistral", "fallback": []}, "[0].fallback: no such setting; left out"),
        ({"kind": "mistral", "regions": []}, "[0].regions: no such setting; left out"),
    ],
)
def test_a_bad_fallback_costs_itself_as_a_whole(entry: object, problem: str) -> None:
    """With a default in the place of a wrong address, code would go where nobody wanted it."""
    settings, problems = parse_settings({"provider": {"fallback": [entry, "embedded"]}}, KINDS)
    assert len(problems) == 1
    assert problems[0].startswith(f"provider.fallback{problem}")
    assert settings.provider.fallback == ("embedded",)


def test_fallbacks_are_kinds_or_objects_with_dots_or_without() -> None:
    """The chain begins with the model itself."""
    fallback = ["codestral", {"kind": "mistral", "api_key_env": "A"}, {"url": "http://localhost:1", "maxTokens": 9}]
    settings, problems = parse_settings({"provider": {"kind": "mistral", "fallback": fallback}}, KINDS)
    assert problems == []
    chain = settings.provider.chain
    assert [model.kind for model in chain] == ["mistral", "codestral", "mistral", "auto"]
    assert (chain[2].api_key_env, chain[3].max_tokens) == ("A", 9)
    assert parse_settings(settings.model_dump(exclude_unset=True), KINDS) == (settings, [])


@pytest.mark.parametrize(("given", "kinds"), [(None, ["auto", "embedded"]), ([], ["auto"])])
def test_the_embedded_model_stands_in_unless_nobody_is_to(given: object, kinds: list[str]) -> None:
    """Ghost text goes on while an API is away."""
    settings, _ = parse_settings({"provider": {"fallback": given}})
    assert [model.kind for model in settings.provider.chain] == kinds


def test_a_list_that_is_none_costs_the_list() -> None:
    """One sentence, and the default holds."""
    settings, problems = parse_settings({"provider": {"fallback": "embedded"}})
    assert problems == ["provider.fallback: input should be a valid tuple; using the default"]
    assert settings == Settings()
