"""Ghost text belongs to insert mode, and to the window in which one inserts: it goes, whichever way these are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.nvim.neovim import Neovim

WAYS = {
    "Esc": "<Esc>",
    "Ctrl-C": "<C-c>",
    "Ctrl-[": "<C-[>",
    "Ctrl-O and a motion": "<C-o>0",
    "stopinsert": "<Cmd>stopinsert<CR>",
    "replace mode": "<Insert>",
    "a selection": "<S-Left>",
    "the command line": "<Esc>:",
    "another window": "<Cmd>wincmd w<CR>",
    "another buffer": "<Cmd>buffer other.py<CR>",
    "a new tab page": "<Cmd>tabnew<CR>",
    "a float": (
        "<Cmd>lua vim.api.nvim_open_win(vim.api.nvim_create_buf(false, true), true,"
        " {relative='editor', row=1, col=1, width=9, height=3})<CR>"
    ),
}


@pytest.fixture
def shown(neovim: Neovim, tmp_path: Path) -> Neovim:
    """A Neovim that shows ghost text, with another file in a second window."""
    neovim.rpc.command("set hidden keymodel=startsel")
    neovim.rpc.command(f"rightbelow vsplit {tmp_path / 'work' / 'other.py'}")
    neovim.wait_for_server()
    neovim.rpc.command("wincmd p")
    neovim.script(anchor="result = ", texts=["alpha + beta"])
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    return neovim


def test_it_is_gone(shown: Neovim) -> None:
    """At once, and it stays away until one inserts at its place again."""
    buffer = shown.rpc.current.buffer.number
    for way, keys in WAYS.items():
        shown.type(keys)
        shown.wait(lambda: shown.ghost(buffer) is None, lambda way=way: (way, shown.ghost(buffer)))  # type: ignore[misc]
        shown.rpc.command("sleep 250m")  # Neovim's own drawing asks 200 ms after a key.
        assert shown.ghost(buffer) is None, way
        shown.type("<C-\\><C-n>")
        shown.rpc.command(f"silent! tabonly | 1wincmd w | buffer {buffer}")
        assert shown.rpc.current.buffer.number == buffer, way
        shown.type("A")
        shown.wait_for_ghost("alpha + beta")
    shown.type("<Tab>")
    shown.wait_for_text("result = alpha + beta")


def test_it_goes_with_its_server(shown: Neovim) -> None:
    """Nothing is left of a server that is stopped."""
    shown.lua("vim.lsp.get_clients({ name = 'fim_ls' })[1]:stop(true)")
    shown.wait(lambda: shown.ghost() is None)


def test_an_answer_that_comes_afterwards_is_not_drawn(neovim: Neovim) -> None:
    """Ctrl-C while the server is thinking."""
    neovim.script(anchor="result = ", texts=["alpha + beta"], late_ms=300)
    neovim.type("iresult = ")
    neovim.wait(lambda: [entry for entry in neovim.recorded() if entry[0] == "request"])
    neovim.type("<C-c>")
    neovim.rpc.command("sleep 500m")
    assert neovim.rpc.api.get_mode()["mode"] == "n"
    assert neovim.ghost() is None
