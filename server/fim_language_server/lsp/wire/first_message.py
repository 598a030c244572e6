"""The reply to `initialize`, sent before lsprotocol and pygls are imported.

Their import takes longer than the rest of starting, and the reply is plain JSON without their types. So the reply is
sent first, and the import runs while the editor reads it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fim_language_server.lsp.editor.capabilities import initialize_result
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.wire.transport import ClientSession

MakeServer = Callable[[ClientFeatures | None], ClientSession]
"""Makes the real server: initialized with these features of the client, or, with None, not initialized."""


class FirstMessage:
    """A `ClientSession` that makes the real server at its first message. `send` takes the body of a message."""

    def __init__(self, send: Callable[[bytes], None], make_server: MakeServer) -> None:
        self._send = send
        self._make_server = make_server
        self._server: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()

    def receive(self, body: bytes | str) -> None:
        """Handle one message: `initialize` here, if it is the first; every other one by the real server."""
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
        """Close the real server, if it was made."""
        if self._server.done():
            await self._server.result().close()

    def _answer_initialize(self, body: bytes | str) -> ClientFeatures | None:
        """Answer a well-formed `initialize` and return the client's features; None for any other message."""
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
