"""Providers are named, resolved and priced as they are meant; nothing is paid for unasked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.core.values import Trigger
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.evaluated_models import (
    Choice,
    common_window,
    enter_workspace,
    open_models,
    read_choice,
)
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import ModelCaller, PromptWindow
from fim_language_server.usage.record import Price

KEYS = {"MISTRAL_API_KEY": "k", "CODESTRAL_API_KEY": "k"}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("embedded", Choice("embedded", "embedded")),
        ("mistral", Choice("mistral", "mistral")),
        ("mistral:codestral-2508", Choice("mistral:codestral-2508", "mistral", "codestral-2508")),
        ("mistral@http://127.0.0.1:1/v1", Choice("mistral@http://127.0.0.1:1/v1", "mistral", "", "http://127.0.0.1:1/v1")),
        (
            "ollama:qwen2.5-coder:7b@https://host:8/x",
            Choice("ollama:qwen2.5-coder:7b@https://host:8/x", "ollama", "qwen2.5-coder:7b", "https://host:8/x"),
        ),
        ("vertex:codestral@2405", Choice("vertex:codestral@2405", "vertex", "codestral@2405")),
    ],
)  # fmt: skip
def test_names_of_providers(text: str, choice: Choice) -> None:
    assert read_choice(text) == choice


def test_auto_is_the_embedded_model_here() -> None:
    """Whatever keys there are."""
    assert read_choice("auto") == Choice("embedded", "embedded")


@pytest.mark.parametrize("text", ["", "nobody", "@http://x", "mistral@ftp://x"])
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        read_choice(text)


async def opened(names: list[str], settings: Any = None, **more: Any) -> list[dict[str, Any]]:
    """Return what is known of the contestants once they are ready."""
    told: list[str] = []
    choices = [read_choice(name) for name in names]
    async with open_models(choices, settings, KEYS, told.append, **more) as contestants:
        return [
            {
                "paid": one.is_paid,
                "price": one.price,
                "host": one.host,
                "model": one.application.model,
                "window": one.window,
                "tokens": one.max_tokens,
                "pace": (one.pace.requests_per_minute, one.pace.tokens_per_minute),
            }
            for one in contestants
        ]


@pytest.mark.parametrize(
    ("name", "paid", "price"),
    [
        ("embedded", False, Price(0, 0)),
        ("mistral", True, Price(0.3, 0.9, 0.03)),
        ("mistral:other", True, None),
        ("codestral", True, None),
        ("mistral@https://proxy.example", True, None),  # who knows what that one asks
        ("mistral@http://127.0.0.1:1", False, Price(0, 0)),
    ],
)
async def test_who_costs_what(name: str, paid: bool, price: Price | None) -> None:
    (known,) = await opened([name])
    assert (known["paid"], known["price"]) == (paid, price)


async def test_the_settings_are_for_the_provider_they_name() -> None:
    """An address and a model of one host are nothing to another."""
    settings = {"provider": {"kind": "mistral", "model": "m", "url": "http://127.0.0.1:1", "maxTokens": 64}}
    mistral, codestral = await opened(["mistral", "codestral"], settings)
    assert (mistral["model"], mistral["host"], mistral["tokens"]) == ("m", "127.0.0.1:1", 64)
    assert (codestral["model"], codestral["host"], codestral["tokens"]) == (
        "codestral-latest", "codestral.mistral.ai", 128,
    )  # fmt: skip


async def test_the_command_line_comes_before_the_settings() -> None:
    settings = {"provider": {"kind": "mistral", "model": "m", "maxTokens": 64}}
    (known,) = await opened(["mistral:other"], settings, max_tokens=32)
    assert (known["model"], known["tokens"]) == ("other", 32)


async def test_what_a_host_allows_is_known() -> None:
    (known,) = await opened(["langdock"])
    assert known["pace"] == (500, 60_000)
    (known,) = await opened(["langdock"], {"budget": {"requestsPerMinute": 30}})
    assert known["pace"] == (30, 60_000)


async def test_a_provider_that_cannot_be_used_is_no_other_one() -> None:
    """An editor would get the embedded model instead; figures must not."""
    with pytest.raises(SettingsError, match="https://"):
        await opened(["mistral"], {"provider": {"url": "nonsense"}})


async def test_everybody_gets_the_smallest_window() -> None:
    """Alone, each has the one it has in an editor."""
    async with open_models([read_choice("embedded"), read_choice("mistral")], None, KEYS, print) as both:
        assert common_window(both, None, None) == PromptWindow(3_000, 1_000)
        assert common_window(both[:1], None, None) == PromptWindow(20_000, 20_000)
        assert common_window(both, 100, 0) == PromptWindow(100, 0)


async def test_the_embedded_model_completes_from_the_workspace_it_enters(tmp_path: Path) -> None:
    """And from another one after that."""
    async with open_models([read_choice("embedded")], None, {}, print) as (embedded,):
        for name in ("first", "second"):
            folder = tmp_path / name
            folder.mkdir()
            line = f"return [component * {name} for component in vector]"
            body = f"def scale(vector, {name}):\n    {line}\n\n\ndef unit():\n    return 1\n\n\n"
            (folder / "a.py").write_text(body * 3, encoding="utf-8")
            await enter_workspace([embedded], folder)
            prefix, _, suffix = body.partition(line[3:])
            hole = Hole("b.py", "typed", 1, 7, prefix, suffix, line[3:])
            asker = ModelCaller(embedded.application.open_stream, embedded.window, time.monotonic)
            assert (await asker.ask(hole, Trigger.INVOKED)).text == hole.target
