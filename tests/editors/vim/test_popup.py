"""Vim with ALE, which takes one line at most, cuts it before the first bracket, and shows one server's items."""

from __future__ import annotations

import itertools
import os
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.popup import POPUP, SHOWN, TYPED, PopupFile, unfinished
from tests.editors.provider import SERVER
from tests.editors.screen import Screen

BEFORE = """
set nocompatible hidden noswapfile
packadd! ale
let g:ale_completion_delay = 50
let s:options = json_decode('{options}')
"""


def documented() -> str:
    """Return the lines that docs/popup.md has for the vimrc."""
    section = POPUP.read_text(encoding="utf-8").partition("## Vim with ALE")[2]
    return textwrap.dedent(section.partition("```vim\n")[2].partition("   ```")[0])


@contextmanager
def vim(tmp_path: Path, indent: str, eol: str) -> Iterator[tuple[Screen, PopupFile]]:
    """A Vim at the end of the file's unfinished line, in insert mode."""
    with unfinished(tmp_path, indent, eol) as file:
        init, folder = tmp_path / "vimrc", file.path.parent
        lines = documented().replace("'fim-language-server'", f"'{SERVER}'")
        lines = lines.replace("getcwd()", f"'{folder}', 'initialization_options': s:options")
        init.write_text(BEFORE.format(options=file.json()) + lines, encoding="utf-8")
        environment = {**file.environment, "PATH": os.environ["PATH"]}
        with Screen("vim", ["vim.nox", "-N", "-u", str(init), "+3", str(file.path)], environment) as screen:
            screen.wait(lambda: "lead = 1" in screen.text())
            screen.press("A")
            yield screen, file


@pytest.mark.parametrize(("indent", "eol"), [("    ", "\n"), ("\t", "\n"), ("    ", "\r\n")])
def test_one_line_up_to_a_bracket(tmp_path: Path, indent: str, eol: str) -> None:
    """No NUL for a line end, and nothing else of the file is touched."""
    with vim(tmp_path, indent, eol) as (screen, file):
        screen.type(TYPED)
        keys = itertools.cycle(["BSpace", TYPED[-1]])  # ALE does not ask where it has asked last
        screen.wait(lambda: "FIM codestral" in screen.text(), again=lambda: screen.press(next(keys)))
        screen.press("C-n", "C-y", "Escape")
        screen.type(":w")
        screen.press("Enter")
        line = SHOWN.partition("(")[0]
        expected = file.whole.replace("\r\n", "\n").split("\n")
        screen.wait(lambda: line in file.text())
        assert file.text() == eol.join([*expected[:2], indent + line, "# end"])
