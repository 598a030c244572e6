"""A company's policy holds, whatever is said below it: twenty and more ways round it, and each state of the file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.app.application import Application
from fim_language_server.app.budgets import Budgets
from fim_language_server.app.company_files import CompanySettings, policy_file, read_company_settings, users_file
from fim_language_server.app.settings_layers import read_layers
from fim_language_server.cli.listeners import SilentListener
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.evaluated_models import _contestant, _settings_of, read_choice
from fim_language_server.lsp.editor.network_settings import allowed_settings
from fim_language_server.providers.base import HasAlternateHost
from fim_language_server.providers.targets import choose_chain, choose_target
from fim_language_server.settings.policy import closed
from tests.fakes.clock import FakeClock

GATEWAY = "https://fim.example.eu/mistral"
ENDPOINT = f"{GATEWAY}/v1/fim/completions"
POLICY: Mapping[str, Any] = {
    "enforce": {
        "provider.kind": "mistral",
        "provider.url": GATEWAY,
        "provider.apiKeyEnv": "GATEWAY_KEY",
        "provider.apiKeyCommand": [],
        "log": {"statistics": True},
    },
    "allow": {"hosts": ["fim.example.eu"], "kinds": ["mistral"]},
    "exclude": ["secret/"],
    "limit": {"budget.tokensPerMinute": 3_000, "provider.maxTokens": 64},
    "contact": "ai-tools@example.eu",
}
ALLOWS: Mapping[str, Any] = {
    "allow": {"hosts": ["fim.example.eu", "codestral.mistral.ai"], "regions": ["eu", {"fim.example.eu": "eu"}]}
}
ENVIRON = {"GATEWAY_KEY": "k", "CODESTRAL_API_KEY": "k", "MISTRAL_API_KEY": "k", "OPENAI_API_KEY": "k", "EVIL": "k"}
EVIL = "https://evil.example/v1"

posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes of POSIX")


def company(folder: Path, policy: object, environ: Mapping[str, str] = ENVIRON) -> CompanySettings:
    """Return what is read where `policy` (JSON, or text) lies at the system's place, owned by who runs the test."""
    path = folder / "policy.json"
    path.write_text(policy if isinstance(policy, str) else json.dumps(policy), encoding="utf-8")
    path.chmod(0o644)
    return read_company_settings(environ, path, _me())


def _me() -> int:
    return os.getuid() if os.name == "posix" else 0


def asked(folder: Path, policy: object, raw: object, workspace: object = None, **environ: str) -> list[str]:
    """Return the endpoints of all models that would be asked."""
    read = company(folder, policy, {**ENVIRON, **environ})
    settings, _ = read_layers(raw, [workspace] if workspace else [], read)
    chain, _ = choose_chain(settings.provider, {**ENVIRON, **environ})
    return [choice.target.url for choice in chain if choice.target is not None]


WAYS_ROUND: Mapping[str, object] = {
    "dotted": {"provider.url": EVIL},
    "nested": {"provider": {"url": EVIL}},
    "with the section": {"fim": {"provider": {"url": EVIL}}},
    "dotted with the section": {"fim.provider.url": EVIL},
    "snake case": {"provider": {"api_key_env": "EVIL", "url": EVIL}},
    "another kind": {"provider": {"kind": "openai", "url": EVIL}},
    "auto with a key of Codestral": {"provider": {"kind": "auto"}},
    "codestral": {"provider": {"kind": "codestral"}},
    "a fallback by its kind": {"provider": {"fallback": ["codestral", "openai"]}},
    "a fallback with an address": {"provider": {"fallback": [{"kind": "openai", "url": EVIL}]}},
    "a fallback of the same kind": {"provider": {"fallback": [{"kind": "mistral", "url": EVIL}]}},
    "a fallback, dotted in snake case": {"provider.fallback": [{"kind": "openai", "api_key_env": "EVIL", "url": EVIL}]},
    "a user in the address": {"provider": {"url": "https://fim.example.eu@evil.example/v1"}},
    "an IP literal": {"provider": {"url": "https://[::ffff:203.0.113.7]/v1"}},
    "a number as address": {"provider": {"url": "https://3405803783/v1"}},
    "a trailing dot": {"provider": {"url": "https://evil.example./v1"}},
    "upper case": {"provider": {"url": "HTTPS://EVIL.EXAMPLE/v1"}},
    "a name that begins like it": {"provider": {"url": "https://fim.example.eu.evil.example/v1"}},
    "another port": {"provider": {"url": "https://fim.example.eu:8443/v1"}},
    "this machine, as a tunnel": {"provider": {"url": "http://127.0.0.1:9999/v1"}},
    "Langdock's regions": {"provider": {"kind": "langdock", "region": "us", "regions": ["us"]}},
    "a region that the user makes up": {"provider": {"url": EVIL, "regions": {"evil.example": "eu"}}},
    "Vertex with a project of one's own": {"provider": {"kind": "vertex", "project": "mine"}},
    "Tabby": {"provider": {"kind": "tabby", "url": EVIL}},
    "Ollama": {"provider": {"kind": "ollama", "url": EVIL}},
    "a null": {"provider": {"kind": None, "url": None, "fallback": None}},
    "headers with another key": {"provider": {"url": EVIL, "headers": {"Authorization": {"env": "EVIL"}}}},
    "headers of a fallback": {"provider": {"fallback": [{"kind": "openai", "url": EVIL, "headers": {"X": "y"}}]}},
    "a price of nothing": {"provider": {"url": EVIL, "price": {"input": 0, "output": 0}}},
    "a model for next edits": {"nextEdit": {"provider": {"kind": "openai", "url": EVIL}}, "provider": {"url": EVIL}},
    "a collector": {"usage": {"otlp": EVIL, "person": "Eve"}, "provider": {"url": EVIL}},
    "settings that are no object": "provider.url=https://evil.example",
}


