"""`doctor` says in one line each what is right and what is not, what to do about it, and exits accordingly."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.app.company_files import CompanySettings
from fim_language_server.cli import doctor
from fim_language_server.cli.findings import CheckReport, Finding, Level
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import AlternateHost
from fim_language_server.settings.policy import parse_policy
from tests.cli.test_main import outcome
from tests.fakes.next_edit_server import OracleServer
from tests.fakes.wire_server import Canned, WireServer, ndjson, sse

KEY = {"MISTRAL_API_KEY": "test-key"}


async def diagnose(
    settings: Any, environ: dict[str, str], folder: Path, n_files: int = 3, provider: str | None = None
) -> dict[str, Finding]:
    """Return the last finding of each check."""
    path = folder / "settings.json"
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings), encoding="utf-8")
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    words = ["--settings", str(path), "--workspace", str(folder), *(["--provider", provider] if provider else [])]
    arguments = parser.parse_args(words)
    report = CheckReport()

    async def count(_: str) -> int:
        return n_files

    await doctor.examine(report, arguments, environ, count)
    assert report.failed == any(finding.level is Level.FAIL for finding in report.findings)
    assert "test-key" not in str(report.findings)
    return {finding.check: finding for finding in report.findings}


def mistral_at(server: FimServer, **more: Any) -> dict[str, Any]:
    return {"provider": {"kind": "mistral", "url": server.url, **more}}


async def test_all_is_well(tmp_path: Path) -> None:
    """Every check passes, the last one with a completion and its times."""
    async with FimServer("first + second") as server:
        found = await diagnose(mistral_at(server), KEY, tmp_path)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert list(found) == [
        "version", "settings", "provider", "key", "proxy", "tls", "endpoint", "model", "completion",
    ]  # fmt: skip
    assert found["key"].what == "key found: MISTRAL_API_KEY"
    assert found["completion"].what.startswith("completion 'first + second' (connect ")


async def test_each_fallback_is_checked_too(tmp_path: Path) -> None:
    """Also where the first provider fails: that is when it is needed. What cannot be asked is named."""
    async with FimServer(api_key="another") as first, FimServer("x = 1") as second:
        other = {"kind": "codestral", "url": second.url}
        settings = mistral_at(first, fallback=[other, {"kind": "vertex"}, "embedded"])
        found = await diagnose(settings, KEY | {"CODESTRAL_API_KEY": "test-key"}, tmp_path)
    assert found["key"].what == "key found: CODESTRAL_API_KEY"
    assert found["completion"].level is Level.OK
    assert found["fallback"].what == "then provider codestral, as provider.fallback says"
    assert found["model"].level is Level.OK


async def test_a_fallback_that_cannot_be_asked_is_a_warning(tmp_path: Path) -> None:
    """The entry is named, and the first provider completes all the same."""
    async with FimServer("x = 1") as server:
        found = await diagnose(mistral_at(server, fallback=[{"kind": "vertex"}]), KEY, tmp_path)
    assert found["fallback"].level is Level.WARN
    assert "provider.fallback[0]" in found["fallback"].what
    assert found["completion"].level is Level.OK


async def test_without_a_key_the_embedded_model_is_checked(tmp_path: Path) -> None:
    """`auto` without a key is the embedded model, with the files it learns from."""
    found = await diagnose({}, {}, tmp_path)
    assert found["provider"].what == "provider embedded: neither CODESTRAL_API_KEY nor MISTRAL_API_KEY is set"
    assert found["workspace"].what.startswith("the embedded model indexes 3 source files of ")
    assert (await diagnose({}, {}, tmp_path, n_files=0))["workspace"].level is Level.WARN


async def test_a_missing_key(tmp_path: Path) -> None:
    """The variable is named; nothing is sent."""
    found = await diagnose({}, {}, tmp_path, provider="codestral")
    assert found["key"].level is Level.FAIL
    assert "CODESTRAL_API_KEY" in found["key"].remedy or "CODESTRAL_API_KEY" in found["key"].what
    assert "endpoint" not in found


async def test_a_wrong_key(tmp_path: Path) -> None:
    """It is told at the first answer, and not once more by the completion."""
    async with FimServer(api_key="another") as server:
        found = await diagnose(mistral_at(server), KEY, tmp_path)
    assert found["model"].level is Level.FAIL
    assert "refused the key from MISTRAL_API_KEY" in found["model"].what
    assert "completion" not in found


async def test_a_key_for_the_vendors_other_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found out, and what to set is a warning; all the same it completes."""
    async with FimServer(api_key="another") as home, FimServer("x = 1") as other:
        twin = AlternateHost("codestral", "codestral.mistral.ai", other.url + "/fim/completions")
        provider = evolve(REGISTRY["mistral"], url=home.url, alternate_host=twin)  # type: ignore[misc]
        monkeypatch.setitem(REGISTRY, "mistral", provider)
        found = await diagnose({"provider": {"kind": "mistral"}}, KEY, tmp_path)
    assert found["model"].level is Level.WARN
    assert found["model"].remedy == 'set provider.kind to "codestral".'
    assert found["completion"].level is Level.OK


