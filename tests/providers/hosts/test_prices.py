"""What a model costs is known or not, and never guessed."""

from __future__ import annotations

import re

import pytest

from fim_language_server.core.values import Usage
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.hosts.prices import TARIFFS, price_of
from fim_language_server.settings.provider_sections import PriceSettings
from fim_language_server.usage.record import FREE, Price

CODESTRAL = Price(0.3, 0.9, 0.03)
MISTRAL = "https://api.mistral.ai/v1/fim/completions"


@pytest.mark.parametrize(
    ("provider", "url", "model", "price"),
    [
        pytest.param("mistral", MISTRAL, "codestral-2508", CODESTRAL, id="known"),
        pytest.param("mistral", MISTRAL, "codestral-next", None, id="another model"),
        pytest.param("mistral", "https://proxy.example/v1/fim/completions", "codestral-2508", None, id="a mirror"),
        pytest.param(
            "deepseek", "https://api.deepseek.com/beta/completions", "deepseek-flash", Price(0.3, 1.2, 0.006), id="peak"
        ),
        pytest.param("deepseek", "https://gw.example/beta/completions", "deepseek-flash", None, id="another host"),
        pytest.param(
            "openai", "https://api.openai.com/v1/completions", "gpt-3.5-turbo-instruct", Price(1.5, 2.0), id="o"
        ),
        pytest.param("openai", "https://api.openai.com/v1/completions", "davinci-002", None, id="no price read"),
        pytest.param(
            "inception",
            "https://api.inceptionlabs.ai/v1/fim/completions",
            "mercury-edit-2",
            Price(0.25, 0.75, 0.025),
            id="cached",
        ),
        pytest.param("codestral", "https://codestral.mistral.ai/v1/fim/completions", "codestral-2508", None, id="plan"),
        pytest.param("vertex", "https://us-central1-aiplatform.googleapis.com/x", "codestral-2", None, id="no table"),
        pytest.param("llamacpp", "http://localhost:8080/infill", "", FREE, id="this machine"),
        pytest.param("llamacpp", "http://gpu.example:8080/infill", "", None, id="another machine"),
    ],
)
def test_a_price_is_known_or_not_but_never_guessed(provider: str, url: str, model: str, price: Price | None) -> None:
    """A gateway bills by its own plan, whatever the vendor asks."""
    assert price_of(REGISTRY[provider], url, model) == price


@pytest.mark.parametrize("url", [MISTRAL, "https://gateway.example/v1/fim/completions", "http://localhost:4000/v1"])
def test_a_price_of_the_users_own_holds_everywhere(url: str) -> None:
    """At the vendor's host by contract, at a gateway, and at the end of a tunnel on this machine."""
    own = PriceSettings(input=0.2, output=0.5, cached_input=0.02)
    assert price_of(REGISTRY["mistral"], url, "codestral-2508", own) == Price(0.2, 0.5, 0.02)


def test_every_price_is_of_a_provider_and_says_when_it_was_read() -> None:
    """A price without a date is a rumour."""
    assert set(TARIFFS) <= set(REGISTRY)
    assert all(re.fullmatch(r"20\d\d-\d\d", tariff.read) for tariffs in TARIFFS.values() for tariff in tariffs)
    assert all(tariff.source for tariffs in TARIFFS.values() for tariff in tariffs)


@pytest.mark.parametrize("name", TARIFFS)
def test_the_default_model_has_a_price(name: str) -> None:
    """A renamed default would be unknown from then on, and nobody would notice."""
    provider = REGISTRY[name]
    assert price_of(provider, provider.endpoint(""), provider.default_model) is not None


def test_cached_tokens_cost_what_they_cost() -> None:
    """A tenth with Mistral; the full price where no other is known."""
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=100_000, cached_tokens=500_000)
    assert CODESTRAL.of(usage) == pytest.approx(0.15 + 0.015 + 0.09)
    assert Price(0.3, 0.9).of(usage) == pytest.approx(0.39)
