"""The default keys: where there is no ghost text they do what they did before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.editors.nvim.conftest import VERSIONS, installed, lua
from tests.editors.nvim.neovim import PLUGIN, SCRIPTED, Neovim

SCRIPT = """vim.cmd([[
function! s:Mine() abort
  return 'mine'
endfunction
function! Mine() abort
  return 'mine'
endfunction
%s
]])"""

BEFORE = {
    "a function that returns keys": "vim.keymap.set('i', '<Tab>', function() return 'mine' end, { expr = true })",
    "a function that returns special keys": (
        "vim.keymap.set('i', '<Tab>', function() return 'min<C-v>e' end, { expr = true })"
    ),
    "a function that returns keys as they are": (
        "vim.keymap.set('i', '<Tab>', function() return vim.keycode('min<C-v>e') end,"
        " { expr = true, replace_keycodes = false })"
    ),
    "a function that inserts": (
        "vim.keymap.set('i', '<Tab>', function() vim.api.nvim_put({ 'mine' }, 'c', false, true) end)"
    ),
    "keys": "vim.keymap.set('i', '<Tab>', 'mine')",
    "keys from Vim script": "vim.cmd([[inoremap <Tab> mine]])",
    "keys that are mapped again": "vim.cmd([[imap <Tab> <Plug>(Mine)]]) vim.cmd([[inoremap <Plug>(Mine) mine]])",
    "keys that are mapped again, from Lua": (
        "vim.keymap.set('i', '<Tab>', 'm!', { remap = true }) vim.keymap.set('i', '!', 'ine')"
    ),
    "an expression": 'vim.cmd([[inoremap <expr> <Tab> pumvisible() ? "\\<C-n>" : "mine"]])',
    "an expression with special keys": 'vim.cmd([[inoremap <expr> <Tab> pumvisible() ? "\\<C-n>" : "mi\\<C-v>ne"]])',
    "an expression from Lua": "vim.keymap.set('i', '<Tab>', '\"mi\" .. \"ne\"', { expr = true })",
    "an expression with keys to be replaced": (
        "vim.keymap.set('i', '<Tab>', [['min<lt>C-v>e']], { expr = true, replace_keycodes = true })"
    ),
    "an expression with a comparison": "vim.cmd([[inoremap <expr> <Tab> pumvisible() < 1 ? 'mine' : 'no']])",
    "an expression with a wide character": 'vim.cmd([[inoremap <expr> <Tab> "…\\<BS>mine"]])',
    "a function that returns a wide character": (
        "vim.keymap.set('i', '<Tab>', function() return '…<BS>mine' end, { expr = true })"
    ),
    "keys with a wide character": "vim.cmd([[inoremap <Tab> …<BS>mine]])",
    "an expression that names keys to be mapped again": (
        'vim.cmd([[imap <expr> <Tab> pumvisible() ? "\\<C-n>" : "\\<Plug>(Mine)"]])'
        " vim.cmd([[inoremap <Plug>(Mine) mine]])"
    ),
    "an expression of a plugin": (
        "vim.cmd([[inoremap <silent> <expr> <Tab> Mine()]])"
        " vim.cmd([[function! Mine() abort\nreturn 'mine'\nendfunction]])"
    ),
    "a function of a script": SCRIPT % "inoremap <expr> <Tab> <SID>Mine()",
    "a function of a script in keys": SCRIPT % "inoremap <Tab> <C-r>=<SID>Mine()<CR>",
    "a command": "vim.cmd([[inoremap <Tab> <Cmd>call nvim_put(['mine'], 'c', v:false, v:true)<CR>]])",
    "keys that begin with the key itself": "vim.cmd([[imap <Tab> <Tab><BS>mine]])",
    "an expression that gives the key itself": 'vim.cmd([[imap <expr> <Tab> "\\<Tab>\\<BS>mine"]])',
}


@pytest.fixture(scope="module", params=VERSIONS)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neovim]:
    """One Neovim of each version, with the plugin and none of its default keys."""
    home = tmp_path_factory.mktemp("keys")
    init = (
        f"vim.opt.runtimepath:prepend({lua(str(PLUGIN))})\n"
        f"vim.lsp.config('fim_ls', {lua({'cmd': SCRIPTED})})\nvim.lsp.enable('fim_ls')\n"
    )
    with Neovim(installed(request.param), home, init) as neovim:
        neovim.edit(home / "demo.py")
        neovim.rpc.command("set noexpandtab softtabstop=0")
        yield neovim


def map_defaults(neovim: Neovim, before: str) -> None:
    """Map the default keys after a configuration of the user's, in an empty buffer."""
    neovim.type("<Esc>")
    neovim.lua("pcall(vim.keymap.del, 'i', '<Tab>') pcall(vim.keymap.del, 'i', '!') vim.cmd('%delete')")
    neovim.lua(before)
    neovim.lua("package.loaded['fim_ls.maps'] = nil require('fim_ls').setup({ default_maps = true })")


@pytest.mark.parametrize("kind", BEFORE)
def test_a_map_of_before_is_kept(prepared: Neovim, kind: str) -> None:
    """Each kind of map does what it did, and gives way to ghost text."""
    map_defaults(prepared, BEFORE[kind])
    prepared.script(anchor="a = ", texts=["b"])
    prepared.type("i<Tab> a = ")
    prepared.wait_for_text("mine a = ")
    prepared.wait_for_ghost("b")
    prepared.type("<Tab>")
    prepared.wait_for_text("mine a = b")


def test_a_key_without_a_map_is_itself(prepared: Neovim) -> None:
    """Tab is a tab."""
    map_defaults(prepared, "")
    prepared.type("ia<Tab>b")
    prepared.wait_for_text("a\tb")


def test_setup_twice_keeps_it(prepared: Neovim) -> None:
    """A configuration that is read again does not take the plugin's own maps for those of before."""
    map_defaults(prepared, BEFORE["an expression"])
    prepared.lua("require('fim_ls').setup({ default_maps = true })")
    prepared.type("i<Tab>")
    prepared.wait_for_text("mine")


def test_a_map_of_one_buffer_is_none_of_before(prepared: Neovim) -> None:
    """It holds in its buffer only, and there it goes first anyway."""
    map_defaults(prepared, "vim.keymap.set('i', '<Tab>', 'one', { buffer = true })")
    prepared.type("ia<Tab>b")
    prepared.wait_for_text("aoneb")
    prepared.lua("vim.keymap.del('i', '<Tab>', { buffer = true })")
    prepared.type("<Esc>ccc<Tab>d")
    prepared.wait_for_text("c\td")