def left_by(way: str) -> list[str]:
    """Return the endpoints that are left: a user who names other regions than the gateway's has none."""
    return [] if way in {"Langdock's regions", "a region that the user makes up"} else [ENDPOINT]


@pytest.mark.parametrize("way", WAYS_ROUND)
def test_an_enforced_address_is_the_only_one(tmp_path: Path, way: str) -> None:
    """Every spelling in the editor's settings, --settings or --provider comes to the company's gateway alone."""
    assert asked(tmp_path, POLICY, WAYS_ROUND[way]) == left_by(way)


@pytest.mark.parametrize("way", WAYS_ROUND)
def test_allowed_hosts_hold_without_any_enforced_key(tmp_path: Path, way: str) -> None:
    """A user may choose among the allowed hosts only, and a fallback too."""
    allowed = {ENDPOINT, "https://codestral.mistral.ai/v1/fim/completions"}
    assert set(asked(tmp_path, ALLOWS, WAYS_ROUND[way])) <= allowed


@pytest.mark.parametrize("way", WAYS_ROUND)
def test_the_users_file_and_a_client_on_a_network_cannot_either(tmp_path: Path, way: str) -> None:
    """The file of the user lies below the policy, wherever HOME and XDG_CONFIG_HOME lead."""
    raw = WAYS_ROUND[way]
    own = tmp_path / "config" / "fim-language-server"
    own.mkdir(parents=True)
    (own / "settings.json").write_text(json.dumps(raw if isinstance(raw, dict) else {}), encoding="utf-8")
    elsewhere = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "LOCALAPPDATA": str(tmp_path / "config"),
    }
    assert asked(tmp_path, POLICY, None, **elsewhere) == left_by(way)
    if isinstance(raw, dict):
        assert set(asked(tmp_path, POLICY, allowed_settings(raw)[0])) <= {ENDPOINT}


@pytest.mark.parametrize("way", WAYS_ROUND)
def test_a_workspace_cannot_either(tmp_path: Path, way: str) -> None:
    """A workspace's file narrows, and only to the embedded model."""
    assert asked(tmp_path, POLICY, None, WAYS_ROUND[way]) == [ENDPOINT]


def test_a_workspace_may_still_keep_its_code_here(tmp_path: Path) -> None:
    """An enforced kind sends nobody's code against the workspace's word."""
    assert asked(tmp_path, POLICY, None, {"provider": {"kind": "embedded"}}) == []


@pytest.mark.parametrize("choice", ["openai", "codestral", f"mistral@{EVIL}", f"openai:m@{EVIL}"])
def test_eval_obeys(tmp_path: Path, choice: str) -> None:
    """It takes kinds, models and addresses from its command line."""
    try:
        raw = _settings_of(read_choice(choice), None, is_only=False, max_tokens=4_096)
    except SettingsError:
        pytest.skip("eval has no such words")
    assert asked(tmp_path, POLICY, raw) == [ENDPOINT]


