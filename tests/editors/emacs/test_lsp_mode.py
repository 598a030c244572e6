"""Emacs with lsp-mode, fim-ls.el and the real server, on a terminal's screen."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.provider import ROOT, SERVER, serve
from tests.editors.screen import Screen
from tests.editors.steps import code, count

INSTALLED = Path(os.environ.get("FIM_EDITORS_CACHE", ROOT / ".cache" / "editors")) / "emacs"
PACKAGES = INSTALLED / "root" / "usr" / "share" / "emacs" / "site-lisp" / "elpa-src"
PROGRAM = "def add(a, b):\n    total = a + b\n    return total\n"

# lsp-mode as a package manager would have it loaded; what is switched off belongs to packages that are not there.
INIT = """
(dolist (folder (directory-files "{packages}" t "^[a-z]")) (add-to-list 'load-path folder))
(setq inhibit-startup-screen t make-backup-files nil create-lockfiles nil auto-save-default nil
      lsp-enabled-clients '(fim-ls) lsp-auto-guess-root t lsp-enable-snippet nil lsp-keep-workspace-alive nil
      lsp-headerline-breadcrumb-enable nil lsp-lens-enable nil lsp-modeline-code-actions-enable nil
      lsp-modeline-diagnostics-enable nil lsp-modeline-workspace-status-enable nil
      lsp-diagnostics-provider :none lsp-completion-provider :none)
{before}
(setq fim-ls-settings '(:provider (:kind "{kind}" :url "{url}"{more})))
{steps}
"""


def steps() -> str:
    """Return the configuration that docs/editors.md gives, with the path of this clone."""
    assert count("Emacs") <= 3
    (block,) = code("Emacs", "elisp")
    return block.replace("~/fim-language-server", str(ROOT))


@contextmanager
def running(
    tmp_path: Path, first_byte_ms: int = 100, more: str = "", before: str = ""
) -> Iterator[tuple[Screen, Path]]:
    """An Emacs as the three steps make it, with an empty Python file, and the file's path.

    `more` are further settings of the server, `before` is what the user's configuration has of its own.
    """
    finished, path = tmp_path / "finished.py", tmp_path / "work" / "demo.py"
    finished.write_text(PROGRAM, encoding="utf-8")
    (path.parent / ".git").mkdir(parents=True, exist_ok=True)
    path.touch()
    init = tmp_path / "init.el"
    with serve("--oracle", str(finished), "--first-byte-ms", str(first_byte_ms)) as provider:
        init.write_text(
            INIT.format(packages=PACKAGES, steps=steps(), more=more, before=before, **provider), encoding="utf-8"
        )
        environment = {
            "HOME": str(tmp_path),
            "PATH": f"{Path(SERVER).parent}:{os.environ['PATH']}",
            "MISTRAL_API_KEY": "test-key",
        }
        with Screen("emacs", ["emacs", "-nw", "-Q", "-l", str(init), str(path)], environment) as screen:
            yield screen, path


@pytest.fixture
def emacs(tmp_path: Path) -> Iterator[tuple[Screen, Path]]:
    """An Emacs with a model that is quick, and its file."""
    with running(tmp_path) as screen_and_path:
        yield screen_and_path


@pytest.fixture
def guessing(tmp_path: Path) -> Iterator[tuple[Screen, Path]]:
    """An Emacs with a slow model, which says "a + b", and the offline one, which steps in and knows "a * b" only."""
    known = tmp_path / "work" / "known.py"
    known.parent.mkdir()
    known.write_text("def add(a, b):\n    total = a * b\n    return total\n\n\n" * 3, encoding="utf-8")
    with running(tmp_path, 8_000, ' :fallback ["embedded"] :fallbackAfterMs 400') as screen_and_path:
        yield screen_and_path


def type_the_beginning(screen: Screen) -> None:
    """Wait for the server and type as far as the model has something to say."""
    screen.wait(lambda: "LSP[fim-ls" in screen.text())
    screen.type("def add(a, b):")
    screen.press("Enter")
    screen.type("total = ")


def test_ghost_text_is_shown_and_accepted(emacs: tuple[Screen, Path]) -> None:
    """Seen while typing, accepted by Tab, and told to the server."""
    screen, path = emacs
    type_the_beginning(screen)
    # A key that comes while the server still reads its settings may ask nothing; others do.
    screen.wait(lambda: "total = a + b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
    screen.press("Tab")
    screen.press("C-x", "C-s")
    screen.wait(lambda: "total" in path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8").rstrip("\n") == "def add(a, b):\n    total = a + b"


def test_the_next_line_is_shown_before_enter(emacs: tuple[Screen, Path]) -> None:
    """Drawn below the finished line, and accepted by Tab."""
    screen, path = emacs
    screen.wait(lambda: "LSP[fim-ls" in screen.text())
    screen.type("def add(a, b):")
    shown = "def add(a, b):\n    total = a + b\n    return total\n"
    # Emacs draws the end of a line that has a face of its own as a blank.
    screen.wait(lambda: shown in screen.text().replace(" \n", "\n"), again=lambda: screen.press("BSpace", ":"))
    screen.press("Tab")
    screen.press("C-x", "C-s")
    screen.wait(lambda: "total" in path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8").rstrip("\n") == shown.rstrip("\n")


def test_it_is_shown_behind_a_bracket_that_was_closed_by_itself(tmp_path: Path) -> None:
    """`electric-pair-mode` moves point back after its change, which lsp-mode took for a key of the user's."""
    with running(tmp_path, before="(electric-pair-mode 1)") as (screen, path):

        def again() -> None:
            screen.press("BSpace")
            screen.type("(")

        screen.wait(lambda: "LSP[fim-ls" in screen.text())
        screen.type("def add(")
        # A key that comes while the server still reads its settings may ask nothing: the same once more.
        screen.wait(lambda: "def add(a, b)" in screen.text(), again)
        screen.press("Tab", "C-x", "C-s")
        screen.wait(lambda: "def" in path.read_text(encoding="utf-8"))
        assert path.read_text(encoding="utf-8").rstrip("\n") == "def add(a, b)"


def test_any_other_key_takes_it_away(emacs: tuple[Screen, Path]) -> None:
    """It is no text until it is accepted."""
    screen, path = emacs
    type_the_beginning(screen)
    screen.wait(lambda: "total = a + b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
    screen.press("C-g")
    screen.wait(lambda: "a + b" not in screen.text().replace("add(a, b)", ""))
    screen.press("C-x", "C-s")
    screen.wait(lambda: "total" in path.read_text(encoding="utf-8"))
    assert "a + b" not in path.read_text(encoding="utf-8")


def test_a_better_text_takes_the_place_of_a_guess(guessing: tuple[Screen, Path]) -> None:
    """No key is needed for it, and it is accepted like any other (`$/fim/refresh`)."""
    screen, path = guessing
    type_the_beginning(screen)
    screen.wait(lambda: "total = a * b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
    screen.wait(lambda: "total = a + b" in screen.text())
    screen.press("Tab")
    screen.press("C-x", "C-s")
    screen.wait(lambda: "total" in path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8").rstrip("\n") == "def add(a, b):\n    total = a + b"


def test_a_killed_server_is_started_again(emacs: tuple[Screen, Path]) -> None:
    """lsp-mode says so and asks; what was typed stays, and ghost text comes again."""
    screen, path = emacs
    type_the_beginning(screen)
    screen.wait(lambda: "total = a + b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
    screen.press("C-g")
    found = re.search(r"LSP\[fim-ls:(\d+)", screen.text())
    assert found, screen.text()
    os.kill(int(found[1]), signal.SIGKILL)
    screen.wait(lambda: "restart it?" in screen.text())
    screen.press("y")
    screen.wait(lambda: f"fim-ls:{found[1]}" not in screen.text() and "LSP[fim-ls" in screen.text())
    screen.wait(lambda: "total = a + b" in screen.text(), again=lambda: screen.press("BSpace", "Space"))
    screen.press("Tab", "C-x", "C-s")
    screen.wait(lambda: "total" in path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8").rstrip("\n") == "def add(a, b):\n    total = a + b"


@pytest.mark.parametrize(("file", "count"), [("refresh.el", 5), ("pairs.el", 2)])
def test_when_it_is_asked(file: str, count: int) -> None:
    """Where `$/fim/refresh` says, if the user still is there; and behind a key that inserts more than itself."""
    folders = [str(folder) for folder in [*PACKAGES.iterdir(), ROOT / "editors" / "emacs"]]
    paths = [item for folder in folders for item in ("-L", folder)]
    command = ["emacs", "-Q", "--batch", *paths, "-l", str(Path(__file__).with_name(file))]
    ran = subprocess.run([*command, "-f", "ert-run-tests-batch-and-exit"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"{count} results as expected" in ran.stderr, ran.stderr


def test_commands(emacs: tuple[Screen, Path]) -> None:
    """The server's state is told, and it keeps quiet about a language when told to."""
    screen, _ = emacs
    screen.wait(lambda: "initialized successfully" in screen.text())

    def run(command: str) -> None:
        screen.press("M-x")
        screen.type(command)
        screen.press("Enter")

    # What it says first is that it starts.
    screen.wait(lambda: "FIM: ready (mistral" in screen.text(), again=lambda: run("fim-ls-status"))
    for state in ("off", "on"):
        run("fim-ls-toggle-language")
        screen.wait(lambda state=state: f"FIM: {state} for python" in screen.text())  # type: ignore[misc]