async def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """Each problem is told, and the rest of the settings is still checked."""
    async with FimServer("x = 1") as server:
        settings = mistral_at(server, temprature=1)
        found = await diagnose(settings, KEY, tmp_path)
    assert found["settings"].level is Level.FAIL
    assert "did you mean provider.temperature?" in found["settings"].what
    assert found["completion"].level is Level.OK


@pytest.mark.parametrize("text", ["{", "[1", ""])
async def test_settings_that_are_no_json(tmp_path: Path, text: str) -> None:
    """A file that cannot be read ends the examination."""
    found = await diagnose(text, KEY, tmp_path)
    assert found["settings"].level is Level.FAIL
    assert "provider" not in found


async def test_a_url_that_is_none(tmp_path: Path) -> None:
    """What to write instead is in the remedy."""
    found = await diagnose({"provider": {"kind": "mistral", "url": "localhost"}}, KEY, tmp_path)
    assert found["provider"].level is Level.FAIL
    assert "https://" in found["provider"].what


async def test_nothing_listens(tmp_path: Path) -> None:
    """The endpoint is the last that is checked."""
    async with FimServer() as server:
        settings = mistral_at(server)
    found = await diagnose(settings, KEY, tmp_path)
    assert found["endpoint"].level is Level.FAIL
    assert found["endpoint"].remedy == "start the server there, or check provider.url."
    assert "model" not in found


@pytest.mark.parametrize(
    ("model", "level", "remedy"),
    [
        ("mistral-small-latest", Level.FAIL, "set provider.model to codestral-latest"),
        ("codestral-old", Level.WARN, "set provider.model to codestral-latest"),
        (
            "typo",
            Level.WARN,
            "set provider.model to one of codestral-2501, codestral-2508, codestral-latest, codestral-old",
        ),
        ("codestral-2508", Level.OK, ""),
    ],
)
async def test_models(tmp_path: Path, model: str, level: Level, remedy: str) -> None:
    """The host's list of models tells what the settings should say."""
    async with FimServer() as server:
        found = await diagnose(mistral_at(server, model=model), KEY, tmp_path)
    assert (found["model"].level, found["model"].remedy) == (level, remedy)


async def test_an_answer_of_nothing(tmp_path: Path) -> None:
    """FIM models may have nothing to say; that is no failure."""
    async with FimServer("") as server:
        found = await diagnose(mistral_at(server), KEY, tmp_path)
    assert found["completion"].level is Level.WARN


async def test_a_refused_completion(tmp_path: Path) -> None:
    """Sentence and remedy come from the provider."""
    async with FimServer(script=Script(status=503)) as server:
        found = await diagnose(mistral_at(server), KEY, tmp_path)
    assert found["completion"].level is Level.FAIL
    assert found["completion"].what == f"{server.url.split('/')[2]} is out of order (503)"


async def test_a_key_over_plain_http(tmp_path: Path) -> None:
    """To another machine it is not sent, and on the user's word with a warning, before anything is sent."""
    provider = {"kind": "mistral", "url": "http://no.such.host.invalid"}
    found = await diagnose({"provider": provider}, KEY, tmp_path)
    assert found["provider"].level is Level.FAIL
    assert "allowInsecureHttp" in found["provider"].line()
    assert "endpoint" not in found
    found = await diagnose({"provider": provider | {"allowInsecureHttp": True}}, KEY, tmp_path)
    assert found["tls"].level is Level.WARN
    assert found["endpoint"].level is Level.FAIL


async def test_options_out_of_bounds(tmp_path: Path) -> None:
    """What the host cannot take as it is set is a warning."""
    async with FimServer() as server:
        found = await diagnose(mistral_at(server, temperature=2), KEY, tmp_path)
    assert found["settings"].level is Level.WARN
    assert found["settings"].line() == "warn  provider.temperature is above 1.5, the most Mistral takes — 1.5 is sent."


SHOWN = {"capabilities": ["completion"], "model_info": {"qwen2.context_length": 32_768}}
TAGS = {"models": [{"name": "qwen2.5-coder:1.5b-base"}]}
PROPS = {"default_generation_settings": {"n_ctx": 4_096}}
COUNTED = {"prompt_tokens": 9, "completion_tokens": 1}
COMPLETED = Canned(body={"choices": [{"text": "a + b", "finish_reason": "stop"}], "usage": COUNTED})