def test_a_refused_key_is_not_tried_at_a_host_that_is_not_allowed(tmp_path: Path) -> None:
    """Mistral's two hosts: what one refuses the other is asked, unless the policy names only one."""
    for hosts, expected in (["codestral.mistral.ai"], False), (["codestral.mistral.ai", "api.mistral.ai"], True):
        read = company(tmp_path, {"allow": {"hosts": hosts}})
        settings, _ = read_layers({"provider": {"kind": "codestral"}}, company=read)
        target = choose_target(settings.provider, ENVIRON)
        assert target is not None
        assert isinstance(target.provider, HasAlternateHost)
        assert (target.provider.alternate_host_of(target.url) is not None) is expected


def test_exclusions_unite_and_limits_take_the_smaller(tmp_path: Path) -> None:
    """A pattern of the user's cannot undo one of the policy's, and a greater number does not count."""
    raw = {"trigger.exclude": ["!secret/", "mine/"], "budget.tokensPerMinute": 9_000, "provider.maxTokens": 4_096}
    settings, _ = read_layers(raw, [{"trigger": {"exclude": ["!secret/"]}}], company(tmp_path, POLICY))
    assert settings.trigger.exclude == ("!secret/", "!secret/", "mine/", "secret/")
    assert settings.provider.max_tokens == 64
    assert settings.at_most("budget", "tokens_per_minute", 9_000) == 3_000
    smaller, _ = read_layers({"provider.maxTokens": 16}, company=company(tmp_path, POLICY))
    assert smaller.provider.max_tokens == 16


def test_defaults_may_be_changed_and_another_kind_drops_their_address(tmp_path: Path) -> None:
    """A key of one provider must not travel to the address that was meant for another."""
    policy = {"defaults": {"provider.kind": "openai", "provider.url": GATEWAY, "trigger.mode": "explicit"}}
    read = company(tmp_path, policy)
    settings, problems = read_layers(None, company=read)
    assert (settings.provider.url, settings.trigger.mode, problems) == (GATEWAY, "explicit", [])
    settings, _ = read_layers({"trigger.mode": "automatic", "provider": {"kind": "codestral"}}, company=read)
    assert (settings.provider.url, settings.trigger.mode) == ("", "automatic")


def test_what_is_overridden_is_said_in_one_sentence(tmp_path: Path) -> None:
    """With the file, the keys and whom to ask; nothing where the user wants the same."""
    read = company(tmp_path, POLICY)
    _, problems = read_layers({"provider": {"url": EVIL, "kind": "mistral", "fallback": ["openai"]}}, company=read)
    sentence = (
        f"set by {tmp_path / 'policy.json'}, so yours is not taken: provider.url, provider.fallback "
        "(ask ai-tools@example.eu)"
    )
    assert problems == [sentence]
    assert read_layers({"provider": {"kind": "mistral", "url": GATEWAY}}, company=read)[1] == []


