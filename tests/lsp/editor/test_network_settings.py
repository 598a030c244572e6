"""No client on a network connection names a program, a file, a variable or a far address, however it is spelled."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.editor.network_settings import _NAMES, _WHY, allowed_settings
from fim_language_server.settings import merge_settings, parse_settings
from fim_language_server.settings.provider_sections import ModelSettings, ProviderSettings
from fim_language_server.settings.sections import BudgetSettings
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor

VALUES: dict[str, Any] = {
    "apiKeyCommand": ["sh", "-c", "id"],
    "apiKeyEnv": "AWS_SECRET_ACCESS_KEY",
    "caFile": "/etc/passwd",
    "allowInsecureHttp": True,
    "headers": {"x-a": {"command": ["sh", "-c", "id"]}},
    "url": "https://collector.example/v1",
}
HARMLESS = {
    "kind", "model", "region", "project", "template", "temperature", "topP", "maxTokens", "minTokens", "stop",
    "randomSeed", "stream", "connectTimeoutMs", "firstByteTimeoutMs", "fallback", "fallbackAfterMs", "regions", "price",
}  # fmt: skip


def is_clean(model: ModelSettings) -> bool:
    local = model.url.startswith("http://127.0.0.1")
    return not (
        model.headers or model.api_key_command or model.api_key_env or model.ca_file or model.allow_insecure_http
    ) and (not model.url or local)


def test_every_setting_of_a_model_was_thought_of() -> None:
    """A new one is either harmless, or refused."""
    aliases = {field.alias for field in ProviderSettings.model_fields.values()}
    of_store = {
        field.alias for field in BudgetSettings.model_fields.values() if (field.alias or "").startswith("store")
    }
    assert aliases == HARMLESS | set(_WHY) - of_store - {"otlp"}
    assert of_store <= set(_WHY)
    fields = ProviderSettings.model_fields | BudgetSettings.model_fields
    assert all(fields[name].alias == alias for name, alias in _NAMES.items())


@pytest.mark.parametrize("key", ["store", "storePasswordEnv", "store_password_env", "storePasswordCommand"])
@pytest.mark.parametrize("is_dotted", [True, False])
def test_a_client_on_a_network_names_no_store_of_budgets(key: str, is_dotted: bool) -> None:
    """It would get the password that the user's variable or program holds."""
    raw = {f"budget.{key}": "x"} if is_dotted else {"budget": {key: "x", "requestsPerMinute": 5}}
    allowed, said = allowed_settings(raw)
    settings, _ = parse_settings(allowed)
    assert (settings.budget.store, settings.budget.store_password_env) == ("", "")
    assert len(said) == 1


@st.composite
def spelled(draw: st.DrawFn) -> dict[str, Any]:
    """Raw settings with one that is refused in them, in any of the ways in which settings are read."""
    name = draw(st.sampled_from(sorted(VALUES)))
    snake = {alias: snake for snake, alias in _NAMES.items()}
    key = draw(st.sampled_from([name, snake.get(name, name)]))
    tree: Any = {key: VALUES[name], **draw(st.sampled_from([{}, {"kind": "mistral"}, {"model": "m"}]))}
    if draw(st.booleans()):
        tree = {"fallback": draw(st.sampled_from([[tree], ["embedded", tree], [{"kind": "ollama"}, tree]]))}
    path = draw(st.sampled_from([["provider"], ["fim", "provider"], ["fim", "fim", "provider"], ["fim.provider"]]))
    for part in reversed(path):
        dotted = draw(st.booleans())
        tree = {f"{part}.{below}": value for below, value in tree.items()} if dotted else {part: tree}
    return tree  # type: ignore[no-any-return]


@given(st.lists(spelled(), min_size=1, max_size=3))
def test_no_spelling_gets_through(layers: list[dict[str, Any]]) -> None:
    allowed, said = allowed_settings(merge_settings(*layers))
    for raw in (allowed, merge_settings({}, allowed), {"fim": allowed}):
        settings, _ = parse_settings(raw)
        assert all(map(is_clean, settings.provider.chain))
    assert said


def test_the_strategy_finds_settings_that_would_be_read() -> None:
    """The test above could not fail otherwise."""
    settings, _ = parse_settings({"fim.provider": {"api_key_command": ["id"]}})
    assert not is_clean(settings.provider)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434", True),
        ("http://[::1]:1", True),
        (" http://127.8.8.8 ", True),
        ("http://127.collector.example", False),
        ("http://localhost.collector.example", False),
        ("http://127.0.0.1@collector.example", False),
        ("http://127.0.0.1\\@collector.example", False),
        ("http://collector.example#127.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://2130706433.example", False),
        ("http://[::1", False),
        (7, False),
    ],
)
def test_addresses_of_this_machine_are_taken(url: Any, is_taken: bool) -> None:
    allowed, said = allowed_settings({"provider": {"kind": "mistral", "url": url}})
    assert (not said) == is_taken
    assert allowed["provider"] == ({"kind": "mistral", "url": url} if is_taken else {"kind": "embedded"})


def test_a_fallback_goes_as_a_whole_and_the_rest_stays() -> None:
    entries = ["embedded", {"kind": "mistral", "url": "https://a.example"}, {"kind": "ollama"}]
    allowed, said = allowed_settings({"provider": {"kind": "codestral", "fallback": entries}, "log": {"level": "info"}})
    assert allowed == {
        "provider": {"kind": "codestral", "fallback": ["embedded", {"kind": "ollama"}]},
        "log": {"level": "info"},
    }
    assert len(said) == 1
    assert said[0].startswith("provider.fallback[1].url")


@pytest.mark.parametrize("way", ["options", "pushed", "pulled"])
async def test_a_network_client_is_told_and_nothing_of_it_is_used(way: str) -> None:
    """Whichever of the three ways settings take; those of the command line are used."""
    wanted = {"provider": {"kind": "mistral", "apiKeyCommand": ["id"]}, "trigger": {"mode": "explicit"}}
    async with FakeEditor(is_network=True, settings={"provider": {"apiKeyCommand": ["pass", "show"]}}) as editor:
        pulls = {"workspace": {"configuration": True}} if way == "pulled" else {}
        await editor.initialize(pulls, wanted if way == "options" else None)
        if way == "pushed":
            editor.notify("workspace/didChangeConfiguration", {"settings": {"fim": wanted}})
        for request in editor.asked("workspace/configuration"):
            editor.reply(request, [wanted])
        await settle()
        provider = {"kind": "mistral", "apiKeyCommand": ["pass", "show"]}
        assert editor.application.configured[-1] == {"provider": provider, "trigger": {"mode": "explicit"}}
        (told,) = editor.notifications("window/showMessage")
        assert "provider.apiKeyCommand: it names a program" in told["message"]


@pytest.mark.parametrize("raw", [{"usage.otlp": "https://a.example"}, {"usage": {"otlp": "https://a.example"}}])
def test_a_collector_is_refused(raw: dict[str, object]) -> None:
    """Metrics would be sent to it, and with them the key of the real one."""
    allowed, refused = allowed_settings(raw)
    assert not allowed.get("usage")
    assert not allowed.get("usage.otlp")
    assert len(refused) == 1
