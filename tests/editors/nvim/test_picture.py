"""The picture of Neovim in the documentation is a real one: this test sees it, and writes it where it is asked to.

FIM_PICTURE=1 tests/editors/nvim/run -k picture        writes docs/neovim.svg
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.editors.leaving_out import skip_unless_ci
from tests.editors.nvim.neovim import INSTALLED, PLUGIN, ROOT
from tests.editors.provider import SERVER, serve
from tests.editors.screen import Screen

PROGRAM = '''"""What a customer is about to buy."""


class Basket:
    def __init__(self) -> None:
        self.prices: dict[str, float] = {}

    def total(self) -> float:
        return sum(self.prices.values())
'''
TYPED = "    def total(self) -> float:"
GHOST = "sum(self.prices.values())"
INIT = """
vim.opt.runtimepath:prepend('%s')
vim.opt.swapfile, vim.opt.termguicolors, vim.opt.shortmess = false, true, 'I'
vim.g.loaded_python3_provider = 0
vim.cmd('highlight Normal guibg=NONE | highlight ComplHint guifg=#8a8f9c')
vim.o.statusline = "%%f %%= %%{v:lua.require'fim_ls'.statusline()}"
vim.lsp.config('fim_ls', { cmd = { '%s' }, settings = vim.json.decode([[%s]]) })
vim.lsp.enable('fim_ls')
"""


def test_picture(tmp_path: Path) -> None:
    """Ghost text stands behind what is typed, in another colour, and the status line says that the server is ready."""
    program = INSTALLED / "newest" / "nvim"
    if not program.exists() or not shutil.which("tmux"):
        skip_unless_ci("Neovim 0.12 or tmux could not be installed")
    finished, path, init = tmp_path / "finished.py", tmp_path / "basket.py", tmp_path / "init.lua"
    finished.write_text(PROGRAM, encoding="utf-8")
    path.write_text(PROGRAM[: PROGRAM.index(TYPED)], encoding="utf-8")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "MISTRAL_API_KEY": "test-key"}
    with serve("--oracle", str(finished), "--first-byte-ms", "100") as provider:
        init.write_text(INIT % (PLUGIN, SERVER, json.dumps({"fim": {"provider": provider}})), encoding="utf-8")
        command = ["sh", "-c", f"cd '{tmp_path}' && exec '{program}' -u init.lua basket.py"]
        with Screen("picture", command, environment) as screen:
            screen.wait(lambda: "FIM" in screen.text())
            screen.type("Go" + TYPED)
            screen.press("Enter")
            screen.type("return ")
            screen.wait(lambda: GHOST in screen.text(), again=lambda: screen.press("BSpace", "Space"))
            screen.wait(lambda: "FIM ready" in screen.text())
            picture = screen.capture()
    ghost = next(line for line in picture.splitlines() if GHOST in line)
    assert re.search(rf"\x1b\[38[0-9;:]*m *{re.escape(GHOST)}", ghost), ghost
    if "FIM_PICTURE" in os.environ:
        (ROOT / "docs" / "neovim.svg").write_text(draw(picture), encoding="utf-8")


def draw(screen: str) -> str:
    """Return a screen as SVG that loads nothing from elsewhere."""
    console = Console(file=io.StringIO(), record=True, width=72, highlight=False)
    console.print(Text.from_ansi(re.sub(r"(\x1b\[[0-9;]*):", r"\1;", screen)))
    svg = console.export_svg(title="Neovim")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
