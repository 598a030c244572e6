"""`eval` from beginning to end: embedded and over HTTP, interrupted and resumed, and never paid for unasked."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fake_api.answers import Oracle
from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.cli import eval as command
from fim_language_server.errors import SettingsError
from tests.evaluation.test_git import commit
from tests.evaluation.test_plan import write_repository

SOURCE = Path(__file__).parents[2] / "server"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    write_repository(folder)
    return folder


def oracle(folder: Path) -> FimServer:
    """A host that knows the repository by heart."""
    return FimServer(Oracle(tuple(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))))


def parse(*words: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


async def test_an_oracle_is_always_right(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Through the real transport, stream and shaping: exact match 100 %, and all keys saved but one a hole."""
    monkeypatch.setenv("MISTRAL_API_KEY", "test-key")
    page = tmp_path / "page.html"
    async with oracle(repository) as server:
        words = [repository, "--provider", f"mistral@{server.url}", "--files", "4", "--holes", "8", "--typing", "3"]
        status = await asyncio.to_thread(command.run, parse(*words, "--json", "--html", page))  # type: ignore[arg-type]
    report = json.loads(capsys.readouterr().out)
    assert status == 0
    (result,) = report["results"]
    assert {kind: figures["exact"] for kind, figures in result["kinds"].items()} == {
        "line": 100, "typed": 100, "mid": 100, "all": 100,
    }  # fmt: skip
    assert result["kinds"]["all"]["n"] == 32
    assert result["kinds"]["all"]["usd"] == 0, "this machine asks for no money"
    assert result["kinds"]["all"]["first"]["p50"] > 0
    assert result["typing"]["finished_by_tab"] == 100
    assert result["typing"]["accepted_per_ghost"] == 100
    assert "<svg" in page.read_text(encoding="utf-8")
    assert {request.headers["Authorization"] for request in server.completions} == {"Bearer test-key"}


async def test_the_embedded_model_needs_nothing_and_says_the_same_twice(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --provider nobody else is asked, whatever keys there are. It completes from the other files alone."""
    monkeypatch.setenv("MISTRAL_API_KEY", "test-key")
    figures = []
    for _ in range(2):
        assert await asyncio.to_thread(command.run, parse(repository, "--files", "3", "--json")) == 0
        (result,) = json.loads(capsys.readouterr().out)["results"]
        assert result["provider"] == "embedded"
        one = result["kinds"]["all"]
        figures.append({name: one[name] for name in ("n", "exact", "similarity", "shown", "right_when_shown", "usd")})
    assert figures[0] == figures[1]
    assert figures[0]["n"] == 36
    assert 0 < figures[0]["exact"] < 100
    assert figures[0]["usd"] == 0


async def test_history_asks_for_what_commits_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, capture_output=True)
    write_repository(tmp_path)
    commit(tmp_path, first_py="x = 1\n")
    added = (
        (tmp_path / "a.py").read_text(encoding="utf-8").replace("combine_a", "combine_z").replace("def a_", "def z_")
    )
    commit(tmp_path, z_py=added)
    assert await asyncio.to_thread(command.run, parse(tmp_path, "--history", "--json", "--typing", "2")) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["holes"] == 12
    assert report["results"][0]["typing"]["lines"] == 2


async def test_two_providers_are_asked_the_same_and_drawn_as_tables(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with oracle(repository) as server:
        server.api_key = None
        words = [repository, "--files", "2", "--holes", "4", "--provider", "embedded"]
        status = await asyncio.to_thread(command.run, parse(*words, "--provider", f"mistral@{server.url}"))  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert status == 0
    assert len(server.completions) == 8
    assert "embedded" in out
    assert "100.0 ± " in out


async def test_a_host_that_is_busy_is_waited_for_without_sleeping_here(repository: Path) -> None:
    """Retry-After is honoured, by a sleep that is injected."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    async with oracle(repository) as server:
        server.api_key = None
        server.once.append(Script(status=429, body={"message": "wait"}, headers={"Retry-After": "17"}))
        server.once.append(Script(status=503))
        words = parse(repository, "--files", "1", "--holes", "2", "--provider", f"mistral@{server.url}")
        evaluation = command.Evaluation(words, sleep)
        await evaluation.ask({})
    report = evaluation.report()
    assert report is not None
    assert report.is_whole
    assert naps == [17.0, 2.0]
    assert report.results[0].figures["all"].exact == 100


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_ctrl_c_leaves_a_partial_report_and_a_file_to_go_on_from(repository: Path, tmp_path: Path) -> None:
    """What was answered is not asked again."""
    answers = tmp_path / "answers.jsonl"
    async with oracle(repository) as server:
        server.api_key = None
        words = ["eval", str(repository), "--files", "2", "--holes", "6", "--json", "--resume", str(answers)]
        full = [sys.executable, "-m", "fim_language_server", *words, "--provider", f"mistral@{server.url}"]
        server.once.extend([Script()] * 4 + [Script(stall_after=0)])
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment}
        process = await asyncio.create_subprocess_exec(*full, **pipes)  # type: ignore[arg-type]
        await server.wait_for_completions(5, timeout=30)
        process.send_signal(signal.SIGINT)
        out, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130
        assert json.loads(out)["results"][0]["kinds"]["all"]["n"] == 4
        assert json.loads(out)["is_whole"] is False
        again = await asyncio.create_subprocess_exec(*full, **pipes)  # type: ignore[arg-type]
        out, _ = await asyncio.wait_for(again.communicate(), 30)
        assert again.returncode == 0
        assert json.loads(out)["results"][0]["kinds"]["all"]["n"] == 12
        assert len(server.completions) == 5 + 8


