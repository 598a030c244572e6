"""A socket of the user's own: nobody else's, in a safe place, and gone when the server is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Unix domain sockets", allow_module_level=True)

from fim_language_server.lsp.network.admitted_clients import Door
from fim_language_server.lsp.network.pipe import check_folder, open_socket, peer_refusal, peer_user, serve_pipe
from tests.lsp.wire.test_transport import StandInSession


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A short path, as addresses of sockets must be."""
    tmp_path.chmod(0o700)
    return tmp_path / "s"


def test_the_socket_is_the_users_own(place: Path) -> None:
    before = os.umask(0)
    try:
        with open_socket(place):
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert os.umask(0) == 0, "the process' mask is what it was"
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_in_which_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    (tmp_path / "open" / "inner").mkdir(mode=0o700)
    for place in (tmp_path / "open" / "s", tmp_path / "open" / "inner" / "s"):
        with pytest.raises(OSError, match="choose a folder of your own"):
            open_socket(place)
        assert not place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another's folder")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 65_534, 65_534)
    with pytest.raises(OSError, match="choose a folder of your own"):
        check_folder(tmp_path / "theirs" / "s")


def test_what_is_there_stays_unless_it_is_a_dead_socket_of_ours(place: Path) -> None:
    place.write_text("mine")
    with pytest.raises(OSError, match="no socket of yours"):
        open_socket(place)
    assert place.read_text() == "mine"
    place.unlink()
    place.symlink_to(place.parent / "elsewhere")
    with pytest.raises(OSError, match="no socket of yours"):
        open_socket(place)
    place.unlink()
    with open_socket(place) as first:
        first.listen()
        with pytest.raises(OSError, match="serves at"):
            open_socket(place)
    with open_socket(place):
        pass


@asynccontextmanager
async def served(place: Path, sessions: list[StandInSession]) -> AsyncIterator[None]:
    """Serve at a place; who comes in is in `sessions`."""

    def connect(_send: object) -> StandInSession:
        sessions.append(StandInSession())
        return sessions[-1]

    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_pipe(place, Door(connect, None, peer_refusal), told.set_result))
    assert await told == f"pipe {place}"
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait([serving])


async def test_clients_of_this_user_are_served_and_the_socket_is_removed(place: Path) -> None:
    sessions: list[StandInSession] = []
    async with served(place, sessions):
        reader, writer = await asyncio.open_unix_connection(str(place))
        writer.write(b"Content-Length: 2\r\n\r\n{}POST / HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert sessions[0].bodies == [b"{}"]
        writer.close()
    assert not place.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be another user")
async def test_another_user_is_not_served_even_where_the_mode_would_let_them() -> None:
    program = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.send(b'Content-Length: 2\\r\\n\\r\\n{}'); print(s.recv(9))"
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "s"
        place.parent.chmod(0o711)
        sessions: list[StandInSession] = []
        async with served(place, sessions):
            place.chmod(0o666)
            process = await asyncio.create_subprocess_exec(
                "/usr/bin/env", "python3", "-c", program, str(place), user=65_534, group=65_534, extra_groups=[],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            said, complained = await asyncio.wait_for(process.communicate(), 20)
    assert said.strip() == b"b''" or b"ConnectionResetError" in complained or b"BrokenPipeError" in complained
    assert not sessions


def test_the_system_tells_the_other_sides_user() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        expected = os.geteuid() if sys.platform in ("linux", "darwin") else None
        assert peer_user(ours) == expected
    with socket.socket(socket.AF_INET) as other:
        assert peer_user(other) is None
