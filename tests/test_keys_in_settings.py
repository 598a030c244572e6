"""A key in the wrong setting: nothing that the server says, logs or keeps repeats it."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.app.application import Application
from fim_language_server.cli import import_continue
from fim_language_server.settings.narrowing import rules
from tests.app.test_application import Heard, ask
from tests.cli.test_doctor import diagnose

KEYS = {
    "OpenAI": "sk-proj-SECRETSECRET1234567890abcdefghijklmnop",
    "Mistral": "pQ7rS9tU1vW3xY5zA2bC4dE6fG8hJ0kL",
    "hexadecimal": "3f786850e387550fdab836ed7e6dc881de23001b",
    "Stripe, which could be a variable": "sk_live_51HqLyjWDarjtT1zdp7dcTtiUXR",
    "AWS, which could be one, too": "AKIAQ3EGRBTW7UXYZ2MN",
    "GitHub": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "a UUID": "5f2b8c1e-93d4-4a7b-b0e6-2c7d9f1a3e58",
    "a token of three parts": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
}
PLACES: dict[str, Callable[[str], Any]] = {
    "kind": lambda key: {"kind": key},
    "model": lambda key: {"model": key},
    "apiKeyEnv": lambda key: {"apiKeyEnv": key},
    "apiKeyEnv of a kind with a host of its own": lambda key: {"kind": "deepseek", "apiKeyEnv": key},
    "apiKeyCommand, its program": lambda key: {"apiKeyCommand": [key]},
    "apiKeyCommand as one string": lambda key: {"apiKeyCommand": [f"echo {key}"]},
    "apiKeyCommand, an argument": lambda key: {"apiKeyCommand": ["false", key]},
    "url, all of it": lambda key: {"url": key},
    "url, its host": lambda key: {"url": f"https://{key}/v1"},
    "url, its query": lambda key: {"url": f"http://127.0.0.1:9/v1?key={key}"},
    "url, its user": lambda key: {"url": f"http://u:{key}@127.0.0.1:9/v1"},
    "url, its path": lambda key: {"url": f"http://127.0.0.1:9/{key}/v1"},
    "region": lambda key: {"kind": "vertex", "project": "p", "region": key},
    "project": lambda key: {"kind": "vertex", "project": key},
    "template": lambda key: {"kind": "openai", "template": key},
    "temperature": lambda key: {"temperature": key},
    "stop": lambda key: {"stop": key},
    "caFile": lambda key: {"url": "https://127.0.0.1:9/v1", "caFile": key},
    "fallback": lambda key: {"fallback": [key, {"kind": key}, {"apiKey": key}, {key: 1}]},
    "regions": lambda key: {"regions": [key]},
    "regions, a host": lambda key: {"regions": {key: "eu"}},
    "headers, a value": lambda key: {"headers": {"x-team": key}},
    "headers, a name": lambda key: {"headers": {key: "a"}},
    "headers, a variable": lambda key: {"headers": {"x-a": {"env": key}}},
    "headers, a program": lambda key: {"headers": {"x-a": {"command": [key]}}},
    "headers, an argument": lambda key: {"headers": {"x-a": {"command": ["false", key]}}},
    "a setting that there is not": lambda key: {"apiKey": key},
    "the name of a setting": lambda key: {key: 1},
}


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_repeats_it(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Problems, messages, log, `fim.showWhy`, status, statistics, and `doctor`, for eight kinds of keys."""
    look_up = socket.getaddrinfo

    def find(host: str, *arguments: Any, **more: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return look_up(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    logging.getLogger("fim_language_server").setLevel(logging.INFO)
    refusal = Script(status=404, body={"message": "model not found"})
    async with FimServer(script=refusal) as server:
        for number, (kind, key) in enumerate(KEYS.items()):
            caplog.clear()
            provider = {"kind": "mistral", "url": server.url, "apiKeyEnv": "KEY"} | PLACES[place](key)
            refusal = Script(status=404, body={"message": f"model {key} not found"})
            server.script = refusal
            folder = tmp_path / str(number)
            folder.mkdir()
            heard, environ = Heard(), {"KEY": "test-key"}
            application = Application([str(folder)], heard, environ=environ, state_folder=str(folder))
            problems = await application.configure({"provider": provider, "log": {"level": "info"}})
            await ask(application)
            decisions = json.dumps([dict(one.as_json()) for one in application.engine.decisions.newest_first()])
            status = [application.provider_name, application.model]
            await application.close()
            found = await diagnose({"provider": provider}, environ, folder)
            told = [*problems, *heard.said, caplog.text, decisions, *status, *(each.line() for each in found.values())]
            kept = b"".join(path.read_bytes() for path in folder.iterdir() if path.name != "settings.json")
            for run in (key, key[8:26], key.lower()[8:26]):
                assert run not in "\n".join(told), (kind, told)
                assert run.encode() not in kept, kind


def test_every_setting_with_a_text_is_tried() -> None:
    """A new one gets a place in the list above."""
    tried = {name.partition(",")[0].partition(" ")[0] for name in PLACES}
    texts = {"kind", "model", "url", "api_key_env", "api_key_command", "region", "project", "template", "ca_file"}
    wire = {"api_key_env": "apiKeyEnv", "api_key_command": "apiKeyCommand", "ca_file": "caFile"}
    assert {wire.get(name, name) for name in texts} <= tried
    known = {name for section, name, _ in rules() if section == "provider"}
    numbers = {"top_p", "max_tokens", "min_tokens", "random_seed", "stream", "connect_timeout_ms", "temperature"}
    numbers |= {"price", "first_byte_timeout_ms", "fallback_after_ms", "allow_insecure_http"}
    assert known - numbers == texts | {"stop", "fallback", "regions", "headers"}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("name", ["apiBase", "model", "title", "provider", "apiKey", "caBundlePath", "path"])
def test_import_continue_repeats_no_key(
    key: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it stands: in the query of `apiBase`, as a model, as a title."""
    model: dict[str, Any] = {"provider": "openai", "model": "m", "title": "t", "apiBase": "https://h.example/v1"}
    model |= {"apiBase": f"https://h.example/v1?api-key={key}"} if name == "apiBase" else {name: key}
    if name == "path":
        model["apiBase"] = f"https://h.example/{key}/v1"
    if name == "caBundlePath":
        model["requestOptions"] = {"caBundlePath": key}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"tabAutocompleteModel": [model, model]}), encoding="utf-8")
    parsed = import_continue.run(import_arguments(path))
    said = "".join(capsys.readouterr())
    assert said
    assert key[8:26] not in said
    assert parsed == (2 if name == "provider" else 0)


def import_arguments(path: Path) -> Any:
    import argparse

    parser = argparse.ArgumentParser()
    import_continue.add_arguments(parser)
    return parser.parse_args([str(path)])