BROKEN: Mapping[str, object] = {
    "no JSON": "{",
    "nothing": "",
    "a list": [],
    "an unknown part": {"enfroce": {}},
    "an unknown key": {"enforce": {"provider.urll": GATEWAY}},
    "an unknown section": {"enforce": {"providers": {"url": GATEWAY}}},
    "a wrong value": {"enforce": {"provider.maxTokens": "many"}},
    "an unknown kind": {"enforce": {"provider.kind": "mistrall"}},
    "a null": {"enforce": {"provider.url": None}},
    "a null in a section": {"enforce": {"provider": {"url": GATEWAY, "kind": None}}},
    "an empty section": {"enforce": {"provider": {}}},
    "a key that stands twice": '{"enforce": {"provider.url": "https://a.example"}, "enforce": {}}',
    "no object": {"enforce": ["provider.url"]},
    "hosts that are a text": {"allow": {"hosts": "fim.example.eu"}},
    "a host with a path": {"allow": {"hosts": ["https://fim.example.eu/"]}},
    "a host with a star": {"allow": {"hosts": ["*.example.eu"]}},
    "an unknown kind allowed": {"allow": {"kinds": ["mistrall"]}},
    "an unknown part of allow": {"allow": {"host": ["fim.example.eu"]}},
    "regions that are a number": {"allow": {"regions": 1}},
    "no regions": {"allow": {"regions": []}},
    "exclude that is a text": {"exclude": "secret/"},
    "a limit without an order": {"limit": {"provider.url": GATEWAY}},
    "a limit that limits nothing": {"limit": {"trigger.inComments": True}},
    "an unknown limit": {"limit": {"dollarsPerWeek": 1}},
    "no dollars a day": {"limit": {"budget.dollarsPerDay": 0}},
    "less than no dollars": {"limit": {"budget.dollarsPerDay": -1}},
    "a number of tokens that is no limit": {"limit": {"budget.tokensPerMinute": 0}},
    "a price without an answer's": {"enforce": {"provider.price": {"input": 1}}},
    "a price as a limit": {"limit": {"provider.price": {"input": 1, "output": 1}}},
    "a collector as a limit": {"limit": {"usage.otlp": "https://otel.example"}},
    "a collector with a key": {"enforce": {"usage.otlp": "https://u:secret@otel.example"}},
    "next edits that are no switch": {"enforce": {"nextEdit.mode": "sometimes"}},
    "a contact that is a number": {"contact": 1},
    "NaN": '{"limit": {"provider.maxTokens": NaN}}',
    "too deep": '{"enforce": ' + "[" * 100_000,
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_policy_leaves_only_the_embedded_model(tmp_path: Path, how: str) -> None:
    """With one message, and whatever the user says."""
    read = company(tmp_path, BROKEN[how])
    settings, problems = read_layers({"provider": {"kind": "codestral", "fallback": ["openai"]}}, company=read)
    chain, _ = choose_chain(settings.provider, ENVIRON)
    assert [choice.target for choice in chain] == [None]
    assert len(problems) == 1
    assert "only the embedded model completes until it is mended" in problems[0]


def _others_may_write(path: Path) -> None:
    path.chmod(0o666)


def _folder_of_others(path: Path) -> None:
    path.parent.chmod(0o777)


def _link_into_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "gone.json")


def _link_into_a_folder_of_others(path: Path) -> None:
    there = path.parent / "there"
    there.mkdir()
    path.rename(there / "real.json")
    there.chmod(0o777)
    path.symlink_to(there / "real.json")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _latin_1(path: Path) -> None:
    path.write_bytes(b'{"contact": "\xe4"}')


@posix
@pytest.mark.parametrize(
    "change",
    [_others_may_write, _folder_of_others, _link_into_nothing, _link_into_a_folder_of_others, _folder, _latin_1],
)
def test_a_policy_that_others_can_write_or_nobody_can_read_closes(tmp_path: Path, change: Any) -> None:
    """It is never passed over: that would open everything."""
    company(tmp_path, {})
    path = tmp_path / "policy.json"
    change(path)
    read = read_company_settings(ENVIRON, path, _me())
    assert read.policy is not None
    assert read.policy.fault
    assert len(read.problems) == 1


@posix
def test_a_policy_of_another_user_closes(tmp_path: Path) -> None:
    """Whoever owns the file can change its mode."""
    path = tmp_path / "policy.json"
    path.write_text("{}")
    os_id = os.getuid()
    if os_id == 0:
        os.chown(path, 12_345, -1)
    read = read_company_settings(ENVIRON, path)
    assert read.policy is not None
    assert "root" in read.policy.fault


def test_without_a_policy_nothing_changes(tmp_path: Path) -> None:
    """No file, no message."""
    assert read_company_settings({}, tmp_path / "policy.json") == CompanySettings()


