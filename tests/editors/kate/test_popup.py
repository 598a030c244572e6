"""Kate on a screen of its own (Xvfb): our item is in the popup, and inserted as it should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.editors.popup import POPUP, TYPED, PopupFile, unfinished
from tests.editors.provider import SERVER
from tests.editors.steps import code

PATIENCE = 40.0

KATERC = """
[General]
Show welcome view for new window=false
Startup Session=new
[Kate Plugins]
lspclientplugin=true
katektexteditorpreviewplugin=false
[lspclient]
AllowedServerCommandLines={command}
BlockedServerCommandLines=
ServerConfiguration=file://{settings}
[KTextEditor Document]
Newline at End of File=false
"""


class Desktop:
    """A screen with one Kate on it."""

    def __init__(self, folder: Path, file: PopupFile) -> None:
        self._folder, self._file, self._log = folder, file, folder / "server.log"
        server = folder / "bin" / "fim-language-server"
        server.parent.mkdir()
        server.write_text(f"#!/bin/sh\nexec {SERVER} 2>{self._log}\n", encoding="utf-8")
        server.chmod(0o755)
        configuration = folder / "config"
        settings = configuration / "kate" / "lspclient" / "settings.json"
        settings.parent.mkdir(parents=True)
        (block,) = code("Kate, KWrite, KDevelop", "json", POPUP)
        servers = json.loads(block)
        servers["servers"]["python"]["initializationOptions"] = dict(file.settings)
        settings.write_text(json.dumps(servers), encoding="utf-8")
        katerc = KATERC.format(command=server, settings=settings)
        (configuration / "katerc").write_text(katerc, encoding="utf-8")
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        self._environment = {
            **file.environment,
            "PATH": f"{server.parent}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(configuration),
            "XDG_RUNTIME_DIR": str(runtime),
            "QT_QPA_PLATFORM": "xcb",
            "NO_AT_BRIDGE": "1",
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        read, write = os.pipe()
        # Without -noreset the server begins anew after its last client, and refuses those that come meanwhile.
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x600x24", "-nolisten", "tcp", "-noreset"]
        self._start(command, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as answer:
            self._environment["DISPLAY"] = f":{answer.readline().strip()}"
        self.wait(lambda: bool(self.xdotool("getdisplaygeometry")))
        self._start(["dbus-run-session", "--", "kate", "-n", "-l", "3", "-c", "1", str(self._file.path)])
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    def _start(self, command: list[str], pass_fds: tuple[int, ...] = ()) -> None:
        with (self._folder / "output").open("ab") as output:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdout=output,
                stderr=output,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._processes.append(process)

    def xdotool(self, *arguments: str) -> str:
        ran = subprocess.run(
            ["xdotool", *arguments], env=self._environment, capture_output=True, text=True, check=False, timeout=20
        )
        return ran.stdout

    def press(self, *keys: str) -> None:
        """Press keys by xdotool's names: Return, ctrl+s."""
        self.xdotool("key", *keys)

    def picture(self, name: str) -> Path:
        """Take a picture of the screen."""
        path = self._folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self._environment, check=True, timeout=20)
        return path

    def is_serving(self) -> bool:
        """Has the server read its settings? Kate says nowhere what a server is doing, so its log is read."""
        return self._log.exists() and "completing with" in self._log.read_text(encoding="utf-8")

    def has_changed_since(self, picture: Path) -> bool:
        """Does the screen differ from an earlier picture in more than a cursor, as it does with a popup?"""
        command = ["compare", "-metric", "AE", str(picture), str(self.picture("now")), "null:"]
        ran = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=20)
        return float(ran.stderr.split()[0]) > 3_000

    def wait(self, condition: Callable[[], bool], again: Callable[[], None] = lambda: None) -> None:
        """Wait until a condition holds; do something `again` each two seconds until it does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"see {self.picture('late')}"
            again()
            pause = time.monotonic() + 2.0
            while time.monotonic() < pause and not condition():
                time.sleep(0.1)


@contextmanager
def kate(tmp_path: Path, indent: str, eol: str) -> Iterator[tuple[Desktop, PopupFile]]:
    """A Kate at the end of the file's unfinished line."""
    with unfinished(tmp_path, indent, eol) as file, Desktop(tmp_path, file) as desktop:
        desktop.wait(lambda: "demo.py" in desktop.xdotool("search", "--name", "demo.py", "getwindowname", "%@"))
        desktop.xdotool("search", "--name", "demo.py", "windowfocus", "--sync")
        desktop.wait(desktop.is_serving)
        yield desktop, file


@pytest.mark.parametrize(("indent", "eol"), [("    ", "\n"), ("\t", "\n"), ("    ", "\r\n")])
def test_a_block_is_inserted_as_it_is(tmp_path: Path, indent: str, eol: str) -> None:
    """Each line with its indentation and line end, `$`, `}` and backslash as they are."""
    with kate(tmp_path, indent, eol) as (desktop, file):
        desktop.press("End")
        desktop.xdotool("type", "--delay", "120", TYPED)
        without = desktop.picture("without")
        # The model had not answered when the letters were typed; a key asks again.
        desktop.wait(lambda: desktop.has_changed_since(without), again=lambda: desktop.press("Escape", "ctrl+space"))
        desktop.picture("menu")
        desktop.press("Return")
        desktop.press("ctrl+s")
        desktop.wait(lambda: "return" in file.text())
        assert file.text() == file.whole
