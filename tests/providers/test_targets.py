"""The chain that settings mean."""

from __future__ import annotations

from typing import Any

import pytest

from fim_language_server.providers.targets import choose_chain
from fim_language_server.settings import parse_settings


def chain(provider: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the chain's provider names, and what is said of the rest."""
    settings, problems = parse_settings({"provider": provider})
    assert problems == []
    links, said = choose_chain(settings.provider, {"MISTRAL_API_KEY": "k", "GOOGLE_CLOUD_PROJECT": "p"})
    return [link.target.provider.name if link.target else "embedded" for link in links], said


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        pytest.param({}, ["mistral", "embedded"], id="the default"),
        pytest.param({"kind": "embedded"}, ["embedded"], id="nothing comes after the embedded model"),
        pytest.param({"kind": "codestral", "fallback": []}, ["codestral"], id="nobody stands in"),
        pytest.param(
            {"kind": "codestral", "fallback": [{"kind": "vertex", "region": "europe-west4"}, "embedded", "mistral"]},
            ["codestral", "vertex", "embedded"],
            id="an object, a kind, and what is never reached",
        ),
    ],
)
def test_the_order(provider: dict[str, Any], expected: list[str]) -> None:
    """The model itself, then its fallbacks."""
    assert chain(provider) == (expected, [])


@pytest.mark.parametrize(
    ("provider", "expected", "problem"),
    [
        pytest.param(
            {"kind": "deepseek", "regions": ["eu"], "fallback": ["codestral"]},
            ["codestral"],
            "provider.regions allows only eu, and api.deepseek.com is in cn; "
            "add its region, or choose another provider; using codestral",
            id="the model itself lies elsewhere",
        ),
        pytest.param(
            {"kind": "codestral", "regions": ["eu"], "fallback": ["deepseek", "embedded"]},
            ["codestral", "embedded"],
            "provider.fallback[0]: provider.regions allows only eu, and api.deepseek.com is in cn; "
            "add its region, or choose another provider; left out",
            id="a fallback lies elsewhere",
        ),
        pytest.param(
            {"kind": "mistral", "url": "ftp://x", "fallback": []},
            ["embedded"],
            "provider.url must begin with https:// or http:// and name a host, such as https://api.mistral.ai/v1; "
            "using the embedded model",
            id="nobody is left",
        ),
    ],
)
def test_what_cannot_be_asked_is_left_out_and_said(provider: dict[str, Any], expected: list[str], problem: str) -> None:
    """One sentence each; ghost text goes on."""
    assert chain(provider) == (expected, [problem])
