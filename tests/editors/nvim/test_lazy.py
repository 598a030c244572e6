"""Loaded as lazy.nvim loads: no registry has lazy.nvim itself, so what it does with a spec is done here in its order.

It switches Neovim's own loading of plugins and packages off; when its time has come, a plugin's folder is put on the
runtime path, its `plugin/` files are sourced by hand, and then `config` is called, or `setup(opts)` of the only module
in its `lua/` (lazy.nvim 11, lua/lazy/core/loader.lua).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.nvim.neovim import PLUGIN, ROOT, SCRIPTED, Neovim
from tests.editors.steps import code

LOADER = """
vim.go.loadplugins = false
vim.go.packpath = vim.env.VIMRUNTIME

function Load(spec)
  vim.opt.runtimepath:append(spec.dir)
  for name in vim.fs.dir(spec.dir .. '/plugin') do
    vim.cmd.source(spec.dir .. '/plugin/' .. name)
  end
  local modules = {}
  for name in vim.fs.dir(spec.dir .. '/lua') do
    modules[#modules + 1] = name:gsub('%.lua$', '')
  end
  if spec.config then
    spec.config()
  elseif spec.opts then
    assert(#modules == 1, 'lazy.nvim would not know whose setup to call')
    require(modules[1]).setup(spec.opts)
  end
end

function Plan(spec)
  if spec.lazy == false then
    return Load(spec)
  end
  vim.api.nvim_create_autocmd(spec.event, { once = true, callback = function() Load(spec) end })
end
"""


@pytest.fixture
def planned(start: Callable[..., Neovim], tmp_path: Path) -> Callable[..., Neovim]:
    """Start a Neovim that knows the plugin only by a spec, with an empty Python file open in it."""

    def planned(spec: str, before: str = "") -> Neovim:
        cmd = f"vim.lsp.config('fim_ls', {{ cmd = vim.json.decode([==[{json.dumps(SCRIPTED)}]==]) }})"
        neovim = start(init=f"{LOADER}\n{cmd}\n{before}\nPlan({spec})")
        neovim.rpc.command(f"edit {neovim.rpc.funcs.fnameescape(str(tmp_path / 'demo.py'))}")
        return neovim

    return planned


def documented() -> str:
    """Return the spec that docs/editors.md gives, with the path of this clone."""
    _, spec = code("Neovim", "lua")
    return spec.replace("~/fim-language-server", str(ROOT))


def complete(neovim: Neovim) -> None:
    """Show ghost text and accept it by the default key."""
    neovim.wait_for_server()
    neovim.script(anchor="a = ", texts=["b + c"])
    neovim.type("ia = ")
    neovim.wait_for_ghost("b + c")
    neovim.type("<Tab>")
    neovim.wait_for_text("a = b + c")


def test_the_spec_of_the_documentation(planned: Callable[..., Neovim]) -> None:
    """It is all that init.lua needs, and the commands are there, too."""
    neovim = planned(documented())
    complete(neovim)
    assert neovim.rpc.funcs.exists(":FimStatus") == 2


def test_loaded_by_an_event(planned: Callable[..., Neovim]) -> None:
    """Loaded when insert mode begins, it completes in the buffer that was open before."""
    neovim = planned(documented().replace("lazy = false", "event = 'InsertEnter'"))
    assert neovim.lua("return package.loaded.fim_ls") is None
    neovim.type("i")
    neovim.wait_for_server()
    neovim.type("<Esc>")
    complete(neovim)


def test_loaded_where_the_server_runs_already(planned: Callable[..., Neovim]) -> None:
    """What attached before the plugin was there is drawn for, too."""
    spec = f"{{ dir = '{PLUGIN}', event = 'InsertEnter', opts = {{ default_maps = true }} }}"
    neovim = planned(spec, before="vim.lsp.enable('fim_ls')")
    attached = "return #vim.lsp.get_clients({ name = 'fim_ls', bufnr = 0 })"
    neovim.wait(lambda: neovim.lua(attached) == 1)
    assert neovim.lua("return package.loaded.fim_ls") is None
    neovim.type("i<Esc>")
    neovim.wait(lambda: neovim.lua("return package.loaded.fim_ls ~= nil"))
    complete(neovim)


def test_who_draws_may_be_told_late(planned: Callable[..., Neovim]) -> None:
    """A buffer that is drawn for already is handed over."""
    neovim = planned(
        f"{{ dir = '{PLUGIN}', lazy = false, opts = {{ default_maps = true }} }}", "vim.lsp.enable('fim_ls')"
    )
    complete(neovim)
    for drawn_by in ("plugin", "neovim"):
        neovim.lua(f"require('fim_ls').setup({{ drawn_by = '{drawn_by}' }})")
        neovim.type("<Esc>ggdG")
        complete(neovim)


@pytest.mark.parametrize("when", ["lazy = false", "event = 'InsertEnter'"])
def test_opts_are_given_to_setup(planned: Callable[..., Neovim], when: str) -> None:
    """`opts` works in place of `config`, also where the server was enabled before the plugin was there."""
    spec = f"{{ dir = '{PLUGIN}', {when}, opts = {{ default_maps = true }} }}"
    neovim = planned(spec, before="vim.lsp.enable('fim_ls')")
    neovim.type("i")
    neovim.wait_for_server()
    neovim.type("<Esc>")
    complete(neovim)


def test_a_missing_program_is_told_of_a_buffer_that_was_open_before(
    start: Callable[..., Neovim], tmp_path: Path
) -> None:
    """Loaded by an event, the plugin comes after the one at which Neovim starts servers."""
    noted = "Noted = {} vim.notify = function(text) table.insert(Noted, text) end"
    spec = f"{{ dir = '{PLUGIN}', event = 'InsertEnter', opts = {{ default_maps = true }} }}"
    cmd = "vim.lsp.config('fim_ls', { cmd = { 'no-such-program' } }) vim.lsp.enable('fim_ls')"
    neovim = start(init=f"{LOADER}\n{noted}\n{cmd}\nPlan({spec})")
    neovim.rpc.command(f"edit {tmp_path / 'demo.py'}")
    assert neovim.lua("return Noted") == []
    neovim.type("i")
    neovim.wait(lambda: neovim.lua("return Noted"))
    assert neovim.lua("return Noted") == ["FIM: no-such-program is not found; see :checkhealth fim_ls"]
