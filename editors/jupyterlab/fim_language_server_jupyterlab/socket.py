"""The WebSocket of a page: authenticated by Jupyter, it passes LSP's messages on to a language server of its own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from fim_language_server_jupyterlab.language_server import LanguageServer

if TYPE_CHECKING:
    from fim_language_server_jupyterlab.extension import FimExtension

HELLO = "$/jupyter/root"
"""The first message to a page: the URI of the folder that Jupyter serves."""

TRY_LATER = 1013
"""The close code where no more pages are served (WebSocket close codes, IANA)."""
SERVER_GONE = 1011


class LanguageServerSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One page's connection. Whoever may run code on this server may complete it: `execute` on `kernels`."""

    auth_resource = "kernels"
    _open: ClassVar[set[LanguageServerSocket]] = set()

    def initialize(self, extension: FimExtension) -> None:
        """Take the extension, which has the settings."""
        self._extension = extension
        self._server: LanguageServer | None = None

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let in users who may run code."""
        user = self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, "execute", self.auth_resource)):
            raise HTTPError(403)
        await ensure_async(super().get(*args, **kwargs))

    async def open(self, *args: Any, **kwargs: Any) -> None:
        """Start a language server, and tell the page which folder it works in."""
        super().open(*args, **kwargs)
        if len(self._open) >= self._extension.most_connections:
            self.close(TRY_LATER, "too many pages")
            return
        self._open.add(self)
        server = LanguageServer(self._pass_on, lambda: self.close(SERVER_GONE, "the language server has ended"))
        try:
            await server.start(self._extension.arguments())
        except OSError as error:
            self.log.warning("fim-language-server cannot be started: %s", error)
            self.close(SERVER_GONE, "the language server cannot be started")
            return
        if self not in self._open:  # The page has gone meanwhile.
            await server.stop()
            return
        hello = {"jsonrpc": "2.0", "method": HELLO, "params": {"uri": self._root_uri()}}
        self._server = server
        self.write_message(json.dumps(hello))

    async def on_message(self, message: str | bytes) -> None:
        """Pass a message of the page on; the next one is read when it is written."""
        if self._server is not None:
            await self._server.send(message.encode() if isinstance(message, str) else message)

    def on_close(self) -> None:
        """End the language server of a page that has gone."""
        super().on_close()
        self._open.discard(self)
        server, self._server = self._server, None
        if server is not None:
            task = asyncio.get_running_loop().create_task(server.stop())
            _STOPPING.add(task)
            task.add_done_callback(_STOPPING.discard)

    def _root_uri(self) -> str:
        return Path(self.settings["server_root_dir"]).expanduser().absolute().as_uri()

    def _pass_on(self, message: bytes) -> None:
        try:
            self.write_message(message.decode())
        except (WebSocketClosedError, UnicodeDecodeError):
            self.log.debug("a message of the language server did not reach its page")


_STOPPING: set[asyncio.Task[None]] = set()
"""Tasks that wait for processes to end, which the event loop itself refers to weakly only."""