@pytest.mark.parametrize(
    ("kind", "answers", "model", "server"),
    [
        (
            "ollama",
            {
                "/api/tags": Canned(body=TAGS),
                "/api/show": Canned(body=SHOWN),
                "/api/generate": ndjson({"response": "a + b", "done": True, "done_reason": "stop"}),
            },
            "model qwen2.5-coder:1.5b-base",
            "the model has no template of its own (insert)",
        ),
        (
            "llamacpp",
            {
                "/v1/models": Canned(body={"data": [{"id": "tiny.gguf"}]}),
                "/props": Canned(body=PROPS),
                "/infill": sse({"content": "a + b", "stop": True, "stop_type": "eos"}, done=False),
            },
            "the model that the server runs: tiny.gguf",
            "a context of 4096 tokens",
        ),
        (
            "openai",
            {"/v1/models": Canned(body={"data": [{"id": "qwen2.5-coder"}]}), "/v1/completions": COMPLETED},
            "model qwen2.5-coder",
            "the server takes `suffix` and ignores it",
        ),
        (
            "tabby",
            {"/v1/health": Canned(body={"model": "StarCoder-1B"}), "/v1/completions": COMPLETED},
            "the model that the server runs: StarCoder-1B",
            "",
        ),
    ],
)
async def test_servers_of_ones_own(
    tmp_path: Path, kind: str, answers: dict[str, Canned], model: str, server: str
) -> None:
    """No key is needed; the model is looked up, and the server is asked what it does, where that is not known."""
    async with WireServer(answers) as running:  # type: ignore[arg-type]
        chosen = {"model": "qwen2.5-coder"} if kind == "openai" else {}
        found = await diagnose({"provider": {"kind": kind, "url": running.url, **chosen}}, {}, tmp_path)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["key"].what == "no key set, none is sent"
    assert found["model"].what == model
    assert (found["server"].what if "server" in found else "") == server
    assert found["completion"].what.startswith("completion 'a + b'")


async def test_a_model_that_was_not_pulled(tmp_path: Path) -> None:
    """What the server has is named, and how to get the other; the completion is not tried."""
    missing = Canned(404, {"error": "model 'x' not found"})
    async with WireServer({"/api/tags": Canned(body=TAGS), "/api/show": missing}) as running:
        settings = {"provider": {"kind": "ollama", "url": running.url, "model": "x"}}
        found = await diagnose(settings, {}, tmp_path)
    assert found["model"].remedy == "set provider.model to one of qwen2.5-coder:1.5b-base"
    assert found["server"].level is Level.FAIL
    assert found["server"].remedy.startswith("run `ollama pull x`")
    assert "completion" not in found


@pytest.mark.parametrize("kind", ["azure", "vertex"])
async def test_an_address_that_only_the_user_knows(tmp_path: Path, kind: str) -> None:
    """What to set is in the remedy."""
    found = await diagnose({}, {}, tmp_path, provider=kind)
    assert found["provider"].level is Level.FAIL
    assert found["provider"].remedy.startswith("set provider.")


@pytest.mark.parametrize("as_json", [False, True])
def test_output_and_exit_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_json: bool
) -> None:
    """One line a finding, or JSON; status 1 if anything failed."""
    monkeypatch.delenv("LANGDOCK_API_KEY", raising=False)
    arguments = argparse.Namespace(settings=None, provider="langdock", workspace=tmp_path, json=as_json)
    assert doctor.run(arguments) == 1
    out = capsys.readouterr().out
    if as_json:
        report = json.loads(out)
        assert report["ok"] is False
        assert [finding["level"] for finding in report["findings"]] == ["ok", "ok", "ok", "fail", "ok"]
    else:
        lines = out.splitlines()
        assert [line[:6] for line in lines] == ["ok    ", "ok    ", "ok    ", "FAIL  ", "ok    "]


