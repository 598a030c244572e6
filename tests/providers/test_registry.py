"""The registry is the one table: kinds, the choice of `auto`, and targets come from it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fim_language_server.errors import SettingsError
from fim_language_server.providers import KINDS, REGISTRY, describe_kinds, resolve_kind
from fim_language_server.providers.host_limits import (
    HostLimits,
)
from fim_language_server.providers.targets import choose_target
from fim_language_server.settings import ProviderSettings


@pytest.mark.parametrize(
    ("kind", "environ", "expected"),
    [
        ("auto", {}, "embedded"),
        ("auto", {"MISTRAL_API_KEY": "a"}, "mistral"),
        ("auto", {"CODESTRAL_API_KEY": "a"}, "codestral"),
        ("auto", {"CODESTRAL_API_KEY": "a", "MISTRAL_API_KEY": "b"}, "codestral"),
        ("auto", {"CODESTRAL_API_KEY": "", "MISTRAL_API_KEY": "b"}, "mistral"),
        ("auto", {"CODESTRAL_API_KEY": " ", "LANGDOCK_API_KEY": "c"}, "embedded"),
        ("langdock", {"MISTRAL_API_KEY": "a"}, "langdock"),
        ("embedded", {"MISTRAL_API_KEY": "a"}, "embedded"),
    ],
)
def test_what_auto_stands_for(kind: str, environ: dict[str, str], expected: str) -> None:
    """The first key there is decides; a named kind stands for itself."""
    assert resolve_kind(kind, environ) == expected


def test_kinds_are_described() -> None:
    """Every value of `provider.kind` has a row, with a description of one line."""
    rows = {kind.name: kind for kind in describe_kinds()}
    assert list(rows) == ["auto", "embedded", *REGISTRY] == list(KINDS)
    assert all(row.description and "\n" not in row.description for row in rows.values())
    assert rows["mistral"].api_key_env == "MISTRAL_API_KEY"
    assert rows["codestral"].model == "codestral-latest"


def test_what_langdock_allows() -> None:
    """Its documented limits are data, and its window is small, because the tokens are shared by a workspace."""
    langdock = REGISTRY["langdock"]
    assert langdock.limits == HostLimits(500, 60_000, are_of_workspace=True)
    assert langdock.window is not None
    assert (langdock.window.prefix_chars + langdock.window.suffix_chars) / 3.2 < 1_000


def test_a_target_of_settings() -> None:
    """Settings win over the provider's own values, and what is not set comes from the provider."""
    section = ProviderSettings(
        kind="mistral",
        url="http://127.0.0.1:1/v1",
        api_key_env="NAME",
        temperature=0.1,
        stop=("x",),
        stream=False,
    )
    target = choose_target(section, {"NAME": "abc"})
    assert target is not None
    assert target.url == "http://127.0.0.1:1/v1/fim/completions"
    assert (target.options.model, target.options.max_tokens, target.options.stop) == (
        "codestral-latest",
        128,
        ("x",),
    )
    assert (target.options.temperature, target.options.stream) == (0.1, False)
    assert target.credentials.source == "NAME"
    assert not target.credentials.required  # type: ignore[attr-defined]
    assert "abc" not in repr(target)


def test_no_target_without_a_key() -> None:
    """`auto` without a key is the embedded model, which is nobody to be asked over a wire."""
    assert choose_target(ProviderSettings(), {}) is None
    target = choose_target(ProviderSettings(), {"CODESTRAL_API_KEY": "x"})
    assert target is not None
    assert target.provider.name == "codestral"
    assert target.credentials.required  # type: ignore[attr-defined]


def test_an_unknown_kind() -> None:
    """The sentence lists the kinds there are."""
    with pytest.raises(SettingsError, match=r"auto, embedded, codestral, mistral, langdock"):
        choose_target(ProviderSettings(kind="copilot"), {})


def test_importing_the_registry_imports_nothing_heavy() -> None:
    """It may be read before the initialize reply, so it brings no HTTP library and no pydantic."""
    code = (
        "import sys; import fim_language_server.providers.transport, fim_language_server.providers.targets;"
        "print([name for name in ('aiohttp', 'pydantic', 'cachetools', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
