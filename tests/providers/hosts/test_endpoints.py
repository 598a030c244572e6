"""People paste base URLs in every form; each leads to the same endpoint, or is refused in one sentence."""

from __future__ import annotations

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.hosts.endpoints import host_of, is_loopback, shown

MISTRAL = "https://api.mistral.ai/v1/fim/completions"
LANGDOCK = "https://api.langdock.com/mistral/eu/v1/fim/completions"


@pytest.mark.parametrize(
    ("kind", "base", "region", "expected"),
    [
        ("mistral", "", "", MISTRAL),
        ("mistral", "https://api.mistral.ai", "", MISTRAL),
        ("mistral", "https://api.mistral.ai/", "", MISTRAL),
        ("mistral", "https://api.mistral.ai/v1", "", MISTRAL),
        ("mistral", " https://api.mistral.ai/v1/ \n", "", MISTRAL),
        ("mistral", "https://api.mistral.ai/v1/fim", "", MISTRAL),
        ("mistral", "https://api.mistral.ai/v1/fim/completions", "", MISTRAL),
        ("mistral", "https://api.mistral.ai/v1/fim/completions/", "", MISTRAL),
        ("mistral", "https://api.mistral.ai//v1//#fragment", "", MISTRAL),
        ("mistral", "HTTP://127.0.0.1:8080/v1", "", "http://127.0.0.1:8080/v1/fim/completions"),
        ("mistral", "http://[::1]:8080", "", "http://[::1]:8080/v1/fim/completions"),
        ("mistral", "https://gateway/a/b", "", "https://gateway/a/b/v1/fim/completions"),
        ("mistral", "https://h/v1?version=2", "", "https://h/v1/fim/completions?version=2"),
        ("codestral", "", "", "https://codestral.mistral.ai/v1/fim/completions"),
        ("langdock", "", "", LANGDOCK),
        ("langdock", "", "us", LANGDOCK.replace("/eu/", "/us/")),
        ("langdock", "https://api.langdock.com/mistral/eu/v1", "", LANGDOCK),
        ("langdock", "https://api.langdock.com/mistral/{region}/v1", "", LANGDOCK),
    ],
)
def test_every_form_of_a_base_url(kind: str, base: str, region: str, expected: str) -> None:
    """With or without `/v1`, a trailing slash, or the whole endpoint."""
    assert REGISTRY[kind].endpoint(base, region) == expected


@pytest.mark.parametrize("base", ["", "https://api.mistral.ai/v1/fim/completions", "https://a/b/v1?x=1"])
def test_an_endpoint_is_its_own_endpoint(base: str) -> None:
    """What has been completed once stays as it is."""
    once = REGISTRY["mistral"].endpoint(base)
    assert REGISTRY["mistral"].endpoint(once) == once


@pytest.mark.parametrize(
    "base",
    [
        "api.mistral.ai/v1",
        "ftp://api.mistral.ai",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "http://host:port/v1",
        "http://[::1/v1",
        "https://a b/v1",
        "https://host/v1\nEvil: header",
        "https://user:password@host/v1",
    ],
)
def test_what_is_no_url_is_refused(base: str) -> None:
    """One sentence that names the setting; a password pasted into the URL is not repeated in it."""
    with pytest.raises(SettingsError, match=r"^provider\.url .*\.$") as caught:
        REGISTRY["mistral"].endpoint(base)
    assert "password@" not in str(caught.value)


def test_models_are_listed_beside_the_endpoint() -> None:
    """The list of models has the same base, and none where the host has no list."""
    assert REGISTRY["mistral"].models_url(MISTRAL) == "https://api.mistral.ai/v1/models"
    assert REGISTRY["langdock"].models_url(LANGDOCK) is None


def test_what_is_shown_of_a_url() -> None:
    """Neither user nor query of a URL appears in a message."""
    assert shown("https://u:p@host:1/v1?key=abc#x") == "https://host:1/v1"
    assert host_of("https://u:p@host:1/v1") == "host:1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/v1", True),
        ("http://127.3.2.1/v1", True),
        ("http://[::1]:8080/", True),
        ("https://api.mistral.ai/v1", False),
        ("http://localhost.example.com", False),
        ("http://128.0.0.1", False),
    ],
)
def test_which_hosts_are_this_machine(url: str, expected: bool) -> None:
    """Decided by name: nothing is looked up."""
    assert is_loopback(url) is expected
