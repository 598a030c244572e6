"""Speak LSP: over standard input and output, as editors start it, on a socket of the user's own, or on loopback.

Clients of --tcp and --ws say a token. It is in the variable FIM_TOKEN, or else made up and printed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import ipaddress
import logging
import logging.handlers
import os
import queue
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.cli.printing import PlainFormatter, remark
from fim_language_server.cli.recording_options import add_recording_arguments, recording_wish
from fim_language_server.errors import SettingsError

if TYPE_CHECKING:
    from fim_language_server.lsp.editor.client_features import ClientFeatures
    from fim_language_server.lsp.editor.origin import Origin
    from fim_language_server.lsp.server import FimLanguageServer
    from fim_language_server.lsp.wire.first_message import FirstMessage

Connect = Callable[[Callable[[bytes], None]], "FirstMessage"]
"""Begins a session, given what sends a message."""

TOKEN_VARIABLE = "FIM_TOKEN"  # noqa: S105 (the name of a variable)

LAST_RESORT_S = 1.0
"""After its end was decided the process leaves within this time, whatever a thread or a library still waits for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of serving."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stdio", action="store_true", help="standard input and output (the default)")
    where.add_argument("--pipe", metavar="NAME", help="the Unix socket, or named pipe, at which a client listens (LSP)")
    where.add_argument("--listen", metavar="PATH", type=Path, help="a Unix socket to be made, for your own user only")
    where.add_argument(
        "--tcp", metavar="HOST:PORT", help="a loopback port; 0 is any free one, printed on standard error"
    )
    where.add_argument("--ws", metavar="HOST:PORT", help="WebSocket on a loopback port, for editors in a browser")
    where.add_argument("--socket", "--port", metavar="PORT", help="the loopback port at which a client listens (LSP)")
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="let this page use --ws, besides those of the same address, such as https://editor.example",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE",
        type=Path,
        help="JSON file with settings that lie under the client's; those a client of --tcp and --ws may not set, too",
    )
    parser.add_argument(
        "--clientProcessId",
        metavar="N",
        type=int,
        dest="client_process_id",
        help="leave when this process does (LSP 3.18)",
    )
    add_recording_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client, or a signal, says it is enough; return the exit status."""
    try:
        work = _choose_transport(arguments, _read_settings(arguments.settings))
    except (ValueError, SettingsError) as error:
        remark(f"fim-language-server: {error}")
        return 2
    listener = log_to_stderr()
    try:
        with asyncio.Runner() as runner:
            status = runner.run(until_signalled(work))
            # From here a thread that hangs in a library could keep the process, and the editor, waiting.
            last_resort = threading.Timer(LAST_RESORT_S, os._exit, (status,))
            last_resort.daemon = True
            last_resort.start()
    finally:
        listener.stop()
    return status


def _read_settings(file: Path | None) -> object:
    if file is None:
        return None
    from fim_language_server.cli.complete import read_settings_file

    return read_settings_file(file)


def parse_address(text: str) -> tuple[str, int]:
    """Read HOST:PORT, or a port alone. Raises ValueError, with a sentence, for anything but loopback."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"{text} is no HOST:PORT; write 127.0.0.1:9257, or 127.0.0.1:0 for any free port")
    if host == "localhost":
        host = "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"{host} is not a loopback address; only 127.0.0.1, ::1 and localhost are served")
    return host, int(port)


def log_to_stderr() -> logging.handlers.QueueListener:
    """Write the log to standard error from a thread: an editor that does not read it must not stop the server."""
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(records, writer)
    logging.basicConfig(level=logging.WARNING, handlers=[_QueueHandler(records)], force=True)
    logging.getLogger("fim_language_server").setLevel(logging.INFO)
    listener.start()
    return listener


