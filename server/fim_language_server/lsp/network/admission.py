"""The first message of a network connection: a token in it says that the client may come in.

A port of this machine is open to every program and every user of it, and to every page in a browser. An LSP client
can add neither a line nor a header, but each can send `initializationOptions`, so the token is a field of these.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from attrs import field, frozen

from fim_language_server.lsp.editor.origin import TOKEN_FIELD

REFUSAL = (
    f"This server lets in whoever says its token, as {TOKEN_FIELD} in initializationOptions; "
    "it was printed when the server was started, or is in the variable FIM_TOKEN."
)

_INVALID_REQUEST = -32600


@frozen
class Admission:
    """Lets in the clients that say `token`."""

    token: str = field(repr=False)

    def admit(self, body: bytes) -> bytes | None:
        """Return the first message without the token in it; None where the token is missing or wrong."""
        message = _read(body)
        options = _find(message, "params", "initializationOptions")
        if not isinstance(options, dict) or message.get("method") != "initialize":
            return None
        said = options.pop(TOKEN_FIELD, None)
        if not isinstance(said, str) or not hmac.compare_digest(_bytes(said), _bytes(self.token)):
            return None
        return json.dumps(message, separators=(",", ":")).encode("ascii")


def refusal(body: bytes) -> bytes | None:
    """Return the answer to a first message that is refused; None where it was no `initialize` and gets none."""
    message = _read(body)
    request_id = message.get("id")
    if message.get("method") != "initialize" or not isinstance(request_id, str | int):
        return None
    error = {"code": _INVALID_REQUEST, "message": REFUSAL}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error}).encode("ascii")


def _read(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _find(tree: Any, *path: str) -> Any:
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _bytes(text: str) -> bytes:
    # Half a character can be said in JSON, and is no UTF-8.
    return text.encode("utf-8", "surrogatepass")
