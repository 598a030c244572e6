"""Commands in a terminal, or into a file, of a Windows whose code page is not UTF-8."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fim_language_server.cli import COMMANDS
from fim_language_server.cli.printing import make_console
from fim_language_server.cli.standard_streams import replace_unencodable

TEXT = "def größe(wörter):\n    # 😀 → „…“ ─\n    return len(wörter)\n\n\ndef größe_neu(wörter):\n    return "
PAGES = ["cp1252", "cp932"]


def run(page: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command where standard streams have this encoding, and a file opened without one is an error."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_COLOR"))}
    return subprocess.run(
        [
            *(sys.executable, "-X", "utf8=0", "-X", "warn_default_encoding", "-W", "error::EncodingWarning"),
            *("-m", "fim_language_server", *words),
        ],
        cwd=cwd, env={**environment, "PYTHONIOENCODING": page}, capture_output=True, check=False, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose text and names no code page has."""
    (tmp_path / "größe😀.py").write_text(TEXT, encoding="utf-8")
    (tmp_path / "other.py").write_text(TEXT * 3 + "1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["schema"],
        ["stats"],
        ["stats", "--json"],
        ["doctor"],
        ["complete", "größe😀.py:7:11"],
        ["complete", "größe😀.py:7:11", "--explain"],
        ["check-privacy", "größe😀.py:7:11"],
        ["check-privacy", "fehlt→😀.py"],
        ["clean", "--dry-run"],
        ["kein→Befehl😀"],
    ],
    ids=" ".join,
)
def test_a_command_prints_what_the_code_page_has_and_goes_on(page: str, words: list[str], project: Path) -> None:
    result = run(page, *words, cwd=project)
    said = (result.stdout + result.stderr).decode(page)  # all of it belongs to the page
    assert "UnicodeEncodeError" not in said
    assert "Traceback" not in said, said
    assert "EncodingWarning" not in said, said
    assert result.returncode in (0, 1, 2)
    assert said


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_is_printed_on_a_code_page(command: str, tmp_path: Path) -> None:
    result = run("cp1252", command, "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert b"usage" in result.stdout


def test_what_rich_draws_is_replaced_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich writes to the stream itself, and so do argparse and Python's own warnings."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "cp1252", newline=""))
    replace_unencodable()
    make_console(width=40).print("größe → 😀", markup=False)
    sys.stdout.flush()
    assert written.getvalue().decode("cp1252").rstrip() == "größe ? ?"


def test_a_demo_is_shown_on_a_code_page(tmp_path: Path) -> None:
    for number in range(4):
        lines = [
            f"def größe_{each}(wörter, maß):\n    → = 0\n    return maß * {each} + len(wörter)\n" for each in range(20)
        ]
        (tmp_path / f"maße_{number}😀.py").write_text("\n\n".join(lines), encoding="utf-8")
    result = run("cp1252", "demo", "--folder", ".", "--pace", "0", "--regions", "1", "--lines", "3", cwd=tmp_path)
    assert result.returncode == 0, result.stderr[-2_000:]
    assert "größe" in result.stdout.decode("cp1252")