@pytest.mark.parametrize("missing", ["settings", "workspace"])
def test_a_file_or_folder_that_is_not_there_is_misuse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    for name in ("MISTRAL_API_KEY", "CODESTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert outcome("doctor", f"--{missing}", str(tmp_path / "gone")) == 2
    assert "FAIL" in capsys.readouterr().out


async def test_without_a_network_the_embedded_model_answers_meanwhile(tmp_path: Path) -> None:
    """That is said after the failure; not where another fallback works, or none is wanted."""
    nowhere = "http://127.0.0.1:1"
    found = await diagnose({"provider": {"kind": "mistral", "url": nowhere}}, KEY, tmp_path)
    assert found["endpoint"].level is Level.FAIL
    assert found["fallback"].what.startswith("meanwhile the embedded model answers")
    off = {"provider": {"kind": "mistral", "url": nowhere, "fallback": []}}
    assert "fallback" not in await diagnose(off, KEY, tmp_path)
    async with FimServer("x = 1") as server:
        other = {"kind": "codestral", "url": server.url}
        both = {"provider": {"kind": "mistral", "url": nowhere, "fallback": [other, "embedded"]}}
        found = await diagnose(both, KEY | {"CODESTRAL_API_KEY": "test-key"}, tmp_path)
    assert found["fallback"].what.startswith("then provider codestral")


async def test_settings_that_break_off_are_one_sentence_with_a_remedy(tmp_path: Path) -> None:
    found = await diagnose('{"fim": {"prov', KEY, tmp_path)
    assert list(found) == ["version", "settings"]
    assert found["settings"].level is Level.FAIL
    assert "is not valid JSON at line 1, column 10" in found["settings"].what
    assert found["settings"].remedy == "correct the file there, or leave --settings out"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Its connections are closed when it ends: the loop it ran in closes without a warning."""

    async def examine() -> set[str]:
        async with FimServer() as server:
            await diagnose(mistral_at(server), KEY, tmp_path)
        return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    assert asyncio.run(examine()) == set()


async def test_the_policy_is_named_with_the_keys_that_it_locks(tmp_path: Path) -> None:
    """One line for people who wonder why their setting is not taken."""
    policy, _ = parse_policy('{"enforce": {"provider.kind": "embedded"}}', "/etc/policy.json")
    report = CheckReport()
    arguments = argparse.Namespace(settings=None, provider="mistral", workspace=tmp_path)
    company = CompanySettings(policy)

    async def count_none(_folder: str) -> int:
        return 0

    await doctor.examine(report, arguments, KEY, count_none, company)
    found = {finding.check: finding.what for finding in report.findings}
    assert found["policy"] == "the settings are managed by /etc/policy.json; it locks provider.kind"
    assert "yours is not taken: provider.kind" in found["settings"]
    assert "provider embedded" in found["provider"]


async def test_a_model_that_works_is_not_said_to_be_replaced(tmp_path: Path) -> None:
    """A setting that the policy does not take is a fault of the settings, not one of the model."""
    async with FimServer("x = 1") as server:
        policy, _ = parse_policy(
            json.dumps({"enforce": {"provider.kind": "mistral", "provider.url": server.url}}), "/etc/policy.json"
        )
        report = CheckReport()
        arguments = argparse.Namespace(settings=None, provider="ollama", workspace=tmp_path)
        await doctor.examine(report, arguments, KEY, None, CompanySettings(policy))
    found = {finding.check: finding for finding in report.findings}
    assert "yours is not taken: provider.kind" in found["settings"].what
    assert (found["settings"].level, report.failed) == (Level.WARN, False)
    assert found["completion"].level is Level.OK
    assert "fallback" not in found


async def test_the_model_of_next_edits_is_checked_too(tmp_path: Path) -> None:
    """The way to it, and with a question that has one right answer."""
    async with OracleServer("zeta-2", lambda window: window.replace("return w ", "return width ")) as server:
        section = {"kind": "zeta-2", "url": server.url}
        found = await diagnose({"provider": {"kind": "embedded"}, "nextEdit": {"provider": section}}, {}, tmp_path)
    of_next_edits = {name: finding for name, finding in found.items() if name.startswith("nextEdit ")}
    assert [finding.level for finding in of_next_edits.values()] == [Level.OK] * len(of_next_edits)
    assert found["nextEdit provider"].what == "next edits from zeta-2, as nextEdit.provider says"
    assert found["nextEdit edit"].what.startswith("after a renaming the model proposed 'width' for 'w' (")


@pytest.mark.parametrize(
    ("section", "check", "level", "words"),
    [
        ({"kind": "zeta", "url": "http://127.0.0.1:9"}, "nextEdit endpoint", Level.FAIL, "127.0.0.1:9"),
        ({"kind": "auto"}, "nextEdit provider", Level.FAIL, "nextEdit.provider.kind"),
        ({"kind": "inception"}, "nextEdit key", Level.FAIL, "INCEPTION_API_KEY"),
        ({"kind": "zeta", "url": "ftp://x"}, "nextEdit provider", Level.FAIL, "nextEdit.provider.url"),
    ],
)
async def test_faults_of_next_edits_name_their_own_settings(
    section: dict[str, Any], check: str, level: Level, words: str, tmp_path: Path
) -> None:
    """The model of completions is checked all the same."""
    found = await diagnose({"provider": {"kind": "embedded"}, "nextEdit.provider": section}, {}, tmp_path)
    assert found["embedded"].level is Level.OK
    assert found[check].level is level
    assert words in f"{found[check].what} {found[check].remedy}"


async def test_a_model_without_an_idea_is_a_warning(tmp_path: Path) -> None:
    async with OracleServer("sweep", str) as server:
        section = {"kind": "sweep", "url": server.url}
        found = await diagnose({"provider": {"kind": "embedded"}, "nextEdit.provider": section}, {}, tmp_path)
    assert found["nextEdit edit"].level is Level.WARN
