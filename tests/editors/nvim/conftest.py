"""Neovims for the tests, which `tests/editors/nvim/run` installs; `make test` leaves these tests out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if "FIM_EDITORS" not in os.environ:
    collect_ignore_glob = ["*.py"]
else:
    from tests.editors.leaving_out import skip_unless_ci
    from tests.editors.nvim.neovim import INSTALLED, PLUGIN, SCRIPTED, Neovim

    VERSIONS = ["newest", "0.11"]

    def lua(value: Any) -> str:
        """Return JSON as a Lua expression."""
        return f"vim.json.decode([==[{json.dumps(value)}]==])"

    @pytest.fixture(params=VERSIONS)
    def version(request: pytest.FixtureRequest) -> str:
        """Each Neovim that could be installed."""
        if not (INSTALLED / request.param / "nvim").exists():
            skip_unless_ci(f"Neovim {request.param} could not be installed")
        return str(request.param)

    @pytest.fixture
    def start(version: str, tmp_path: Path) -> Iterator[Callable[..., Neovim]]:
        """Start a Neovim with the plugin, and close it afterwards."""
        running: list[Neovim] = []

        def start(
            config: dict[str, Any] | None = None,
            before: str = "",
            environment: dict[str, str] | None = None,
            init: str | None = None,
        ) -> Neovim:
            init = init or (
                f"vim.opt.runtimepath:prepend({lua(str(PLUGIN))})\n{before}\n"
                f"vim.lsp.config('fim_ls', {lua(config or {'cmd': SCRIPTED})})\n"
                "require('fim_ls').setup({ default_maps = true })\n"
                "vim.lsp.enable('fim_ls')\n"
            )
            running.append(Neovim(version, tmp_path / f"home{len(running)}", init, environment))
            return running[-1]

        yield start
        for neovim in running:
            neovim.__exit__()

    @pytest.fixture
    def neovim(start: Callable[..., Neovim], tmp_path: Path) -> Neovim:
        """A Neovim with the scripted server and an empty Python file."""
        neovim = start()
        neovim.edit(tmp_path / "work" / "demo.py")
        return neovim
