"""Section `nextEdit.provider`: spelled in any way, never widened by a workspace, and held by a company's policy."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from fim_language_server.app.company_files import CompanySettings
from fim_language_server.app.settings_layers import read_layers
from fim_language_server.errors import SettingsError
from fim_language_server.lsp.editor.network_settings import allowed_settings
from fim_language_server.providers import EMBEDDED, REGISTRY
from fim_language_server.providers.next_edits.table import BY_NAME, EDIT_KINDS, OFF, PROFILES
from fim_language_server.providers.targets import choose_edit_target
from fim_language_server.settings import Settings, narrowed, parse_settings
from fim_language_server.settings.next_edit_provider import EditKind, NextEditProviderSettings
from fim_language_server.settings.policy import parse_policy
from fim_language_server.settings.texts import NO_ADDRESS

KINDS = [*REGISTRY, EMBEDDED]
LOCAL = "http://127.0.0.1:8080/v1/completions"


def read(tree: dict[str, Any]) -> Settings:
    settings, problems = parse_settings(tree, KINDS)
    assert problems == []
    return settings


def under(policy: dict[str, Any], user: dict[str, Any], *workspace: dict[str, Any]) -> NextEditProviderSettings:
    """Return the section under a policy."""

    held, _ = parse_policy(json.dumps(policy), "/etc/policy.json", KINDS)
    settings, _ = read_layers(user, workspace, CompanySettings(held))
    return settings.next_edit_provider


def address(tree: dict[str, Any], environ: dict[str, str] | None = None) -> str | None:
    settings = read(tree)
    chosen = choose_edit_target(settings.next_edit_provider, settings.provider, environ or {})
    return None if chosen is None else chosen.target.url


def test_the_kinds_are_those_of_the_table() -> None:
    assert get_args(EditKind) == EDIT_KINDS == (OFF, *BY_NAME, *PROFILES)


@pytest.mark.parametrize(
    "raw",
    [
        {"nextEdit": {"provider": {"kind": "zeta", "apiKeyEnv": "K"}}},
        {"nextEdit": {"provider.kind": "zeta", "provider": {"api_key_env": "K"}}},
        {"nextEdit.provider": {"kind": "zeta", "apiKeyEnv": "K"}},
        {"nextEdit.provider.kind": "zeta", "fim.nextEdit.provider.apiKeyEnv": "K"},
        {"fim": {"nextEdit": {"provider": {"kind": "zeta", "apiKeyEnv": "K"}}}},
        {"next_edit": {"provider": {"kind": "zeta", "api_key_env": "K"}}},
        {"next_edit_provider": {"kind": "zeta", "api_key_env": "K"}},
    ],
)
def test_all_spellings_mean_the_same(raw: dict[str, Any]) -> None:
    section = read(raw).next_edit_provider
    assert (section.kind, section.api_key_env, section.max_tokens) == ("zeta", "K", 1_024)


def test_the_outer_sections_keys_stand_beside_it() -> None:
    settings = read({"nextEdit": {"mode": "off", "repeats": False, "provider": {"kind": "sweep"}}})
    assert (settings.next_edit.mode, settings.next_edit.repeats, settings.next_edit_provider.kind) == (
        "off",
        False,
        "sweep",
    )
    again, problems = parse_settings(settings.model_dump(exclude_unset=True))
    assert (again, problems) == (settings, [])


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"nextEdit": {"provider": {"kind": "zeta-3"}}}, "nextEdit.provider.kind: input should be 'off', "),
        ({"nextEdit": {"provider": {"kin": "zeta"}}}, "nextEdit.provider.kin: no such setting (did you mean nextEdit."),
        ({"nextEdit": {"provider": 3}}, "nextEdit.provider: input should be a valid dictionary"),
        ({"nextEdit.provider.maxTokens": 0}, "nextEdit.provider.maxTokens: input should be greater than or equal to"),
    ],
)
def test_a_wrong_value_is_said_with_its_whole_key(raw: dict[str, Any], problem: str) -> None:
    settings, (said,) = parse_settings(raw, KINDS)
    assert said.startswith(problem)
    assert settings == Settings()


def test_a_wrong_address_is_not_the_default_one() -> None:
    """Text would go to a host that nobody chose."""
    for wrong in (5, ["http://x"], "x\0"):
        settings, problems = parse_settings({"nextEdit.provider": {"kind": "inception", "url": wrong}})
        assert settings.next_edit_provider.url == NO_ADDRESS
        assert problems
        with pytest.raises(SettingsError, match=r"nextEdit\.provider\.url"):
            choose_edit_target(settings.next_edit_provider, settings.provider, {})


def test_a_workspace_only_switches_it_off() -> None:
    """Also with `provider.kind`, which says that code stays on this machine."""
    mine = read({"nextEdit.provider": {"kind": "zeta", "url": "http://gpu.example:8080"}})
    evil = {"kind": "inception", "url": "https://collector.example", "model": "m", "apiKeyEnv": "AWS_SECRET"}
    assert narrowed(mine, read({"nextEdit.provider": evil})).next_edit_provider == mine.next_edit_provider
    assert narrowed(Settings(), read({"nextEdit.provider": evil})).next_edit_provider.kind == OFF
    assert narrowed(mine, read({"nextEdit.provider.kind": "off"})).next_edit_provider.kind == OFF
    assert narrowed(mine, read({"provider.kind": "embedded"})).next_edit_provider.kind == OFF
    assert narrowed(mine, read({"provider.kind": "mistral"})).next_edit_provider.kind == "zeta"
    assert narrowed(mine, read({"nextEdit.provider.maxTokens": 100})).next_edit_provider.max_tokens == 100


@pytest.mark.parametrize("spelling", [{"nextEdit": {"provider": {}}}, {"nextEdit.provider": {}}, {}])
def test_a_client_on_a_network_names_no_address(spelling: dict[str, Any]) -> None:
    """Without its address the model is not asked at all; the model of completions is left alone."""
    of_section = {"kind": "sweep", "url": "https://collector.example"}
    if not spelling:
        raw: dict[str, Any] = {f"nextEdit.provider.{key}": value for key, value in of_section.items()}
    elif "nextEdit" in spelling:
        raw = {"nextEdit": {"provider": of_section}}
    else:
        raw = {"nextEdit.provider": of_section}
    allowed, said = allowed_settings({**raw, "provider": {"kind": "mistral"}})
    settings = read(allowed)
    assert (settings.next_edit_provider.kind, settings.provider.kind) == (OFF, "mistral")
    assert len(said) == 1
    both, _ = allowed_settings({**raw, "provider": {"url": "https://collector.example"}})
    assert read(both).provider.kind == EMBEDDED


def test_regions_of_the_provider_hold() -> None:
    tree = {"nextEdit.provider.kind": "inception"}
    assert address(tree) == "https://api.inceptionlabs.ai/v1/edit/completions"
    with pytest.raises(SettingsError, match="allows only eu"):
        address({**tree, "provider.regions": ["eu"]})
    assert address({"nextEdit.provider.kind": "zeta", "provider.regions": ["eu"]}) == LOCAL


@pytest.mark.parametrize("url", ["http://gpu.example", "http://gpu.example/v1/", "http://gpu.example/v1/completions"])
def test_addresses_are_taken_in_any_form(url: str) -> None:
    assert address({"nextEdit.provider": {"kind": "zeta", "url": url}}) == "http://gpu.example/v1/completions"


def test_a_key_does_not_travel_unencrypted() -> None:
    tree = {"nextEdit.provider": {"kind": "zeta", "url": "http://gpu.example", "apiKeyEnv": "K"}}
    with pytest.raises(SettingsError, match=r"nextEdit\.provider\.allowInsecureHttp"):
        address(tree, {"K": "x"})
    tree["nextEdit.provider"]["allowInsecureHttp"] = True  # type: ignore[assignment]
    assert address(tree, {"K": "x"}) == "http://gpu.example/v1/completions"


def test_a_policy_allows_kinds_and_hosts_of_it() -> None:
    user = {"nextEdit.provider.kind": "inception"}
    policy, _ = parse_policy('{"allow": {"kinds": ["mistral", "zeta"], "hosts": ["localhost"]}}', "/p", KINDS)
    for kind, is_allowed in (("inception", False), ("zeta", True), ("zeta-2", False)):
        settings, _ = read_layers({**user, "nextEdit.provider.kind": kind}, (), CompanySettings(policy))
        if is_allowed:
            assert choose_edit_target(settings.next_edit_provider, settings.provider, {}) is not None
        else:
            with pytest.raises(SettingsError, match="does not allow"):
                choose_edit_target(settings.next_edit_provider, settings.provider, {})


def test_a_policy_that_says_who_gets_the_code_means_next_edits_as_well() -> None:
    """Unless it says more of them, or which hosts there are."""
    user = {"nextEdit.provider": {"kind": "inception"}}
    enforced = {"provider": {"kind": "mistral"}}
    assert under({"enforce": enforced}, user).kind == OFF
    assert under({"enforce": {**enforced, "nextEdit": {"provider": {"kind": "inception"}}}}, user).kind == "inception"
    assert under({"enforce": enforced, "allow": {"hosts": ["api.inceptionlabs.ai"]}}, user).kind == "inception"
    assert under({"enforce": {"log": {"level": "error"}}}, user).kind == "inception"
    assert under({"limit": {"provider": {"kind": "embedded"}}}, user).kind == OFF
    assert under({"limit": {"nextEdit": {"provider": {"kind": "off"}}}}, user).kind == OFF


def test_another_enforced_kind_takes_the_users_address_with_it() -> None:
    user = {"nextEdit.provider": {"kind": "sweep", "url": "https://collector.example", "apiKeyEnv": "K"}}
    section = under({"enforce": {"nextEdit": {"provider": {"kind": "zeta"}}}}, user)
    assert (section.kind, section.url, section.api_key_env) == ("zeta", "", "")


def test_a_users_own_kind_takes_the_defaults_address_with_it() -> None:
    defaults = {"nextEdit": {"provider": {"kind": "sweep", "url": "https://gpu.example", "model": "m"}}}
    assert under({"defaults": defaults}, {}).url == "https://gpu.example"
    section = under({"defaults": defaults}, {"nextEdit.provider.kind": "inception"})
    assert (section.kind, section.url, section.model) == ("inception", "", "")


def test_what_a_workspace_keeps_here_a_policy_does_not_send() -> None:
    policy = {"enforce": {"nextEdit": {"provider": {"kind": "inception"}}}}
    assert under(policy, {}, {"provider": {"kind": "embedded"}}).kind == OFF
