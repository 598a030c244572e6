"""`complete FILE:LINE:COL`: the pipeline of the editors, once."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.cli.complete import END_OF_FILE, parse_place, read_request, read_settings_file
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import Position
from fim_language_server.errors import SettingsError
from tests.cli.test_main import outcome

SOURCE = "def add(first, second):\n    total = \n    return total\n"


@pytest.mark.parametrize(
    ("place", "expected"),
    [("a.py:2:5", Position(1, 4)), ("a.py:1:1", Position(0, 0)), ("b:1.py:3:7", Position(2, 6))],
)
def test_places_are_read_as_compilers_print_them(
    place: str, expected: Position, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines and columns count from 1; a colon in the name is part of it."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b:1.py"):
        Path(name).write_text(SOURCE, encoding="utf-8")
    assert parse_place(place)[1] == expected


@pytest.mark.parametrize(
    "place", ["a.py", "a.py:0:1", "a.py:1:0", "a.py:x:y", ":1:1", "gone.py:1:1", "a.py:" + "9" * 5_000]
)
def test_other_places_are_refused_with_a_sentence(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there, too."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(SettingsError):
        parse_place(place)


@pytest.mark.parametrize(
    ("text", "position", "prefix", "suffix"),
    [
        ("ab\ncd\n", Position(0, 99), "ab", "\ncd\n"),
        ("ab\ncd\n", Position(2, 9), "ab\ncd\n", ""),
        ("ab\ncd\n", END_OF_FILE, "ab\ncd\n", ""),
        ("ab\r\ncd", Position(0, 9), "ab", "\r\ncd"),
        ("ab\rcd\r", Position(1, 1), "ab\rc", "d\r"),
        ("a\u2028b\nc", Position(1, 1), "a\u2028b\nc", ""),
        ("🙂é\nc", Position(0, 1), "🙂", "é\nc"),
        ("", Position(0, 0), "", ""),
    ],
)
def test_a_column_past_the_end_is_the_lines_end(
    text: str, position: Position, prefix: str, suffix: str, tmp_path: Path
) -> None:
    """Only LSP's three line ends count; columns are characters."""
    path = tmp_path / "a.py"
    path.write_bytes(text.encode())
    request = read_request(path, position, tmp_path, (1_000, 1_000))
    assert (request.prefix, request.suffix) == (prefix, suffix)


