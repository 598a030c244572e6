"""Emacs with Eglot and Company: our item is in the popup, and inserted as it should be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.editors.popup import TYPED, PopupFile, unfinished
from tests.editors.provider import SERVER
from tests.editors.screen import Screen

INIT = """
(setq inhibit-startup-screen t make-backup-files nil create-lockfiles nil auto-save-default nil
      warning-minimum-level :emergency ring-bell-function 'ignore eglot-autoshutdown t)
(require 'eglot)
(require 'company)
(setq eglot-server-programs
      '((python-mode . ("{server}" :initializationOptions
                        (:shaping (:multiLine "always")
                         :provider (:kind "{kind}" :url "{url}" :fallback []))))))
(setq company-idle-delay 0.1 company-minimum-prefix-length 2)
(global-company-mode 1)
{more}
(find-file "{path}")
(eglot-ensure)
(goto-char (point-min))
(forward-line 2)
(end-of-line)
"""


@contextmanager
def emacs(tmp_path: Path, indent: str, eol: str, more: str = "") -> Iterator[tuple[Screen, PopupFile]]:
    """An Emacs at the end of the file's unfinished line."""
    with unfinished(tmp_path, indent, eol) as file:
        init = tmp_path / "init.el"
        text = INIT.format(server=SERVER, path=file.path, more=more, **file.settings["provider"])
        init.write_text(text, encoding="utf-8")
        environment = {**file.environment, "PATH": os.environ["PATH"]}
        with Screen("eglot", ["emacs", "-nw", "-q", "-l", str(init)], environment) as screen:
            screen.wait(lambda: "[eglot:" in screen.text() or "Connected" in screen.text())
            yield screen, file


def type_until_shown(screen: Screen) -> None:
    """Type the word, and its last letter again until the model has answered."""
    screen.type(TYPED)
    screen.wait(lambda: "✦" in screen.text(), again=lambda: screen.press("BSpace", TYPED[-1]))


YASNIPPET = "(require 'yasnippet) (yas-global-mode 1)"


@pytest.mark.parametrize(
    ("indent", "eol", "more"), [("    ", "\n", ""), ("\t", "\n", ""), ("    ", "\r\n", ""), ("    ", "\n", YASNIPPET)]
)
def test_a_block_is_inserted_as_it_is(tmp_path: Path, indent: str, eol: str, more: str) -> None:
    """Each line with its indentation and line end, `$`, `}` and backslash as they are."""
    with emacs(tmp_path, indent, eol, more) as (screen, file):
        type_until_shown(screen)
        screen.press("Enter")
        screen.wait(lambda: "return combined" in screen.text())
        screen.press("C-x", "C-s")
        screen.wait(lambda: "return" in file.text())
        assert file.text() == file.whole
