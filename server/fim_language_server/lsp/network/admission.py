"""Admission of a network client by a token in its first message.

Every program and every user of this machine can connect to a port, and so can every page in a browser. An LSP client
can add no line or header to its connection, but can send `initializationOptions`; so the token is a field of these.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from attrs import field, frozen

from fim_language_server.lsp.editor.origin import TOKEN_FIELD

REFUSAL = (
    f"This server admits only clients that send its token, as {TOKEN_FIELD} in initializationOptions; "
    "it was printed when the server was started, or is in the variable FIM_TOKEN."
)

_INVALID_REQUEST = -32600


@frozen
class Admission:
    """Admits the clients that send `token`."""

    token: str = field(repr=False)

    def admit(self, body: bytes) -> bytes | None:
        """Return the first message with the token removed; None where the token is missing or wrong."""
        message = _read(body)
        options = _find(message, "params", "initializationOptions")
        if not isinstance(options, dict) or message.get("method") != "initialize":
            return None
        token = options.pop(TOKEN_FIELD, None)
        if not isinstance(token, str) or not hmac.compare_digest(_bytes(token), _bytes(self.token)):
            return None
        return json.dumps(message, separators=(",", ":")).encode("ascii")


def refusal(body: bytes) -> bytes | None:
    """Return the answer to a refused first message; None where it is no `initialize` request, which gets none."""
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
    # JSON can have a lone surrogate in it, which UTF-8 cannot.
    return text.encode("utf-8", "surrogatepass")