@pytest.mark.parametrize(("text", "lines"), [("", 1), ("ab", 1), ("ab\n", 2), ("ab\r\ncd\re", 3)])
def test_a_line_beyond_the_files_end_is_said(text: str, lines: int, tmp_path: Path) -> None:
    """The last line may be asked about, the next one is misuse."""
    path = tmp_path / "a.py"
    path.write_bytes(text.encode())
    assert read_request(path, Position(lines - 1, 0), tmp_path, (9, 9)).position.line == lines - 1
    for beyond in (lines, 99):
        with pytest.raises(SettingsError, match=rf"ends with line {lines}; LINE {beyond + 1} is beyond its end"):
            read_request(path, Position(beyond, 0), tmp_path, (9, 9))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"fim": {"prov', "not valid JSON at line 1, column 10"),
        (b'{"fim":\n {"provider": 1,}}', "at line 2"),
        (b"", "at line 1, column 1"),
        (b"\xff\xfe{", "in UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_settings_that_break_off_are_refused_with_a_remedy(content: bytes, words: str, tmp_path: Path) -> None:
    """One sentence, and after a semicolon the remedy."""
    path = tmp_path / "s.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        read_settings_file(path)
    assert words in str(raised.value)
    assert str(raised.value).count("; ") == 1
    assert str(raised.value).endswith("or leave --settings out")


@pytest.mark.parametrize("place", [".kube/config", ".aws/config", ".ssh/config", ".config/gh/hosts.yml"])
def test_a_place_of_secrets_is_one_whatever_the_workspace_is(place: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text("a\n")
    for folder in (file.parent, tmp_path, tmp_path.parent):
        document = read_request(file, Position(0, 1), folder, (10, 10)).document
        assert secret_document_reason(document) is not None
        assert str(tmp_path) not in document.path


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_both_ends_of_a_link_are_judged(tmp_path: Path) -> None:
    """And neither a home directory nor what lies outside of the workspace is told by its whole path."""
    (tmp_path / "w").mkdir()
    (tmp_path / ".netrc").write_text("a\n")
    (tmp_path / "notes.txt").write_text("a\n")
    (tmp_path / "w" / "b.txt").symlink_to(tmp_path / ".netrc")
    (tmp_path / "w" / ".env").symlink_to(tmp_path / "notes.txt")
    for name in ("b.txt", ".env"):
        document = read_request(tmp_path / "w" / name, Position(0, 1), tmp_path / "w", (10, 10)).document
        assert secret_document_reason(document) is not None
    document = read_request(tmp_path / "notes.txt", Position(0, 1), tmp_path / "w", (10, 10)).document
    assert document.path == f"{tmp_path.name}/notes.txt"
    assert secret_document_reason(document) is None


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `complete` in a thread, so that a server of this test can answer it."""
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setenv("FIM_TEST_KEY", "test-key")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    monkeypatch.delenv("CODESTRAL_API_KEY", raising=False)

    async def run(*words: str, url: str = "", settings: Mapping[str, object] | None = None) -> int:
        file = tmp_path / "settings.json"
        provider = {"kind": "mistral", "url": url, "apiKeyEnv": "FIM_TEST_KEY"} if url else {}
        file.write_text(json.dumps({"fim": {"provider": provider, **(settings or {})}}), encoding="utf-8")
        return await asyncio.to_thread(outcome, "complete", f"{tmp_path}/a.py:2:13", "--settings", str(file), *words)

    return run


async def test_the_text_goes_to_standard_output(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else does."""
    async with FimServer("first + second") as api:
        assert await ask(url=api.url) == 0
    captured = capsys.readouterr()
    assert captured.out == "first + second\n"
    assert api.completions[0].body["prompt"].endswith("    total = ")
    assert api.completions[0].body["suffix"] == "\n    return total\n"


async def test_json_tells_where_it_came_from(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """For scripts."""
    async with FimServer("first + second") as api:
        assert await ask("--json", url=api.url) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["text"], facts["provider"], facts["model"]) == ("first + second", "mistral", "codestral-latest")


async def test_explained_it_lists_the_pieces_of_other_files(
    ask: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that the request carried, with their text and why; a secret in them is replaced, there and here."""
    secret = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    billing = tmp_path / "billing.py"
    billing.write_text(f'def add_total(first):\n    token = "{secret}"\n    return first\n', encoding="utf-8")
    async with FimServer("first + second") as api:
        assert await ask("--explain", "--open", str(billing), url=api.url) == 0
        prompt = api.completions[0].body["prompt"]
    captured = capsys.readouterr()
    assert captured.out == "first + second\n"
    assert "--- billing.py, lines 1 to 3: an open document, for " in captured.err
    sent = captured.err.partition("an open document")[2].partition("\n")[2].partition("--- end")[0].rstrip("\n")
    assert sent in prompt
    assert "def add_total(first):" in sent
    assert secret not in prompt + captured.err
    async with FimServer("first + second") as api:
        assert await ask("--explain", "--json", "--open", str(billing), url=api.url) == 0
        assert await ask("--explain", url=api.url) == 0
    captured = capsys.readouterr()
    (piece,) = json.loads(captured.out.partition("\n")[0])["pieces"]
    assert (piece["path"], piece["line"], piece["lines"], len(piece["text"])) == ("billing.py", 0, 3, len(sent))
    assert "no pieces of other files were sent" in captured.err


async def test_the_reason_for_silence_goes_to_standard_error(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """With the provider's sentence, and exit status 1."""
    async with FimServer("x", api_key="another") as api:
        assert await ask(url=api.url) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "FIM_TEST_KEY" in captured.err
    assert "nothing to offer" in captured.err
    assert "test-key" not in captured.err


async def test_the_embedded_model_says_why_it_is_silent(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """In its own words, where it has nothing to offer."""
    sparse = {"embedded": {"minConfidenceInvoked": 1}}
    assert await ask("--provider", "embedded", settings=sparse) == 1
    (reason,) = capsys.readouterr().err.splitlines()
    assert reason.startswith("nothing to offer: ")
    assert "the workspace" in reason


async def test_provider_overrides_settings(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded model completes from the file itself, and asks nobody."""
    async with FimServer("x") as api:
        assert await ask("--provider", "embedded", "--json", url=api.url) in {0, 1}
        assert api.completions == []
    assert json.loads(capsys.readouterr().out)["provider"] == "embedded"


def test_settings_that_cannot_be_read_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, no traceback."""
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    for settings in ("bad.json", "gone.json"):
        assert outcome("complete", f"{tmp_path}/a.py:1:1", "--settings", str(tmp_path / settings)) == 2
        assert capsys.readouterr().err.count("\n") == 1
