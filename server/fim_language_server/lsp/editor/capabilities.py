"""What this server can, as `initialize` tells it: plain JSON, to be said before the protocol's types are loaded."""

from __future__ import annotations

from typing import Any

import fim_language_server
from fim_language_server.lsp.editor.client_features import ClientFeatures

ACCEPT = "fim.accept"
"""The command that tells an accepted suggestion: the only word of it a client has in LSP 3.18."""

SNOOZE = "fim.snooze"
TOGGLE_LANGUAGE = "fim.toggleLanguage"
SHOW_WHY = "fim.showWhy"

COMMANDS = (ACCEPT, SNOOZE, TOGGLE_LANGUAGE, SHOW_WHY)
"""Every command of `workspace/executeCommand`."""

_INCREMENTAL = 2  # TextDocumentSyncKind


def initialize_result(features: ClientFeatures) -> dict[str, Any]:
    """Return LSP's `InitializeResult`, the same for every client but for the columns it counts in.

    Inline completion is advertised to all: some clients say they know none, and ask all the same.
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
