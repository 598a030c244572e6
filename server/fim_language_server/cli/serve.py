"""Speak LSP: over standard input and output, as editors start it, or on a loopback port."""

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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fim_language_server.lsp.client_features import ClientFeatures
    from fim_language_server.lsp.opening import Opening
    from fim_language_server.lsp.server import FimLanguageServer

TOKEN_VARIABLE = "FIM_TOKEN"  # noqa: S105 (the name of a variable)

LAST_RESORT_S = 5.0
"""After its end was decided the process leaves within this time, whatever a thread or a library still waits for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of serving."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stdio", action="store_true", help="standard input and output (the default)")
    where.add_argument("--tcp", metavar="HOST:PORT", help="a loopback port; 0 is any free one, told on stderr")
    where.add_argument("--ws", metavar="HOST:PORT", help="WebSocket on a loopback port, for editors in a browser")
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="let this page use --ws, besides those of the same address, such as https://editor.example",
    )
    parser.add_argument(
        "--clientProcessId",
        metavar="N",
        type=int,
        dest="client_process_id",
        help="leave when this process does (LSP 3.18)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client, or a signal, says it is enough; return the exit status."""
    try:
        address = parse_address(arguments.tcp or arguments.ws or "127.0.0.1:0")
    except ValueError as error:
        print(f"fim-language-server: {error}", file=sys.stderr)
        return 2
    listener = log_to_stderr()
    try:
        with asyncio.Runner() as runner:
            status = runner.run(_serve(arguments, address))
            # From here a thread that hangs in a library could keep the process, and the editor, waiting.
            last_resort = threading.Timer(LAST_RESORT_S, os._exit, (status,))
            last_resort.daemon = True
            last_resort.start()
    finally:
        listener.stop()
    return status


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
    writer.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
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


async def _serve(arguments: argparse.Namespace, address: tuple[str, int]) -> int:
    connect = session_maker(arguments.client_process_id)

    def announce(where: str) -> None:
        print(f"listening on {where}", file=sys.stderr, flush=True)

    work: Coroutine[Any, Any, int | None]
    if arguments.tcp:
        from fim_language_server.lsp.tcp import serve_tcp

        work = serve_tcp(*address, connect, announce)
    elif arguments.ws:
        from fim_language_server.web.websocket import Guard, serve_websocket

        given = os.environ.get(TOKEN_VARIABLE)
        token = given or secrets.token_urlsafe(24)

        def announce_with_token(where: str) -> None:
            announce(where)
            if not given:
                print(f"open {where.replace(' ', '://', 1)}/?token={token}", file=sys.stderr, flush=True)

        work = serve_websocket(*address, connect, Guard(token, arguments.allow_origin), announce_with_token)
    else:
        from fim_language_server.lsp.stdio import serve_stdio, take_stdio

        work = serve_stdio(connect, *take_stdio())
    return await until_signalled(work)


def session_maker(client_process_id: int | None = None) -> Callable[[Callable[[bytes], None]], Opening]:
    """Return what begins a session for each client of a transport, given what sends it a message."""
    from fim_language_server.lsp.opening import Opening

    def connect(send: Callable[[bytes], None]) -> Opening:
        return Opening(send, functools.partial(_make_server, send, client_process_id))

    return connect


def _make_server(
    send: Callable[[bytes], None], client_process_id: int | None, features: ClientFeatures | None
) -> FimLanguageServer:
    # Not before the first reply: this import is most of starting.
    from fim_language_server.lsp.server import create_server

    server = create_server(send, features=features)
    if client_process_id:
        server.session.watch_process(client_process_id)
    return server


async def until_signalled(work: Coroutine[Any, Any, int | None]) -> int:
    """Do the work until it is done or a signal comes; return the exit status."""
    task = asyncio.ensure_future(work)
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
        print(f"fim-language-server: {error.strerror or error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
