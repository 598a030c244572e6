"""The language server on a Unix domain socket, or a named pipe of Windows, of the user's own.

The system controls who can connect, so no token is needed: a socket that this server makes has mode 0600 and is in a
folder where no other user can replace it, and the user of the other side is checked where the system reports it
(Linux, macOS). `--pipe` is LSP's own way ("Implementation considerations"): the client listens, and starts the
server with the name.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fim_language_server.lsp.network.admitted_clients import Door


async def serve_client_at_pipe(name: str, door: Door) -> int:
    """Serve the one client that listens at `name`, until either side ends it; return the exit code.

    Raises OSError where no client listens there.
    """
    loop: Any = asyncio.get_running_loop()
    if sys.platform == "win32":
        _, connection = await loop.create_pipe_connection(door.accept, windows_pipe(name))
    else:
        _, connection = await loop.create_unix_connection(door.accept, name)
    try:
        return await connection.wait_ended()  # type: ignore[no-any-return]
    finally:
        await door.close()


def windows_pipe(name: str) -> str:
    r"""Return a name as Windows takes it (Microsoft, "Pipe Names"): `\\.\pipe\NAME`, also where only NAME is given.

    Without its beginning the name would be that of a file.
    """
    name = name.replace("/", "\\")
    return name if name.startswith("\\\\") else f"\\\\.\\pipe\\{name}"


async def serve_pipe(path: Path, door: Door, announce: Callable[[str], None]) -> None:
    """Make a socket at `path` and serve the clients of this user there, until cancelled.

    `announce` gets the address in words. Raises OSError where the socket cannot be made, or would not be safe.
    """
    if sys.platform == "win32":
        raise OSError("a named pipe of Windows is open to others by default; let the client listen (--pipe NAME)")
    listener = open_socket(path)
    made = _identity(path)
    server = await asyncio.get_running_loop().create_unix_server(door.accept, sock=listener)
    announce(f"pipe {path}")
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        if _identity(path) == made:
            _unlink(path)
        await door.close()


def check_folder(path: Path) -> None:
    """Raise OSError where another user could replace the file at `path`."""
    for folder in path.absolute().parents:
        status = folder.stat()
        foreign = status.st_uid not in (0, os.geteuid())
        if foreign or (status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX):
            raise OSError(f"other users may write in {folder}; choose a folder of your own")


def peer_refusal(transport: asyncio.BaseTransport) -> str | None:
    """Return why a connection is refused, in words; None where it is this user's, or its user is not known."""
    connection = transport.get_extra_info("socket")
    user = None if connection is None else peer_user(connection)
    if user is None or user in (0, os.geteuid()):  # Windows reports no user, and has no such function.
        return None
    return "it is another user's"


def peer_user(connection: socket.socket) -> int | None:
    """Return the user id of the other side of a Unix domain socket; None where the system does not report it."""
    if connection.family != getattr(socket, "AF_UNIX", None):
        return None
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        local, peer_credentials = 0, 1  # SOL_LOCAL, LOCAL_PEERCRED of <sys/un.h>; struct xucred begins with two ints
        return int(struct.unpack_from("2I", connection.getsockopt(local, peer_credentials, 76))[1])
    return None


def open_socket(path: Path) -> socket.socket:
    """Return a socket bound to `path` with mode 0600. Raises OSError where it cannot be made, or would not be safe."""
    check_folder(path)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # So the file has mode 0600 from the beginning.
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _remove_stale(path: Path) -> None:
    """Remove a socket of this user without a listener. Raises OSError for any other file at `path`."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.geteuid():
        raise OSError(f"{path} is there already, and is no socket of yours")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
            raise OSError(f"another server serves at {path} already")
    _unlink(path)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
