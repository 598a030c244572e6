"""A program on a terminal's screen that a test types into and looks at (tmux)."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Self

PATIENCE = 30.0  # seconds; editors that load many packages start within it, on a busy machine, too


class Screen:
    """A terminal of 72 × 14 cells with one program in it."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.session = f"fim-{os.getpid()}-{name}"
        everything = {"TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        variables = [item for key, value in environment.items() for item in ("-e", f"{key}={value}")]
        start = ["new-session", "-d", "-x", "72", "-y", "14", *variables, *command]
        self._tmux("-f", "/dev/null", *start, environment=everything)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["tmux", "-L", self.session, "kill-server"], check=False, capture_output=True)

    def _tmux(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        command = ["tmux", "-L", self.session, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux' names: Tab, Escape, C-x."""
        self._tmux("send-keys", *keys)

    def capture(self) -> str:
        """Return what is on the screen, with its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def text(self) -> str:
        """Return what is on the screen, without them."""
        return re.sub(r"\x1b\[[0-9;:]*m", "", self.capture())

    def wait(self, condition: Callable[[], bool], again: Callable[[], None] = lambda: None) -> None:
        """Wait until a condition holds; do something `again` each second until it does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.text()
            again()
            pause = time.monotonic() + 1.0
            while time.monotonic() < pause and not condition():
                time.sleep(0.1)
