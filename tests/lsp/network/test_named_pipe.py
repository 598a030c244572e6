r"""A named pipe of Windows (`--pipe \\.\pipe\NAME`): a stand-in for asyncio's, over a Unix domain socket."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the stand-in needs Unix domain sockets", allow_module_level=True)

from fim_language_server.lsp.network.admitted_clients import Door
from fim_language_server.lsp.network.pipe import peer_refusal, serve_client_at_pipe, serve_pipe, windows_pipe
from tests.fakes.windows import FakePipes
from tests.lsp.wire.test_transport import StandInSession


@pytest.mark.parametrize(
    ("name", "pipe"),
    [
        (r"\\.\pipe\vscode-7f3a-sock", r"\\.\pipe\vscode-7f3a-sock"),
        ("//./pipe/nvim.1234.0", r"\\.\pipe\nvim.1234.0"),
        ("fim", r"\\.\pipe\fim"),
        (r"sub\fim", r"\\.\pipe\sub\fim"),
        (r"\\?\pipe\fim", r"\\?\pipe\fim"),
    ],
)
def test_a_name_is_that_of_a_pipe_and_of_no_file(name: str, pipe: str) -> None:
    assert windows_pipe(name) == pipe


async def test_a_client_at_a_named_pipe_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows does not report the other side's user, and has no function for the own one."""
    received: list[bytes] = []
    sessions: list[StandInSession] = []

    def connect(_send: object) -> StandInSession:
        sessions.append(StandInSession())
        return sessions[-1]

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Content-Length: 2\r\n\r\n{}")
        writer.write_eof()
        received.append(await reader.read())
        writer.close()

    place = str(tmp_path / "s")
    async with await asyncio.start_unix_server(listen, place):
        pipes = FakePipes({r"\\.\pipe\fim": place})
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "create_pipe_connection", pipes.create_pipe_connection, raising=False)
        monkeypatch.setattr("sys.platform", "win32")
        monkeypatch.delattr(os, "geteuid")
        await serve_client_at_pipe("fim", Door(connect, None, peer_refusal))
        with pytest.raises(FileNotFoundError):
            await serve_client_at_pipe("nobody", Door(connect, None, peer_refusal))
    assert [session.bodies for session in sessions] == [[b"{}"]]


async def test_no_pipe_is_made_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(OSError, match="let the client listen"):
        await serve_pipe(tmp_path / "s", Door(lambda _send: StandInSession(), None), print)
