"""A real Neovim with the plugin, driven over its RPC: keys in, ghost text and text out."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import pynvim  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "editors" / "nvim"
INSTALLED = Path(os.environ.get("FIM_EDITORS_CACHE", ROOT / ".cache" / "editors")) / "nvim"
SCRIPTED = [sys.executable, str(Path(__file__).with_name("scripted_server.py"))]
PATIENCE = 30.0  # seconds; a whole editor and a whole server start within it, on a busy machine, too

GHOST = """
local buffer = ...
local first, below = {}, {}
for _, name in ipairs({ 'fim_ls', 'nvim.lsp.inline_completion' }) do
  local namespace = vim.api.nvim_get_namespaces()[name]
  local marks = namespace and vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, { details = true }) or {}
  for _, mark in ipairs(marks) do
    local lines = vim.list_extend({ mark[4].virt_text or {} }, mark[4].virt_lines or {})
    local texts = vim.tbl_map(function(line)
      return table.concat(vim.tbl_map(function(chunk) return chunk[1] end, line))
    end, lines)
    first[#first + 1] = texts[1]
    vim.list_extend(below, texts, 2)
  end
end
table.insert(below, 1, table.concat(first, '|'))
return table.concat(below, '\\n')
"""


class Neovim:
    """One running editor. `version` is the name of its folder under `.cache/editors/nvim`."""

    def __init__(self, version: str, home: Path, init: str, environment: Mapping[str, str] | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        config = home / "init.lua"
        # Looking for a Python provider takes Neovim seconds, and nothing here asks for one.
        config.write_text(f"vim.opt.swapfile = false\nvim.g.loaded_python3_provider = 0\n{init}", encoding="utf-8")
        # A home of its own: neither the user's configuration nor an earlier test's is seen.
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        argv = [
            "env",
            *(f"{key}={value}" for key, value in {"HOME": str(home), **folders, **(environment or {})}.items()),
        ]
        argv += [str(INSTALLED / version / "nvim"), "--embed", "--headless", "-u", str(config)]
        self.rpc = pynvim.attach("child", argv=argv)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(EOFError, OSError):
            self.rpc.command("qall!")
        with contextlib.suppress(EOFError, OSError):
            self.rpc.close()

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua and return its result."""
        return self.rpc.exec_lua(code, *arguments)

    def edit(self, path: Path, text: str = "") -> None:
        """Open a file and wait until the server has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.rpc.command(f"edit {self.rpc.funcs.fnameescape(str(path))}")
        self.wait_for_server()

    def wait_for_server(self) -> None:
        """Wait until the server knows the current buffer."""
        self.wait(lambda: self.lua("local c = require('fim_ls').client(0) return c ~= nil and c.initialized == true"))

    def type(self, keys: str) -> None:
        """Press keys, in Neovim's notation."""
        self.rpc.input(keys)

    def ghost(self, buffer: int = 0) -> str | None:
        """Return the ghost text that is drawn in a buffer (0: the current one); pieces of one line have "|" between."""
        text = self.lua(GHOST, buffer)
        return text or None

    def text(self) -> str:
        """Return the text of the buffer."""
        return "\n".join(self.rpc.current.buffer[:])

    def wait(self, condition: Callable[[], Any], seen: Callable[[], Any] | None = None) -> Any:
        """Wait until a condition holds, and return its value; tell what was `seen` instead where it never does."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"never came true; seen: {seen() if seen else (self.ghost(), self.text())!r}")
            time.sleep(0.01)
        return value

    def wait_for_ghost(self, expected: str | None) -> None:
        """Wait until exactly this ghost text is drawn; None: none."""
        self.wait(lambda: self.ghost() == expected)

    def wait_for_text(self, expected: str) -> None:
        """Wait until the buffer has exactly this text."""
        self.wait(lambda: self.text() == expected)

    def script(self, **script: Any) -> None:
        """Tell the scripted server what to answer."""
        self.lua("require('fim_ls').client(0):notify('test/script', ...)", script)

    def recorded(self) -> list[list[Any]]:
        """Return what the scripted server has seen."""
        return list(self.lua("return require('fim_ls').client(0):request_sync('test/recorded', {}, 5000, 0).result"))

    def kill_server(self, program: str) -> None:
        """Kill the server without a word, as the system does where memory runs out. `program`: part of its command."""
        children = self.lua("return vim.fn.systemlist('pgrep -P ' .. vim.fn.getpid())")
        commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in map(int, children)}
        (server,) = [pid for pid, path in commands.items() if path.exists() and program in path.read_text("utf-8")]
        os.kill(server, signal.SIGKILL)

    def commands(self) -> list[str]:
        """Return the names of the commands that the scripted server was told to run."""
        return [entry[1] for entry in self.recorded() if entry[0] == "command"]
