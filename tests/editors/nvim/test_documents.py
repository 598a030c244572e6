"""Names of buffers: the server is told of each, and has each text once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.conftest import VERSIONS, installed, lua
from tests.editors.nvim.neovim import PLUGIN, SCRIPTED, Neovim

SCRIPT = {"anchor": "= ", "texts": ["alpha"]}


@pytest.fixture(params=VERSIONS)
def unnamed(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A Neovim with a Python buffer that has no name yet, in which something was completed already."""
    init = (
        f"vim.opt.runtimepath:prepend({lua(str(PLUGIN))})\nvim.opt.hidden = true\n"
        f"vim.lsp.config('fim_ls', {lua({'cmd': SCRIPTED})})\nvim.lsp.enable('fim_ls')\n"
        "require('fim_ls').setup({ default_maps = true })\n"
    )
    with Neovim(installed(request.param), tmp_path / "home", init) as neovim:
        neovim.rpc.command("setfiletype python")
        neovim.wait_for_server()
        neovim.script(**SCRIPT)
        complete(neovim)
        yield neovim


def complete(neovim: Neovim) -> None:
    """Show ghost text on a new line of the current buffer, and take it."""
    neovim.type("<Esc>oa = ")
    neovim.wait_for_ghost("alpha")
    neovim.type("<Tab><Esc>")
    neovim.wait(lambda: neovim.text().endswith("a = alpha"))


def open_documents(neovim: Neovim) -> list[str]:
    """Return the addresses of what the server has open."""
    opened: list[str] = []
    for what, uri, *_ in neovim.lua("return require('fim_ls').client():request_sync('test/opened', {}, 5000).result"):
        if what == "open":
            assert uri not in opened, "opened twice"
            opened.append(uri)
        elif uri in opened:
            opened.remove(uri)
    return opened


@pytest.mark.parametrize(
    "commands",
    [
        ["write {}/named.py"],
        ["file {}/named.py"],
        ["file {}/named.py", "write"],
        ["saveas {}/named.py"],
        ["write {}/one.py", "saveas {}/named.py"],
        ["write {}/one.py", "file {}/named.py"],
        ["write {}/one.py", "write {}/copy.py", "file {}/named.py", "write"],
        ["lua vim.api.nvim_buf_set_name(0, [[{}/named.py]])"],
    ],
    ids=lambda commands: " ".join(word.partition(" ")[0] + word[-8:] for word in commands),
)
def test_a_buffer_that_gets_its_name_later(unnamed: Neovim, tmp_path: Path, commands: list[str]) -> None:
    """It is completed under its new name at once, and the server has nothing open under its old one."""
    for command in commands:
        unnamed.rpc.command(command.format(tmp_path))
    complete(unnamed)
    assert [uri.rpartition("/")[2] for uri in open_documents(unnamed)] == ["named.py"]
    (text,) = unnamed.lua("return require('fim_ls').client():request_sync('test/texts', {}, 5000).result").values()
    assert text.rstrip("\n") == unnamed.text()


def test_two_buffers_without_a_name(unnamed: Neovim) -> None:
    """They have one address: the server has the text of the one that is typed in."""
    first = unnamed.rpc.current.buffer.number
    unnamed.rpc.command("enew | setfiletype python")
    unnamed.wait_for_server()
    second = unnamed.rpc.current.buffer.number
    for buffer in (second, first, second):
        unnamed.rpc.command(f"buffer {buffer}")
        complete(unnamed)
        (text,) = unnamed.lua("return require('fim_ls').client():request_sync('test/texts', {}, 5000).result").values()
        assert text.rstrip("\n") == unnamed.text()
