"""A text that no system takes costs only its own setting, whichever setting that is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.app.application import Application
from fim_language_server.settings import Settings, parse_settings
from fim_language_server.settings.sections import known_keys
from fim_language_server.settings.texts import GREATEST_TEXT, NO_ADDRESS, is_usable
from tests.web.test_fim_server import Nobody

BAD = ["\ud800", "a\udfff", "KEY\0", "\0", "x" * (GREATEST_TEXT + 1), "\udc80/\ud83d"]


def shaped(value: str) -> list[Any]:
    """Return the shapes in which a setting may have a text."""
    return [value, [value], ["ok", value], {value: True}, {"kind": value}, [{"url": value}], [{"stop": [value]}]]


OTHERS = {"log": {"statistics": False}, "context.prefixChars": 300}


@pytest.mark.parametrize("key", sorted({*known_keys()} - {"log.statistics", "context.prefixChars"}))
@pytest.mark.parametrize("text", BAD)
def test_each_setting_alone(key: str, text: str) -> None:
    """Nothing of the text is left, the other settings are, and one sentence says which it was."""
    for value in shaped(text):
        settings, problems = parse_settings({key: value, **OTHERS})
        left = settings.model_dump_json()
        assert text.encode("unicode_escape").decode() not in left
        assert settings.context.prefix_chars == 300
        assert problems
        assert all(is_usable(problem) for problem in problems)


def test_a_list_loses_the_entry_and_a_command_goes_as_a_whole() -> None:
    raw = {
        "trigger": {"exclude": ["a", "\ud800", "b"], "languages": {"c": False, "\0": True}},
        "provider": {"apiKeyCommand": ["pass", "\ud800"], "stop": ["x", "\0"], "fallback": ["embedded", "\ud800"]},
    }
    before = copy.deepcopy(raw)
    settings, problems = parse_settings(raw)
    assert settings.trigger.exclude == ("a", "b")
    assert settings.trigger.languages == {"c": False}
    assert settings.provider.api_key_command == ()
    assert settings.provider.stop == ("x",)
    assert settings.provider.fallback == ("embedded",)
    assert len(problems) == 5
    assert raw == before


def test_nothing_opens_where_a_restriction_cannot_be_read() -> None:
    """A wrong address is not the default one, and a wrong region not all of them."""
    settings, _ = parse_settings({"provider": {"url": "https://a\ud800.example", "regions": ["\ud800"]}})
    assert settings.provider.url == NO_ADDRESS
    assert settings.provider.regions
    assert settings.provider.regions != ("",)


@pytest.mark.parametrize("name", BAD)
def test_keys_that_are_no_settings_are_told_in_bounded_words(name: str) -> None:
    """However long one is, and however many there are: finding the nearest name costs time for each."""
    raw = {name: 1, "provider": {name: {}}, **{f"unknown{n}": n for n in range(100_000)}}
    _, problems = parse_settings(raw)
    assert len(problems) < 50
    assert all(is_usable(problem) and len(problem) < 300 for problem in problems)


@given(st.text(st.characters(categories=None), max_size=20))
def test_what_is_left_can_be_encoded(text: str) -> None:
    for value in shaped(text):
        settings, problems = parse_settings({"provider.model": value, "trigger.exclude": value})
        settings.model_dump_json().encode()
        "".join(problems).encode()


@pytest.mark.parametrize("name", ["kind", "url", "model", "apiKeyEnv", "caFile", "region", "project", "template"])
@pytest.mark.parametrize("text", BAD)
async def test_an_application_is_configured_with_any(name: str, text: str) -> None:
    application = Application([], Nobody(), environ={"MISTRAL_API_KEY": "k"})
    try:
        await application.configure({"provider": {"kind": "mistral", name: text, "fallback": []}})
        await application.warm_up()
    finally:
        await application.close()
    assert application.settings != Settings()
