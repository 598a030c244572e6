"""The server of one client: pygls' server class with the protocol and the session of this client."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

import fim_language_server
from fim_language_server.clock import Clock, SystemClock
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.log_forwarding import ClientLogHandler
from fim_language_server.lsp.editor.origin import Origin
from fim_language_server.lsp.handlers import HANDLERS
from fim_language_server.lsp.loading import MakeApplication, make_application
from fim_language_server.lsp.session import Session
from fim_language_server.lsp.wire.parameters import converter
from fim_language_server.lsp.wire.protocol import FimProtocol, LifecycleStage

logger = logging.getLogger(__name__)


class FimLanguageServer(LanguageServer):
    """One client's server; a `ClientSession` of the transports, which feed and close it."""

    protocol: FimProtocol

    def __init__(
        self, send: Callable[[bytes], None], make_application: MakeApplication, origin: Origin, clock: Clock
    ) -> None:
        super().__init__(
            "fim-language-server",
            fim_language_server.__version__,
            protocol_cls=FimProtocol,
            converter_factory=converter,
        )
        self.protocol.send = send
        client = Client(self.protocol)
        self.session = Session(client, origin=origin, make_application=make_application, clock=clock)
        self.session.recording.observe_messages = functools.partial(setattr, self.protocol, "observer")
        self._log_handler = ClientLogHandler(client)
        logging.getLogger("fim_language_server").addHandler(self._log_handler)
        for method, handler in HANDLERS.items():
            self.feature(method)(functools.partial(handler, self.session))
        self.feature(types.SHUTDOWN)(functools.partial(self._shutdown))  # pygls marks it, and cannot mark a method

    def receive(self, body: bytes | str) -> None:
        """Handle one message."""
        self.protocol.receive(body)

    async def wait_ended(self) -> int:
        """Wait until the client sends `exit` or its process ends; return the exit code that LSP requires."""
        code = await self.session.ended
        return 0 if self.protocol.stage is LifecycleStage.SHUT_DOWN else code

    async def close(self) -> None:
        """Cancel the client's requests and close its session. May be called again."""
        self.protocol.stage = LifecycleStage.SHUT_DOWN
        logging.getLogger("fim_language_server").removeHandler(self._log_handler)
        await self.protocol.cancel_requests(but=asyncio.current_task())
        await self.session.close()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error; pygls' own method shows a message to the user for each."""
        logger.error("%s", error)

    def _shutdown(self, params: None) -> Any:
        # Set at dispatch, so that every later message is refused.
        self.protocol.stage = LifecycleStage.SHUT_DOWN
        return self.close()


def create_server(
    send: Callable[[bytes], None],
    *,
    features: ClientFeatures | None = None,
    make_application: MakeApplication = make_application,
    origin: Origin = Origin(),  # noqa: B008
    clock: Clock = SystemClock(),  # noqa: B008
) -> FimLanguageServer:
    """Return a server for one client, to be used on the running event loop.

    `send` takes the body of each message to the client, without header, and must not block. With `features` the
    client's `initialize` has been answered already. `origin` says how the client connected.
    """
    server = FimLanguageServer(send, make_application, origin, clock)
    if features is not None:
        server.session.initialize(features)
        server.protocol.stage = LifecycleStage.RUNNING
    return server