class _QueueHandler(logging.handlers.QueueHandler):
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave the record as it is: the standard one formats it, and other handlers would see the result."""
        return record


Work = Callable[[], Coroutine[Any, Any, int | None]]
"""Serving by one transport; it returns an exit status, or never."""


def _choose_transport(arguments: argparse.Namespace, settings: object) -> Work:
    """Return what serves as the options say. Raises ValueError, with a sentence, where they cannot be followed."""
    if arguments.tcp:
        return _tcp(parse_address(arguments.tcp), arguments, settings)
    if arguments.ws:
        return _websocket(parse_address(arguments.ws), arguments, settings)
    if arguments.socket:
        return _socket(parse_address(arguments.socket), arguments, settings)
    connect = _session_maker(arguments, settings, is_network=False)
    if arguments.pipe or arguments.listen:
        return _pipe(arguments, connect)

    async def stdio() -> int:
        from fim_language_server.lsp.wire.stdio import serve_stdio, take_stdio

        return await serve_stdio(connect, *take_stdio())

    return stdio


def _pipe(arguments: argparse.Namespace, connect: Connect) -> Work:
    async def pipe() -> int | None:
        from fim_language_server.lsp.network.admitted_clients import Door
        from fim_language_server.lsp.network.pipe import peer_refusal, serve_client_at_pipe, serve_pipe

        door = Door(connect, None, peer_refusal)
        if arguments.pipe:
            return await serve_client_at_pipe(arguments.pipe, door)
        await serve_pipe(arguments.listen.absolute(), door, announce)
        return None

    return pipe


def _tcp(address: tuple[str, int], arguments: argparse.Namespace, settings: object) -> Work:
    given, token = take_token()

    def announce_with_token(where: str) -> None:
        announce(where)
        if not given:
            remark(f"token {token} (clients send it as initializationOptions.token)")

    async def tcp() -> None:
        from fim_language_server.lsp.network.admission import Admission
        from fim_language_server.lsp.network.admitted_clients import Door
        from fim_language_server.lsp.network.tcp import serve_tcp

        door = Door(_session_maker(arguments, settings, is_network=True), Admission(token))
        await serve_tcp(*address, door, announce_with_token)

    return tcp


def _socket(address: tuple[str, int], arguments: argparse.Namespace, settings: object) -> Work:
    given, token = take_token()
    if not given:
        raise ValueError(
            f"any program could listen at a port; start the server with a secret in the variable {TOKEN_VARIABLE} and "
            "have the client send it as initializationOptions.token, or use --pipe or --stdio"
        )

    async def client_at_port() -> int:
        from fim_language_server.lsp.network.admission import Admission
        from fim_language_server.lsp.network.admitted_clients import Door
        from fim_language_server.lsp.network.tcp import serve_client_at

        door = Door(_session_maker(arguments, settings, is_network=True), Admission(token))
        return await serve_client_at(*address, door)

    return client_at_port


def _websocket(address: tuple[str, int], arguments: argparse.Namespace, settings: object) -> Work:
    given, token = take_token()

    def announce_with_token(where: str) -> None:
        announce(where)
        if not given:
            remark(f"open {where.replace(' ', '://', 1)}/?token={token}")

    async def websocket() -> None:
        from fim_language_server.web.websocket import Guard, serve_websocket

        connect = _session_maker(arguments, settings, is_network=True)
        await serve_websocket(*address, connect, Guard(token, arguments.allow_origin), announce_with_token)

    return websocket


def announce(where: str) -> None:
    """Tell on standard error where clients find the server."""
    with contextlib.suppress(OSError):  # Without a reader of standard error it serves all the same.
        remark(f"listening on {where}")


def take_token() -> tuple[bool, str]:
    """Return whether the environment has a token for clients, and the token, else a random one.

    It is taken out of the environment: no program that is started from here has to know it.
    """
    given = os.environ.pop(TOKEN_VARIABLE, "")
    return bool(given), given or secrets.token_urlsafe(24)


def _session_maker(arguments: argparse.Namespace, settings: object, *, is_network: bool) -> Connect:
    from fim_language_server.lsp.editor.origin import Origin

    return session_maker(Origin(is_network, settings, recording_wish(arguments)), arguments.client_process_id)


def session_maker(origin: Origin, client_process_id: int | None = None) -> Connect:
    """Return what begins a session for each client of a transport, given what sends it a message."""
    from fim_language_server.lsp.wire.first_message import FirstMessage

    def connect(send: Callable[[bytes], None]) -> FirstMessage:
        return FirstMessage(send, functools.partial(_make_server, send, origin, client_process_id))

    return connect


def _make_server(
    send: Callable[[bytes], None], origin: Origin, client_process_id: int | None, features: ClientFeatures | None
) -> FimLanguageServer:
    # Not before the first reply: this import is most of starting.
    from fim_language_server.lsp.server import create_server

    server = create_server(send, features=features, origin=origin)
    if client_process_id:
        server.session.watch_process(client_process_id)
    return server


async def until_signalled(work: Work) -> int:
    """Do the work until it is done or a signal comes; return the exit status."""
    task = asyncio.ensure_future(work())
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stop, number)
    try:
        return await task or 0
    except OSError as error:
        remark(f"fim-language-server: {error.strerror or error}")
        return 1
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
