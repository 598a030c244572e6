"""docs/editors.md: few steps for each editor, settings that can be pasted, and an honest word on each of the others."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from tests.editors.steps import PAGE, code, count, section


@pytest.mark.parametrize("title", ["VS Code", "JupyterLab", "Neovim", "Emacs", "JetBrains IDEs"])
def test_three_steps_at_most(title: str) -> None:
    """What is done in them is tested with the editor itself (tests/editors)."""
    assert 1 <= count(title) <= 3


def test_settings_for_coc_are_json() -> None:
    """There is no package of coc to try them in; at least they can be read."""
    (block,) = code("coc.nvim", "json")
    (server,) = json.loads(block)["languageserver"].values()
    assert server == {"command": "fim-language-server", "filetypes": ["*"]}


def test_every_editor_of_the_table_has_its_entry() -> None:
    """Nobody is sent away without a word."""
    page = section("")
    table = [row.split("|")[1].strip() for row in re.findall(r"^\| .*$", page, re.MULTILINE)][1:]
    titles = ["Neovim", "Emacs", "JetBrains IDEs", "The playground: a browser, and no editor", "VS Code"]
    titles += ["JupyterLab", "coc.nvim"]
    assert all(section(title) for title in titles)
    assert len(table) == len(titles) + 4, table
    entries = section("Editors that cannot show it yet")
    for name in re.split(r", ", table[-1]):
        assert name in entries, name
    popup = POPUP.read_text(encoding="utf-8")
    for name in [part.removeprefix("Emacs with ") for row in table[-3:-1] for part in re.split(r", ", row)]:
        assert re.search(rf"^## .*{name}", popup, re.MULTILINE), name


POPUP = PAGE.with_name("popup.md")
POPUP_EDITORS = re.findall(r"^## (.*)$", POPUP.read_text(encoding="utf-8"), re.MULTILINE)[:-1]


@pytest.mark.parametrize("title", POPUP_EDITORS)
def test_three_steps_at_most_for_the_popup(title: str) -> None:
    """Those that can be run here are tried in tests/editors with these very blocks, or with ones like them."""
    assert 1 <= count(title, POPUP) <= 3


def test_settings_for_the_popup_can_be_read() -> None:
    """At least that is certain of editors that cannot be run here."""
    for title in ("Kate, KWrite, KDevelop", "Sublime Text"):
        (block,) = code(title, "json", POPUP)
        assert "fim-language-server" in json.dumps(json.loads(block))
    (block,) = code("Helix", "toml", POPUP)
    assert tomllib.loads(block)["language-server"]["fim"]["command"] == "fim-language-server"
