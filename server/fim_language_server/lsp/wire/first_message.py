"""The first message of a connection, answered before the protocol's types are loaded.

Importing those takes longer than all the rest of starting, and `initialize` needs none of them: what this server
can is plain JSON. So the reply goes out first, and the import runs while the editor reads it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Protocol

from fim_language_server.lsp.editor.capabilities import initialize_result
from fim_language_server.lsp.editor.client_features import ClientFeatures


class Server(Protocol):
    """The real server, as far as it is known here."""

    def receive(self, body: bytes | str) -> None:
        """Handle one message."""
        ...

    async def wait_ended(self) -> int:
        """Wait until the session ends itself; return the exit code."""
        ...

    async def close(self) -> None:
        """End everything that was begun for this client."""
        ...


MakeServer = Callable[[ClientFeatures | None], Server]
"""Makes the real server: initialized already by a client with these features, or not at all."""


class FirstMessage:
    """A session that becomes the real server with its first message. `send` takes the body of a message."""

    def __init__(self, send: Callable[[bytes], None], make_server: MakeServer) -> None:
        self._send = send
        self._make_server = make_server
        self._server: asyncio.Future[Server] = asyncio.get_running_loop().create_future()

    def receive(self, body: bytes | str) -> None:
        """Handle one message: `initialize` here, if it is the first; everything else by the real server."""
        if self._server.done():
            self._server.result().receive(body)
            return
        features = self._answer_initialize(body)
        server = self._make_server(features)
        self._server.set_result(server)
        if features is None:
            server.receive(body)

    async def wait_ended(self) -> int:
        """Wait until the session ends itself; return the exit code."""
        return await (await asyncio.shield(self._server)).wait_ended()

    async def close(self) -> None:
        """End everything that was begun for this client."""
        if self._server.done():
            await self._server.result().close()

    def _answer_initialize(self, body: bytes | str) -> ClientFeatures | None:
        """Answer a well-formed `initialize` and return what the client said; None for any other message."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not _is_initialize(message):
            return None
        features = ClientFeatures.from_initialize(message["params"])
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": initialize_result(features)}
        self._send(json.dumps(answer, separators=(",", ":")).encode("ascii"))
        return features


def _is_initialize(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and message.get("method") == "initialize"
        and isinstance(message.get("id"), str | int)
        and not isinstance(message["id"], bool)
        and isinstance(message.get("params"), dict)
    )
