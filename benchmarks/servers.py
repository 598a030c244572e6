"""The servers of a session: this tree's, another commit's, any command, or this tree's in this process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from fim_language_server.cli.editor import Editor
from fim_language_server.evaluation.process_usage import ProcessUsage, usage_of
from fim_language_server.lsp.server import create_server

REPOSITORY = Path(__file__).resolve().parents[1]
KEY_VARIABLE = "FIM_BENCH_KEY"
URL_VARIABLE = "FIM_BENCH_URL"


def _ignore(_place: Mapping[str, Any]) -> None: ...


class WatchedEditor(Editor):
    """An editor that counts surplus answers, and receives its server's log."""

    surplus = 0
    on_refresh: Callable[[Mapping[str, Any]], None] = staticmethod(_ignore)

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message and message.get("id") not in self._waiting:
            self.surplus += 1
        if message.get("method") == "$/fim/refresh":
            self.on_refresh(message["params"])
        super()._take(message)

    def usage(self) -> ProcessUsage | None:
        """Return what the server uses."""
        return usage_of(self.process_id)


class InProcessEditor(WatchedEditor):
    """An editor whose server runs on the same event loop, for virtual time."""

    _server: Any = None

    @classmethod
    async def begin_session(
        cls, folder: Path, options: Mapping[str, Any], experimental: Mapping[str, Any]
    ) -> InProcessEditor:
        """Start as `start` does."""
        editor = cls()
        loop = asyncio.get_running_loop()
        editor._server = create_server(lambda body: loop.call_soon(editor._take, json.loads(body)) and None)  # type: ignore[arg-type]
        await editor.initialize(folder, options, experimental)
        return editor

    def _send(self, message: Mapping[str, Any]) -> None:
        self._server.receive(json.dumps(message).encode())

    def usage(self) -> ProcessUsage | None:
        """Return None: there is no process to ask about."""
        return None

    async def close(self) -> int:
        """End the session."""
        await self.request("shutdown", None)
        await self._server.close()
        return 0


@frozen
class Server:
    """A server to be measured: what it is called, and how it is started; None: within this process."""

    name: str
    command: tuple[str, ...] | None
    environ: Mapping[str, str] = field(factory=dict)
    settings: Mapping[str, Any] = field(factory=dict)

    @property
    def indexes(self) -> bool:
        """Is the embedded model asked beside the API, so that the workspace is indexed from the start?"""
        return bool(self.settings.get("embedded", {}).get("instantGuess"))

    async def start(
        self,
        folder: Path,
        home: Path,
        url: str,
        key: str,
        *,
        refreshes: bool = False,
        draws_line_ends: bool = False,
        has_popup: bool = False,
    ) -> WatchedEditor:
        """Start it for a workspace folder. What it keeps goes into `home`: no two share a cache or a budget."""
        experimental = {"fim": {"refresh": refreshes, "lineEnds": draws_line_ends}}
        provider = {"kind": "mistral", "url": url, "model": "codestral-latest", "apiKeyEnv": KEY_VARIABLE}
        popup = {"popup": {"mode": "always"}} if has_popup else {}
        options = merged({"provider": provider, **popup}, self.settings)
        homes = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "STATE", "DATA", "CONFIG")}
        environ = {KEY_VARIABLE: key, URL_VARIABLE: url, **homes, **self.environ}
        if self.command is None:
            os.environ.update(environ)
            return await InProcessEditor.begin_session(folder, options, experimental)
        return await WatchedEditor.start(self.command, folder, options, with_env=environ, experimental=experimental)


def ours(settings: Mapping[str, Any] | None = None, name: str = "this tree") -> Server:
    """Return the server of this tree, with settings besides the provider's."""
    return Server(name, _command(), {"PYTHONPATH": str(REPOSITORY / "server")}, settings or {})


def in_process(settings: Mapping[str, Any] | None = None, name: str = "this tree") -> Server:
    """Return the server of this tree, within this process."""
    return Server(name, None, {}, settings or {})


def of_revision(revision: str, settings: Mapping[str, Any] | None = None) -> Server:
    """Return the server of a commit, with this interpreter and its packages; the commit is checked out in `.cache`."""
    commit = _git("rev-parse", "--short", f"{revision}^{{commit}}")
    tree = REPOSITORY / ".cache" / "bench" / commit
    if not tree.exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--detach", str(tree), commit)
    return Server(f"{revision} ({commit})", _command(), {"PYTHONPATH": str(tree / "server")}, settings or {})


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with others put over them, section by section."""
    result = dict(base)
    for name, value in more.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _command() -> tuple[str, ...]:
    return (sys.executable, "-m", "fim_language_server", "--stdio")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return done.stdout.strip()
