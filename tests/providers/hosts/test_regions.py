"""Where code may be sent to."""

from __future__ import annotations

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.hosts.endpoints import is_loopback
from fim_language_server.providers.hosts.regions import check_region, regions_of

VERTEX = "https://{}-aiplatform.googleapis.com/v1/projects/p/locations/{}/publishers/mistralai/models"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://codestral.mistral.ai/v1/fim/completions", ("eu",)),
        ("https://API.mistral.ai:443/v1/fim/completions", ("eu",)),
        ("https://api.langdock.com/mistral/eu/v1/fim/completions", ("eu",)),
        ("https://api.langdock.com/mistral/us/v1/fim/completions", ("us",)),
        (VERTEX.format("europe-west4", "europe-west4"), ("europe-west4", "eu")),
        (VERTEX.format("europe-west2", "europe-west2"), ("europe-west2",)),
        (VERTEX.format("us-central1", "us-central1"), ("us-central1", "us")),
        ("https://mine.swedencentral.models.ai.azure.com/v1/fim/completions", ("swedencentral", "eu")),
        ("https://mine.eastus2.models.ai.azure.com/v1/fim/completions", ("eastus2", "us")),
        ("https://api.deepseek.com/beta/completions", ("cn",)),
        ("https://api.mistral.ai.example.org/v1/fim/completions", ()),
        ("https://example.org/api.mistral.ai/v1/fim/completions", ()),
        ("https://fim.example.org/v1", ()),
    ],
)
def test_the_region_of_an_address(url: str, expected: tuple[str, ...]) -> None:
    """By the host alone, and what its name or path says; a name that merely contains another tells nothing."""
    assert regions_of(url) == expected


def test_every_host_of_the_registry_has_a_region() -> None:
    """Or is this machine, or the user's own address."""
    for provider in REGISTRY.values():
        if provider.url and not is_loopback(provider.url):
            assert regions_of(provider.endpoint("", "", "project")), provider.name


@pytest.mark.parametrize(
    ("url", "allowed", "sentence"),
    [
        ("https://api.deepseek.com/beta/completions", ["eu"], "allows only eu, and api.deepseek.com is in cn;"),
        ("https://fim.example.org/v1", ["eu", "us"], "allows only eu, us, and nobody knows where fim.example.org is;"),
        (VERTEX.format("us-central1", "us-central1"), ["eu"], "is in us-central1;"),
    ],
)
def test_a_host_elsewhere_is_refused_in_one_sentence(url: str, allowed: list[str], sentence: str) -> None:
    """It says where the host is, and what to do."""
    with pytest.raises(SettingsError, match=r"provider\.regions") as refused:
        check_region(url, allowed)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.deepseek.com/beta/completions", []),
        ("https://api.mistral.ai/v1/fim/completions", ["EU"]),
        (VERTEX.format("europe-west4", "europe-west4"), ["europe-west4"]),
        ("http://127.0.0.1:8080/infill", ["eu"]),
        ("http://localhost:11434/api/generate", ["eu"]),
    ],
)
def test_what_is_allowed(url: str, allowed: list[str]) -> None:
    """No list, the region or a part of it, and always this machine."""
    check_region(url, allowed)
