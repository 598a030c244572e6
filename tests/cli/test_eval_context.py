"""`eval --context` from beginning to end: a real server, prompts recorded, figures printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fim_language_server.cli import eval as command
from tests.cli.test_eval import parse
from tests.evaluation.prompts.test_places import write_project


def measured(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[dict[str, object]]]:
    status = command.run(parse(*words, "--context", "--json"))
    out = capsys.readouterr().out
    assert status == 0, out
    report = json.loads(out)
    return {
        name: [each for each in report["passes"] if each["place"] == name] for name in ("middle", "written", "in a row")
    }


def test_figures_of_budgets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line leads to a prompt. No budget, no piece and no word of another file; with one there are some."""
    write_project(tmp_path)
    found = measured(
        capsys, str(tmp_path), "--files", "4", "--holes", "4", "--runs", "1", "--seed", "3", "--budgets", "0,1500"
    )
    without, with_pieces = found["middle"]
    assert without["budget"] == "0"
    assert without["lines"] == with_pieces["lines"] == 16
    assert without["missing"] == 0
    assert without["pieces_bytes"]["value"] == without["cross"]["value"] == 0  # type: ignore[index]
    assert with_pieces["pieces_bytes"]["value"] > 0  # type: ignore[index]
    assert with_pieces["cross"]["value"] > 0  # type: ignore[index]
    assert with_pieces["prompt_bytes"]["value"] > without["prompt_bytes"]["value"]  # type: ignore[index]
    written, _ = found["written"]
    assert written["prompt_bytes"]["value"] < without["prompt_bytes"]["value"]  # type: ignore[index]
    in_a_row, _ = found["in a row"]
    assert 0 < in_a_row["fresh_bytes"]["value"] < in_a_row["prompt_bytes"]["value"]  # type: ignore[index]


def test_the_report_fits_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    words = [str(tmp_path), "--context", "--files", "2", "--holes", "2", "--runs", "1", "--provider", "llamacpp"]
    assert command.run(parse(*words)) == 0
    out = capsys.readouterr().out
    assert "llamacpp" in out
    assert "index" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    "words",
    [
        ["--provider", "ollama"],
        ["--provider", "mistral:codestral-latest"],
        ["--provider", "mistral", "--provider", "llamacpp"],
        ["--settings", "missing.json"],
        ["no-such-folder"],
    ],
)
def test_misuse_is_told_in_a_sentence(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.run(parse(*words, "--context")) == 2
    assert capsys.readouterr().err.startswith("fim-language-server: ")
