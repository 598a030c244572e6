"""Recorded sessions, run again: without a difference by the same version, and with the right ones by other settings."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fim_api import Conditions, Pace
from benchmarks.traces import make_traces
from fim_language_server.cli import main, virtual_time
from fim_language_server.cli.replay import recorded_settings, replay
from fim_language_server.core.recordings import FORMAT, VERSION
from fim_language_server.evaluation.recordings.reading import Recording, read_recording
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.recording.starting import RecordingWish
from fim_language_server.lsp.server import create_server

URI = "file:///project/src/typed.py"
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"inlineCompletion": {}},
    "experimental": {"fim": {"refresh": True, "lineEnds": True, "replace": True, "nextEdit": True}},
}
SOURCE = Path(random.__file__).read_text(encoding="utf-8")[:9_000]


async def record(path: Path, seed: int, keys: int, settings: Mapping[str, Any], folder: Path) -> None:
    """Type a part of a file against a loopback API with faults; take some suggestions; cancel some requests."""
    chance = random.Random(seed)
    conditions = Conditions(
        first_token_ms=chance.choice([20.0, 180.0, 900.0]), per_token_ms=8.0, miss=chance.choice([0.0, 0.1, 0.4]),
        error_rate=chance.choice([0.0, 0.0, 0.1]), requests_per_minute=chance.choice([0, 0, 30]),
    )  # fmt: skip

    def says(body: Mapping[str, Any]) -> str:
        """Say how the file goes on, and sometimes something else."""
        before = str(body["prompt"])[-24:]
        at = SOURCE.find(before)
        is_wrong = at < 0 or random.Random(before).random() < conditions.miss
        return "something(else)\n" if is_wrong else SOURCE[at + len(before) :][:90]

    (trace,) = make_traces({"typed.py": SOURCE}, seed=seed, keys=keys)
    answers: dict[int, asyncio.Future[Any]] = {}

    def take(body: bytes) -> None:
        message = json.loads(body)
        if "method" not in message and message["id"] in answers:
            answers[message["id"]].set_result(message.get("result"))

    async with FimServer(says, choose=Pace(conditions, random.Random(seed)).choose) as api:
        os.environ.update(
            {"FIM_REPLAY_KEY": api.api_key or "", "XDG_STATE_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
        )
        server = create_server(take, origin=Origin(recording=RecordingWish(path, with_texts=True)))
        number = 0

        def send(method: str, params: Any, *, is_request: bool = False) -> int:
            nonlocal number
            number += is_request
            message = {"jsonrpc": "2.0", "method": method, "params": params}
            if is_request:
                answers[number] = asyncio.get_running_loop().create_future()
            server.receive(json.dumps(message | ({"id": number} if is_request else {})).encode())
            return number

        provider = {
            "kind": "mistral",
            "url": api.url,
            "model": "codestral-latest",
            "apiKeyEnv": "FIM_REPLAY_KEY",
            "fallback": [],
        }
        params = {"processId": None, "rootUri": "file:///project", "capabilities": CAPABILITIES}
        send("initialize", params | {"initializationOptions": {"provider": provider, **settings}}, is_request=True)
        send("initialized", {})
        text = trace.documents["typed.py"]
        send("textDocument/didOpen", {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": text}})
        await asyncio.sleep(3.0)
        for version, edit in enumerate(trace.edits, 2):
            await asyncio.sleep(edit.gap_s)
            changes = []
            for change in reversed(edit.changes):
                places = [text[:at].count("\n") for at in (change.start, change.end)]
                columns = [at - (text.rfind("\n", 0, at) + 1) for at in (change.start, change.end)]
                start, end = ({"line": line, "character": column} for line, column in zip(places, columns, strict=True))
                changes.append({"range": {"start": start, "end": end}, "text": change.text})
                text = text[: change.start] + change.text + text[change.end :]
            send(
                "textDocument/didChange", {"textDocument": {"uri": URI, "version": version}, "contentChanges": changes}
            )
            line, column = text[: edit.cursor].count("\n"), edit.cursor - (text.rfind("\n", 0, edit.cursor) + 1)
            asked = send(
                "textDocument/inlineCompletion",
                {"textDocument": {"uri": URI}, "position": {"line": line, "character": column},
                 "context": {"triggerKind": chance.choice([2] * 9 + [1])}},
                is_request=True,
            )  # fmt: skip
            if chance.random() < 0.1:
                await asyncio.sleep(0.01)
                send("$/cancelRequest", {"id": asked})
        await asyncio.wait(list(answers.values()), timeout=20)
        await server.close()


async def ask_for_next_edits(path: Path) -> list[int]:
    """Rename a function while a recording runs, and ask for another version of the document, then for its own.

    Returns how many edits each answer had.
    """
    counts: dict[int, int] = {}

    def take(body: bytes) -> None:
        message = json.loads(body)
        if "method" not in message and message["id"]:
            counts[message["id"]] = len(message["result"]["edits"])

    server = create_server(take, origin=Origin(recording=RecordingWish(path, with_texts=True)))

    def send(method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        server.receive(json.dumps(message if number is None else message | {"id": number}).encode())

    options = {"provider": {"kind": "embedded"}}
    send("initialize", {"processId": None, "capabilities": {}, "initializationOptions": options}, 0)
    send("initialized", {})
    text = "def scan(x):\n    return x\n\n\nscan(1)\nscan(2)\n"
    send("textDocument/didOpen", {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": text}})
    await asyncio.sleep(3.0)
    name = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 8}}
    identifier = {"uri": URI, "version": 2}
    send("textDocument/didChange", {"textDocument": identifier, "contentChanges": [{"range": name, "text": "parse"}]})
    await asyncio.sleep(2.0)
    for number, version in enumerate((1, 2, 99), 1):
        asked_of = {"uri": URI, "version": version}
        send("textDocument/copilotInlineEdit", {"textDocument": asked_of, "position": name["start"]}, number)
        await asyncio.sleep(1.0)
    await server.close()
    return [counts[number] for number in (1, 2, 3)]


SETTINGS: tuple[dict[str, Any], ...] = ({}, {"trigger": {"minDelayMs": 60}}, {"shaping": {"multiLine": "never"}})


@pytest.fixture
def recorded(tmp_path: Path, request: pytest.FixtureRequest) -> Recording:
    seed = request.param
    path = tmp_path / "session.jsonl"
    virtual_time.run(record(path, seed, 40, SETTINGS[seed % len(SETTINGS)], tmp_path))
    return read_recording(path)


@pytest.mark.parametrize("recorded", range(8), indirect=True)
def test_the_same_version_answers_as_it_did(recorded: Recording) -> None:
    """Random typing, with slow and failing models, limits, cancelled and explicit requests."""
    comparison, unknown = replay(recorded, {})
    assert comparison.compared > 30
    assert [difference.as_json() for difference in comparison.differences] == []
    assert comparison.next_edits_otherwise == 0
    assert unknown == 0


def test_a_request_for_another_version_of_a_document_is_answered_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no edit: a client may ask while its document changes."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    path = tmp_path / "session.jsonl"
    assert virtual_time.run(ask_for_next_edits(path)) == [0, 2, 0]
    comparison, _ = replay(read_recording(path), {})
    assert comparison.compared == 3
    assert comparison.sources_before == comparison.sources_after == {"nothing": 2, "next edit": 1}
    assert [difference.as_json() for difference in comparison.differences] == []


@pytest.mark.parametrize("recorded", [0], indirect=True)
def test_another_setting_shows_what_it_changes(recorded: Recording) -> None:
    """Switched off, each request that had a text has none, with the reason."""
    comparison, _ = replay(recorded, {"trigger": {"mode": "explicit"}})
    assert comparison.sources_after["nothing"] > comparison.sources_before["nothing"]
    assert any("text" in it.kinds and "explicit" in it.after for it in comparison.differences)


HEADER = {"format": "fim-recording", "version": 1, "texts": True}


@pytest.mark.parametrize(
    ("lines", "status", "says"),
    [
        (["#!/bin/sh"], 2, "no recording"),
        ([HEADER | {"version": 99}], 2, "newer version"),
        ([HEADER | {"texts": False}], 1, "no texts"),
        ([HEADER], 0, "0 of 0 requests"),
    ],
)
def test_other_files_are_answered_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[Any], status: int, says: str
) -> None:
    file = tmp_path / "file"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(file)])
    output = capsys.readouterr()
    assert ended.value.code == status
    assert says in output.out + output.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def hostile_settings(marker: Path, url: str) -> dict[str, Any]:
    """Return settings that name programs and addresses in all places that take some."""
    program = ["sh", "-c", f"echo key; echo ran >> '{marker}'"]
    way = {"url": url, "apiKeyCommand": program, "allowInsecureHttp": True, "apiKeyEnv": "HOME"}
    return {
        "provider": {**way, "headers": {"X-Key": {"command": program}}, "caFile": "/etc/hostname", "fallback": [way]},
        "nextEdit": {"provider": {**way, "kind": "zeta-2.1"}},
        "usage": {"otlp": url},
        "budget": {"store": url.replace("http", "valkey"), "storePasswordCommand": program, "requestsPerMinute": 9},
        "trigger": {"exclude": 3},
    }


def write_hostile(path: Path, settings: Mapping[str, Any]) -> None:
    """Write a recording in which these settings are in force, a name is changed, and next edits are asked for."""
    head = {
        "format": FORMAT, "version": VERSION, "encoding": "utf-16", "texts": True, "client": {"name": "x"},
        "announced": {"capabilities": CAPABILITIES},
    }  # fmt: skip
    asked = {"kind": "request", "document": 1, "line": 0, "column": 8, "trigger": "invoked"}
    records = [
        head,
        {"kind": "settings", "ms": 1, "settings": settings, "models": ["codestral c"], "provider": "codestral"},
        {"kind": "opened", "ms": 10, "document": 1, "path": "../../a.py", "language": "python", "version": 1,
         "text": "b = 1\n"},
        {"kind": "changed", "ms": 100, "document": 1, "version": 2, "edits": [[0, 0, 0, 1, "new"]]},
        {**asked, "ms": 5_000, "request": 1, "method": "textDocument/inlineCompletion"},
        {**asked, "ms": 9_000, "request": 2, "method": "textDocument/copilotInlineEdit"},
        {"kind": "end", "ms": 90_000, "why": "exit"},
    ]  # fmt: skip
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")


@pytest.mark.parametrize("dotted", [False, True])
def test_a_recording_runs_no_program_and_reaches_no_address(tmp_path: Path, dotted: bool) -> None:
    """Recordings are sent to others: what one says of programs and addresses is not followed."""
    marker = tmp_path / "ran"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        settings = hostile_settings(marker, f"http://127.0.0.1:{listener.getsockname()[1]}")
        if dotted:
            settings = {f"{name}.{key}": value for name, section in settings.items() for key, value in section.items()}
        path = tmp_path / "hostile.jsonl"
        write_hostile(path, settings)
        recording = read_recording(path)
        assert recorded_settings(recording) == {
            "provider": {"kind": "codestral", "fallback": []},
            "budget": {"requestsPerMinute": 9},
        }
        replay(recording, {})
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not marker.exists()


def test_also_the_own_settings_reach_no_address_while_recorded_streams_are_played(tmp_path: Path) -> None:
    """The file of `--settings` may be the one that is used every day."""
    path = tmp_path / "plain.jsonl"
    write_hostile(path, {})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        replay(
            read_recording(path), {"nextEdit": {"provider": {"kind": "zeta-2.1", "url": url}}, "usage": {"otlp": url}}
        )
        with pytest.raises(BlockingIOError):
            listener.accept()


STRANGE: list[Any] = [
    None,
    -1,
    2**31 - 1,
    2**40,
    1e308,
    float("nan"),
    "",
    "../..",
    "\ud800",
    "%00",
    [],
    {},
    [[[]]],
    True,
    0,
]


def changed_by_chance(value: Any, chance: random.Random) -> Any:
    """Return JSON with some of its values missing or of other types."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if chance.random() > 0.02}
        return {
            key: chance.choice(STRANGE) if chance.random() < 0.08 else changed_by_chance(inner, chance)
            for key, inner in kept.items()
        }
    if isinstance(value, list):
        return [chance.choice(STRANGE) if chance.random() < 0.1 else changed_by_chance(it, chance) for it in value]
    return value


