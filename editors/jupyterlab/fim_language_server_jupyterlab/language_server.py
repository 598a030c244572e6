"""A language server's process, with whole messages in and out (LSP, "Base Protocol")."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field

LONGEST_MESSAGE = 64 * 1024 * 1024
"""The most bytes of a message that the language server may send."""
ENDING_S = 3.0
"""Seconds that a process may take to end after its input has ended."""


@define(eq=False)
class LanguageServer:
    """One process. `received` gets each message; `ended` is called once, when the process is gone by itself."""

    _received: Callable[[bytes], None]
    _ended: Callable[[], None]
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    async def start(self, arguments: Sequence[str]) -> None:
        """Start the process; raises OSError where the command cannot be run.

        It stands in the home directory: programs that settings name must not be looked for among notebooks.
        """
        self._process = await asyncio.create_subprocess_exec(
            *arguments,
            "--clientProcessId",
            str(os.getpid()),
            cwd=Path.home(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def send(self, message: bytes) -> None:
        """Send a message; without effect after the process has ended."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(message) + message)
            await self._process.stdin.drain()

    async def stop(self) -> None:
        """End the input, which ends the process; kill it where it takes longer than `ENDING_S`."""
        process, self._process = self._process, None
        if self._reading is not None:
            self._reading.cancel()
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(ENDING_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        output = self._process.stdout
        try:
            while (message := await _read_message(output)) is not None:
                self._received(message)
        finally:
            if self._process is not None:
                self._ended()


async def _read_message(output: asyncio.StreamReader) -> bytes | None:
    """Return the next message's body; None at the end, and for what is no message."""
    length = 0
    try:
        while (line := (await output.readline()).strip()) or not length:
            if not line:
                return None
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        return await output.readexactly(length) if 0 < length <= LONGEST_MESSAGE else None
    except (ValueError, asyncio.IncompleteReadError):
        return None
