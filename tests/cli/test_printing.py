"""Printed and logged text is plain, also where it repeats the words of others."""

from __future__ import annotations

import ast
import errno
import io
import json
import logging
import sys
from pathlib import Path

import pytest

import fim_language_server
from fim_language_server.cli import main
from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.cli.printing import (
    LONGEST_LINE,
    LONGEST_RECORD,
    PlainFormatter,
    make_console,
    remark,
    say,
    say_completion,
    say_json,
)
from fim_language_server.core.invisible_characters import INVISIBLE, has_invisible
from fim_language_server.lsp.editor.client import LONGEST_MESSAGE, shown

FOREIGN = "a\x1b]0;TITLE\x07\x1b[31m\x9b31m\u202eX\u2066\u200b\U000e0041\ud800\ufeff\x00\x7f\u2028z"
EVERY_END = "x".join(chr(number) for ends in INVISIBLE for number in ends)
PACKAGE = Path(fim_language_server.__file__).parent


def test_nothing_else_prints() -> None:
    """A `print` or a console of rich anywhere else would forget what belongs to all of them."""
    found = []
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in ("print", "Console", "logging.Formatter", "sys.stdout.write", "sys.stderr.write"):
                found.append((module.relative_to(PACKAGE).as_posix(), name))
    assert found == []


@pytest.mark.parametrize("text", [FOREIGN, EVERY_END])
def test_no_character_that_steers_a_terminal_comes_out(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By any of the ways there are to print."""
    say(text)
    say_json({text: [text]}, indent=1)
    remark(ValueError(text))
    make_console(width=200).print(text, markup=False)
    printed = capsys.readouterr()
    assert not has_invisible(printed.out + printed.err)
    say_completion(text)
    assert not set(capsys.readouterr().out) & set("\x00\x1b\x07\x7f\x9b\u202e\u2066\U000e0041\ud800")


def test_tables_are_plain_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Drawing by rich itself stays: on a terminal, colours are escape sequences."""
    from rich.table import Table

    table = Table()
    table.add_column(FOREIGN)
    table.add_row(FOREIGN, style="bold")
    drawn = io.StringIO()
    make_console(file=drawn, force_terminal=True, width=100).print(table)
    assert "\x1b[1m" in drawn.getvalue()
    assert "\x1b]0" not in drawn.getvalue()
    assert "\x9b" not in drawn.getvalue()


def test_json_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Invisible characters are written as escapes."""
    value = {"text": FOREIGN + EVERY_END + "naïve 👩‍💻\t\n"}
    say_json(value)
    assert json.loads(capsys.readouterr().out) == value


def test_a_completion_keeps_its_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    """Joiners and variation selectors are parts of what is drawn."""
    say_completion("👩‍💻 ❤️ می‌خواهم\x1b[31m")
    assert capsys.readouterr().out == "👩‍💻 ❤️ می‌خواهم[31m\n"


def test_a_remark_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    """A model whose id has a line feed in it must not forge a second finding."""
    remark("x\nok    all is well\n")
    remark("y" * 1_000_000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "x ok    all is well"
    assert len(second) == LONGEST_LINE


def test_a_finding_is_one_line() -> None:
    report = CheckReport()
    report.add(Level.FAIL, "model", f"unknown model {FOREIGN}\nok    all is well", FOREIGN * 1_000)
    (finding,) = report.findings
    assert "\n" not in finding.line()
    assert not has_invisible(finding.line())
    assert len(finding.line()) < 3 * LONGEST_LINE


def test_a_terminal_that_does_not_know_all_characters_gets_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a file on Windows."""
    for encoding in ("ascii", "cp1252"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        say("a → 変")
        assert stream.buffer.getvalue().rstrip() == b"a ? ?"


def test_log_records_are_plain_text() -> None:
    """Whatever library wrote them; no line of one looks like the beginning of another."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter("%(levelname)s %(message)s"))
    try:
        raise ValueError(FOREIGN)
    except ValueError as error:
        for arguments in ((FOREIGN, None), ("x\nERROR forged", None), ("z" * 100_000, None), ("t", error)):
            info = (type(error), error, error.__traceback__) if arguments[1] else None
            handler.handle(logging.LogRecord("x", logging.ERROR, "", 1, "%s", (arguments[0],), info))
    written = stream.getvalue()
    assert not has_invisible(written)
    assert [line[:9] for line in written.splitlines() if line.startswith("ERROR")] == [
        "ERROR a]0"[:9],
        "ERROR x",
        "ERROR zzz",
        "ERROR t",
    ]
    assert max(map(len, written.splitlines())) <= LONGEST_RECORD


def test_messages_in_an_editor_are_plain_text() -> None:
    assert not has_invisible(shown(FOREIGN))
    assert shown("two\nlines") == "two\nlines"
    assert len(shown("x" * 1_000_000)) == LONGEST_MESSAGE


def test_names_of_a_configuration_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once end to end: a title with an escape sequence in it."""
    model = {"title": FOREIGN, "provider": "mistral", "model": f"m{FOREIGN}"}
    (tmp_path / "config.json").write_text(json.dumps({"tabAutocompleteModel": [model, {**model, "provider": FOREIGN}]}))
    with pytest.raises(SystemExit):
        main(["import-continue", str(tmp_path / "config.json")])
    printed = capsys.readouterr()
    assert "TITLE" in printed.out + printed.err
    assert not has_invisible(printed.out + printed.err)


@pytest.mark.parametrize(
    ("system", "number", "expected"),
    [("win32", errno.EINVAL, BrokenPipeError), ("linux", errno.EINVAL, OSError), ("win32", errno.ENOSPC, OSError)],
)
def test_a_reader_that_is_gone_is_told_from_other_errors(
    system: str, number: int, expected: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows says EINVAL (invalid argument) where others say EPIPE."""

    class ClosedPipe(io.StringIO):
        def flush(self) -> None:
            raise OSError(number, "as the system says it")

    monkeypatch.setattr("sys.stdout", ClosedPipe())
    monkeypatch.setattr("sys.platform", system)
    with pytest.raises(OSError) as caught:
        say("a line")
    assert type(caught.value) is expected
    monkeypatch.undo()