def test_no_variable_moves_the_policy() -> None:
    """The user's environment is not asked for it; the user's own file follows XDG."""
    assert policy_file("linux") == Path("/etc/fim-language-server/policy.json")
    assert policy_file("darwin") == Path("/Library/Application Support/fim-language-server/policy.json")
    assert users_file({"HOME": "/h"}, "linux") == "/h/.config/fim-language-server/settings.json"
    assert users_file({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "linux") == "/x/fim-language-server/settings.json"
    assert users_file({}, "linux") == ""


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "\x00"])
def test_a_broken_file_of_the_user_closes_too(tmp_path: Path, text: str) -> None:
    """It may have named regions, or files that are not to be sent."""
    own = tmp_path / "fim-language-server"
    own.mkdir()
    (own / "settings.json").write_text(text, encoding="utf-8")
    environ = {**ENVIRON, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    if users_file(environ) != f"{tmp_path}/fim-language-server/settings.json":
        pytest.skip("the user's file lies elsewhere on this platform")
    read = read_company_settings(environ, tmp_path / "no.json")
    settings, problems = read_layers({"provider": {"kind": "codestral"}}, company=read)
    assert choose_target(settings.provider, environ) is None
    assert len(problems) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe without a writer never has a text: the policy and the user's file are read without waiting."""
    own = tmp_path / "fim-language-server"
    own.mkdir()
    for pipe in (tmp_path / "policy.json", own / "settings.json"):
        os.mkfifo(pipe)
    environ = {**ENVIRON, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    of_policy = read_company_settings({}, tmp_path / "policy.json", _me())
    assert of_policy.policy is not None
    assert "no regular file" in of_policy.policy.fault
    if users_file(environ) == f"{own}/settings.json":
        [problem] = read_company_settings(environ, tmp_path / "no.json").problems
        assert "no regular file" in problem


async def test_the_application_follows_it_and_a_redirect_leads_nowhere(tmp_path: Path) -> None:
    """End to end: the editor names one server, the policy another; only that one hears of it."""
    async with FimServer("ours()") as ours, FimServer("theirs()") as theirs:
        policy = {"enforce": {"provider.url": ours.url, "provider.kind": "mistral"}, "allow": {"hosts": ["localhost"]}}
        company(tmp_path, policy)
        read = partial(read_company_settings, policy=tmp_path / "policy.json", administrator=_me())
        application = Application(
            [str(tmp_path)], SilentListener(), environ={"MISTRAL_API_KEY": "k"}, read_company=read
        )
        try:
            problems = await application.configure({"provider": {"kind": "mistral", "url": theirs.url}})
            assert len(problems) == 1
            assert application.provider_name == "mistral"
            assert application._connected[0].target.url.startswith(ours.url)
        finally:
            await application.close()


@pytest.mark.parametrize(
    "policy",
    [
        {"limit": {"budget.dollarsPerDay": "x"}},
        {"enforce": {"provider.maxTokens": "many"}},
        {"enforce": {"provider.kind": "mistrall"}},
    ],
)
def test_a_fault_of_a_policy_does_not_say_that_a_default_is_used(tmp_path: Path, policy: object) -> None:
    """Nothing of such a policy is used."""
    (problem,) = company(tmp_path, policy).problems
    assert "cannot be followed" in problem
    assert "using" not in problem


def test_a_closed_policy_names_its_fault() -> None:
    """For `doctor` and the status."""
    assert closed("/etc/p.json", "why").locked == ["provider.kind", "provider.fallback"]


PRICED: Mapping[str, Any] = {
    "enforce": {
        "provider.kind": "mistral", "provider.url": GATEWAY, "provider.price": {"input": 1.0, "output": 2.0},
        "usage": {"otlp": "https://otel.example.eu", "person": "hash"}, "nextEdit.mode": "off",
    },
    "limit": {"budget.dollarsPerDay": 2},
}  # fmt: skip
WAYS_PAST_THE_LIMIT: Mapping[str, Any] = {
    "a greater limit": {"budget.dollarsPerDay": 1_000},
    "no limit": {"budget": {"dollarsPerDay": 0}},
    "a null": {"budget": {"dollarsPerDay": None}, "provider": {"price": None}},
    "in snake case": {"budget": {"dollars_per_day": 0}},
    "a price of nothing": {"provider": {"price": {"input": 0, "output": 0}}},
    "a price of nothing, dotted": {"provider.price": {"input": 0, "output": 0, "cachedInput": 0}},
    "a price with another kind": {"provider": {"kind": "codestral", "price": {"input": 0, "output": 0}}},
    "a fallback's price": {
        "provider.fallback": [{"kind": "mistral", "model": "m", "price": {"input": 0, "output": 0}}]
    },
    "another collector": {"usage.otlp": EVIL},
    "no collector": {"usage": {"otlp": ""}},
    "nobody": {"usage": {"person": "off", "project": "off"}},
    "somebody else": {"usage": {"person": "Eve"}},
    "no statistics": {"log": {"statistics": False}},
    "next edits": {"nextEdit": {"mode": "auto", "repeats": True}},
    "next edits in snake case": {"next_edit": {"mode": "auto"}},
    "with the section": {
        "fim": {"budget": {"dollarsPerDay": 9}, "usage": {"otlp": EVIL}, "nextEdit": {"mode": "auto"}}
    },
    "dotted with the section": {"fim.budget.dollarsPerDay": 9, "fim.usage.otlp": EVIL},
    "settings that are no object": [],
}


@pytest.mark.parametrize("way", WAYS_PAST_THE_LIMIT)
@pytest.mark.parametrize("from_workspace", [False, True])
def test_the_limit_of_a_day_its_prices_and_the_collector_hold(tmp_path: Path, way: str, from_workspace: bool) -> None:
    """In the editor's settings and in a workspace's, in every spelling."""
    read, raw = company(tmp_path, PRICED), WAYS_PAST_THE_LIMIT[way]
    settings, _ = read_layers(None if from_workspace else raw, [raw] if from_workspace else [], read)
    assert settings.budget.dollars_per_day == 2
    assert (settings.usage.otlp, settings.usage.person) == ("https://otel.example.eu", "hash")
    assert settings.next_edit.mode == "off"
    for model in settings.provider.chain:
        if model.kind != "embedded":
            assert model.price is not None
            assert (model.price.input, model.price.output) == (1.0, 2.0)


@pytest.mark.parametrize("way", WAYS_PAST_THE_LIMIT)
def test_a_users_price_does_not_count_under_a_limit(tmp_path: Path, way: str) -> None:
    """A policy that names no price has those that are published, and what has none is not asked."""
    settings, _ = read_layers(
        WAYS_PAST_THE_LIMIT[way], company=company(tmp_path, {"limit": {"budget.dollarsPerDay": 2}})
    )
    assert [model.price for model in settings.provider.chain if model.kind != "embedded"] in ([], [None], [None, None])
    assert settings.budget.dollars_per_day == 2


def test_a_smaller_limit_of_the_user_or_a_workspace_holds(tmp_path: Path) -> None:
    """Each may narrow."""
    read = company(tmp_path, PRICED)
    settings, _ = read_layers({"budget.dollarsPerDay": 1}, [{"budget": {"dollarsPerDay": 0.5}}], read)
    assert settings.budget.dollars_per_day == 0.5


async def test_eval_keeps_to_the_limits_of_the_policy(tmp_path: Path) -> None:
    """Its pace, its answers and the dollars of a day."""
    async with FimServer("ours()") as ours:
        policy = {
            "enforce": {"provider.url": ours.url, "provider.price": {"input": 1.0, "output": 2.0}},
            "limit": {
                "budget.dollarsPerDay": 2, "budget.requestsPerMinute": 7, "budget.tokensPerMinute": 900,
                "provider.maxTokens": 16,
            },
        }  # fmt: skip
        company(tmp_path, policy)
        read = partial(read_company_settings, policy=tmp_path / "policy.json", administrator=_me())
        environ = {"MISTRAL_API_KEY": "k", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        raw = {"budget": {"requestsPerMinute": 60, "tokensPerMinute": 60_000, "dollarsPerDay": 50}}
        application = Application([], SilentListener(), environ=environ, read_company=read)
        try:
            choice = read_choice("mistral")
            await application.configure(_settings_of(choice, raw, is_only=True, max_tokens=4_096))
            model = _contestant(choice, application, environ)
            assert (model.pace.requests_per_minute, model.pace.tokens_per_minute, model.max_tokens) == (7, 900, 16)
            assert model.day is not None
            assert (model.day.has_limit, model.day.allows(2.1), model.day.allows(1.9)) == (True, False, True)
        finally:
            await application.close()


@posix
@pytest.mark.parametrize(
    ("policy", "is_shared"),
    [
        pytest.param(POLICY, False, id="its host is not named"),
        pytest.param({"allow": {"hosts": ["fim.example.eu", "limits.example.eu"]}}, True, id="it is"),
        pytest.param({**POLICY, "enforce": {"budget": {"store": "valkeys://limits.example.eu"}}}, True, id="enforced"),
        pytest.param({"limit": {"provider.maxTokens": 64}}, True, id="no hosts are named"),
    ],
)
async def test_a_store_of_budgets_is_used_where_the_policy_allows_its_host(
    tmp_path: Path, policy: object, is_shared: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It hears what is spent; a user may name any address. The log says once why one is not used."""
    raw = {"budget": {"store": "valkeys://limits.example.eu"}}
    settings, _ = read_layers(raw, [], company(tmp_path, policy))
    budgets = Budgets(FakeClock(), FakeClock().call_later, ENVIRON)
    assert [budgets._may_use_store(settings) for _ in range(2)] == [is_shared, is_shared]
    told = [it.message for it in caplog.records if "does not allow the host of budget.store" in it.message]
    assert len(told) == (not is_shared)
