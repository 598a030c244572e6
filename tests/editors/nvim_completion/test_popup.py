"""Neovim's own completion, without the plugin, with this server and another one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.leaving_out import skip_unless_ci
from tests.editors.popup import POPUP, ROOT, TYPED, WORD, WORDS, PopupFile, unfinished
from tests.editors.provider import SERVER
from tests.editors.screen import Screen
from tests.editors.steps import code

INSTALLED = Path(os.environ.get("FIM_EDITORS_CACHE", ROOT / ".cache" / "editors")) / "nvim"

MORE = """
vim.o.swapfile = false
vim.o.completeopt = 'menuone,noinsert'
vim.cmd('filetype plugin indent on')
vim.lsp.config('fim', {{ init_options = vim.json.decode([==[{options}]==]) }})
vim.lsp.config('words', {{ cmd = {{ '{python}', '{words}' }}, root_markers = {{ '.git' }} }})
vim.lsp.enable('words')
"""


def init(**values: str) -> str:
    """Return the configuration that docs/popup.md gives, with another server, and where the model is."""
    (block,) = code("Neovim without the plugin", "lua", POPUP)
    return block + MORE.format(**values)


@contextmanager
def neovim(tmp_path: Path, version: str, indent: str, eol: str, name: str) -> Iterator[tuple[Screen, PopupFile]]:
    """A Neovim at the end of the file's unfinished line, in insert mode."""
    program = INSTALLED / version / "nvim"
    if not program.exists():
        skip_unless_ci(f"Neovim {version} could not be installed")
    with unfinished(tmp_path, indent, eol, name) as file:
        path = tmp_path / "init.lua"
        path.write_text(init(options=file.json(), python=sys.executable, words=WORDS), encoding="utf-8")
        environment = {**file.environment, "PATH": f"{Path(SERVER).parent}:{os.environ['PATH']}"}
        with Screen("nvim", [str(program), "--clean", "-u", str(path), "+3", str(file.path)], environment) as screen:
            screen.wait(lambda: "lead = 1" in screen.text())
            screen.press("A")
            yield screen, file


def ask_until_shown(screen: Screen) -> None:
    """Type the word, and ask with a key until the model and the other server have answered."""
    screen.type(TYPED)
    screen.wait(lambda: "✦" in screen.text() and WORD in screen.text(), again=lambda: screen.press("C-e", "C-x", "C-o"))


@pytest.mark.parametrize("version", ["newest", "0.11"])
@pytest.mark.parametrize(
    ("indent", "eol", "name"),
    # Not tabs where 'expandtab' is set: there Neovim makes blanks of them now and then (docs/popup.md).
    [("    ", "\n", "demo.py"), ("\t", "\n", "demo.js"), ("    ", "\r\n", "demo.py")],
)
def test_a_block_is_inserted_as_it_is(tmp_path: Path, version: str, indent: str, eol: str, name: str) -> None:
    """Each line with its indentation and line end, `$`, `}` and backslash as they are."""
    with neovim(tmp_path, version, indent, eol, name) as (screen, file):
        ask_until_shown(screen)
        rows = [row for row in screen.text().splitlines() if WORD in row or "✦" in row]
        screen.press(*["Down"] * ["✦" in row for row in rows].index(True), "C-y")  # Neovim sorts by server
        screen.wait(lambda: "return combined" in screen.text())
        screen.press("Escape")
        screen.type(":w")
        screen.press("Enter")
        screen.wait(lambda: "return" in file.text())
        assert file.text() == file.whole
