"""Helix with this server and another one: our item is in its popup, and inserted as it should be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.popup import POPUP, ROOT, TYPED, WORD, WORDS, PopupFile, unfinished
from tests.editors.provider import SERVER
from tests.editors.screen import Screen
from tests.editors.steps import code

HX = Path(os.environ.get("FIM_EDITORS_CACHE", ROOT / ".cache" / "editors")) / "helix" / "hx"

MORE = """
auto-format = false
[language-server.fim.config]
shaping = {{ multiLine = "always" }}
provider = {{ kind = "{kind}", url = "{url}", fallback = [] }}
[language-server.words]
command = "{python}"
args = ["{words}"]
"""


def languages(**values: str) -> str:
    """Return the configuration that docs/popup.md gives, with the test's other server, and where the model is."""
    (block,) = code("Helix", "toml", POPUP)
    return block.replace('"pylsp"', '"words"') + MORE.format(**values)


@contextmanager
def helix(tmp_path: Path, indent: str = "    ", eol: str = "\n") -> Iterator[tuple[Screen, PopupFile]]:
    """A Helix at the end of the file's unfinished line, in insert mode."""
    configuration = tmp_path / "config" / "helix"
    configuration.mkdir(parents=True)
    (configuration / "config.toml").write_text(
        "[editor]\ncompletion-timeout = 5\nidle-timeout = 50\n", encoding="utf-8"
    )
    with unfinished(tmp_path, indent, eol) as file:
        text = languages(python=sys.executable, words=WORDS, **file.settings["provider"])
        (configuration / "languages.toml").write_text(text, encoding="utf-8")
        environment = {
            **file.environment,
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PATH": f"{Path(SERVER).parent}:{os.environ['PATH']}",
        }
        with Screen("helix", [str(HX), f"{file.path}:3:1"], environment) as screen:
            screen.wait(lambda: "lead = 1" in screen.text())
            screen.press("A")
            yield screen, file


def type_until_shown(screen: Screen) -> None:
    """Type the word, and its last letter again until the model has answered."""
    screen.type(TYPED)
    screen.wait(lambda: "✦" in screen.text(), again=lambda: screen.press("BSpace", TYPED[-1]))


@pytest.mark.parametrize(("indent", "eol"), [("    ", "\n"), ("\t", "\n"), ("    ", "\r\n")])
def test_a_block_is_inserted_as_it_is(tmp_path: Path, indent: str, eol: str) -> None:
    """Each line with its indentation and line end, `$`, `}` and backslash as they are."""
    with helix(tmp_path, indent, eol) as (screen, file):
        type_until_shown(screen)
        screen.wait(lambda: WORD in screen.text())
        # Helix inserts an item for as long as it is selected.
        screen.press("Tab")
        screen.wait(lambda: "return combined" in screen.text(), again=lambda: screen.press("Tab"))
        screen.press("Enter", "Escape")
        screen.type(":w!")
        screen.press("Enter")
        screen.wait(lambda: "return" in file.text())
        assert file.text() == file.whole