@pytest.mark.parametrize("announced", ["\ud800", True, [], {"general": 3}])
def test_capabilities_of_any_form_are_taken(tmp_path: Path, announced: object) -> None:
    """They are what some client said, or somebody wrote."""
    path = tmp_path / "strange.jsonl"
    write_hostile(path, {})
    head, *rest = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(head), "announced": {"capabilities": announced}}), *rest]))
    replay(read_recording(path), {})


@pytest.mark.parametrize("seed", range(30))
def test_a_recording_with_strange_values_ends_without_an_error(tmp_path: Path, seed: int) -> None:
    """Records that cannot be read are counted; the others are replayed."""
    chance, path = random.Random(seed), tmp_path / "strange.jsonl"
    write_hostile(path, {})
    head, *rest = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    records = [head, *(changed_by_chance(record, chance) for record in rest)]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    replay(read_recording(path), {})


def test_a_path_with_half_a_character_is_no_path(tmp_path: Path) -> None:
    """Its record is passed over and counted."""
    path = tmp_path / "strange.jsonl"
    write_hostile(path, {})
    path.write_text(path.read_text(encoding="utf-8").replace("../../a.py", "\\ud800.py"), encoding="utf-8")
    recording = read_recording(path)
    assert recording.unreadable == 1
    replay(recording, {})