def test_nothing_is_paid_for_unasked(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked, it takes --yes; what it would take is said."""
    monkeypatch.setenv("MISTRAL_API_KEY", "test-key")
    assert command.run(parse(repository, "--provider", "mistral", "--files", "2", "--holes", "5")) == 2
    said = capsys.readouterr().err
    assert "up to 10 requests send code of this repository to api.mistral.ai" in said
    assert "at most $0." in said
    assert "--yes" in said


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("YES\n", True), ("n\n", False), ("", False)])
def test_on_a_terminal_it_asks(monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

        def write(self, _: str) -> None:
            pass

        def flush(self) -> None:
            pass

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    if goes_on:
        command.confirm(["a warning"])
    else:
        with pytest.raises(SettingsError, match="nothing was asked"):
            command.confirm(["a warning"])


async def test_a_record_of_other_questions_is_refused(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.jsonl"
    words = [repository, "--files", "1", "--holes", "2", "--resume", answers]
    assert await asyncio.to_thread(command.run, parse(*words, "--seed", "7")) == 0  # type: ignore[arg-type]
    assert await asyncio.to_thread(command.run, parse(*words, "--seed", "8")) == 2  # type: ignore[arg-type]
    assert "other questions, seed" in capsys.readouterr().err


async def test_a_server_that_nobody_started_is_not_waited_for(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence that says where nothing listens, the embedded model's figures, and exit status 1."""
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    words = [repository, "--provider", "embedded", "--provider", f"mistral@http://{address}", "--files", "1"]
    evaluation = command.Evaluation(parse(*words, "--holes", "2"), sleep=nap)  # type: ignore[arg-type]
    await evaluation.ask({"MISTRAL_API_KEY": "test-key"})
    report = evaluation.report()
    assert naps == []
    assert capsys.readouterr().err.count(f"Nothing listens at {address}; start the server there") == 1
    assert report is not None
    assert not report.is_whole


def test_the_workspace_can_be_written_for_another_program(repository: Path, tmp_path: Path) -> None:
    """Without the files that are held out, and nobody is asked; never over something else."""
    words = [repository, "--files", "2", "--holes", "4", "--write-workspace"]
    assert command.run(parse(*words, tmp_path / "w")) == 0  # type: ignore[arg-type]
    written = {path.name for path in (tmp_path / "w").iterdir()}
    assert len({path.name for path in repository.glob("*.py")} - written) == 2
    before = sorted(repository.iterdir())
    assert command.run(parse(*words, repository)) == 2  # type: ignore[arg-type]
    assert command.run(parse(*words, repository / before[0].name)) == 2  # type: ignore[arg-type]
    assert sorted(repository.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [
        ["/no/such/folder"],
        [".", "--provider", "nobody"],
        [".", "--provider", "embedded", "--provider", "auto"],
        [".", "--settings", "/no/such/file"],
        [".", "--html", "/no/such/folder/page.html"],
        [".", "--files", "1", "--write-workspace", "/dev/null/w"],
    ],
)
def test_misuse_is_told_in_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(parse(*words)) == 2
    assert capsys.readouterr().err.startswith("fim-language-server: ")


@pytest.mark.parametrize(
    "words",
    [
        ["--files", "0"],
        ["--holes", "-1"],
        ["--kinds", "line,other"],
        ["--kinds", ""],
        ["--budget-prefix", "x"],
        ["--budget-usd", "-1"],
        ["--budget-usd", "nan"],
        ["--budget-usd", "inf"],
        ["--budget-usd", "x"],
    ],
)
def test_arguments_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(*words)


def test_kinds_are_a_choice() -> None:
    assert parse("--kinds", "mid, line").kinds == ("line", "mid")
