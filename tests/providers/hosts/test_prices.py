"""What a model costs is known or not, and never guessed."""

from __future__ import annotations

import re

import pytest

from fim_language_server.core.values import Usage
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.hosts.prices import TARIFFS, price_of
from fim_language_server.usage.record import FREE, Price

CODESTRAL = Price(0.3, 0.9, 0.03)
MISTRAL = "https://api.mistral.ai/v1/fim/completions"


@pytest.mark.parametrize(
    ("provider", "url", "model", "price"),
    [
        pytest.param("mistral", MISTRAL, "codestral-2508", CODESTRAL, id="known"),
        pytest.param("mistral", MISTRAL, "codestral-next", None, id="another model"),
        pytest.param("mistral", "https://proxy.example/v1/fim/completions", "codestral-2508", None, id="a mirror"),
        pytest.param("codestral", "https://codestral.mistral.ai/v1/fim/completions", "codestral-2508", None, id="plan"),
        pytest.param("vertex", "https://us-central1-aiplatform.googleapis.com/x", "codestral-2", None, id="no table"),
        pytest.param("llamacpp", "http://localhost:8080/infill", "", FREE, id="this machine"),
        pytest.param("llamacpp", "http://gpu.example:8080/infill", "", None, id="another machine"),
    ],
)
def test_a_price_is_known_or_not_but_never_guessed(provider: str, url: str, model: str, price: Price | None) -> None:
    """A gateway bills by its own plan, whatever the vendor asks."""
    assert price_of(REGISTRY[provider], url, model) == price


def test_every_price_is_of_a_provider_and_says_when_it_was_read() -> None:
    """A price without a date is a rumour."""
    assert set(TARIFFS) <= set(REGISTRY)
    assert all(re.fullmatch(r"20\d\d-\d\d", tariff.read) for tariffs in TARIFFS.values() for tariff in tariffs)
    assert all(tariff.source for tariffs in TARIFFS.values() for tariff in tariffs)


def test_cached_tokens_cost_what_they_cost() -> None:
    """A tenth with Mistral; the full price where no other is known."""
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=100_000, cached_tokens=500_000)
    assert CODESTRAL.of(usage) == pytest.approx(0.15 + 0.015 + 0.09)
    assert Price(0.3, 0.9).of(usage) == pytest.approx(0.39)
