"""The server's capabilities, as in the reply to `initialize`: plain JSON, sent before lsprotocol is imported."""

from __future__ import annotations

from typing import Any

import fim_language_server
from fim_language_server.lsp.editor.client_features import ClientFeatures

ACCEPT = "fim.accept"
"""The command that a client runs when a suggestion was accepted; LSP 3.18 has no other notice of it."""

SNOOZE = "fim.snooze"
TOGGLE_LANGUAGE = "fim.toggleLanguage"
SHOW_WHY = "fim.showWhy"

COMMANDS = (ACCEPT, SNOOZE, TOGGLE_LANGUAGE, SHOW_WHY)
"""Every command of `workspace/executeCommand`."""

_INCREMENTAL = 2  # TextDocumentSyncKind


def initialize_result(features: ClientFeatures) -> dict[str, Any]:
    """Return LSP's `InitializeResult`, which differs between clients only in `positionEncoding`.

    Inline completion is advertised to all clients: some do not announce it, and request it nevertheless.
    """
    return {
        "capabilities": {
            "positionEncoding": features.encoding.value,
            "textDocumentSync": {"openClose": True, "change": _INCREMENTAL, "save": {}},
            "inlineCompletionProvider": {},
            "executeCommandProvider": {"commands": list(COMMANDS)},
            "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        },
        "serverInfo": {"name": "fim-language-server", "version": fim_language_server.__version__},
    }
