"""The server's capabilities, as in the reply to `initialize`: plain JSON, sent before lsprotocol is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import fim_language_server
from fim_language_server.lsp.editor.client_features import ClientFeatures

ACCEPT = "fim.accept"
"""The command that a client runs when a suggestion was accepted; LSP 3.18 has no other notice of it."""

SNOOZE = "fim.snooze"
TOGGLE_LANGUAGE = "fim.toggleLanguage"
SHOW_WHY = "fim.showWhy"
ACCEPT_NEXT_EDIT = "fim.acceptNextEdit"
DISMISS_NEXT_EDIT = "fim.dismissNextEdit"

START_RECORDING = "fim.startRecording"
STOP_RECORDING = "fim.stopRecording"

COMMANDS = (
    ACCEPT,
    SNOOZE,
    TOGGLE_LANGUAGE,
    SHOW_WHY,
    ACCEPT_NEXT_EDIT,
    DISMISS_NEXT_EDIT,
    START_RECORDING,
    STOP_RECORDING,
)
"""Every command of `workspace/executeCommand`."""

TRIGGERS = (".", "(", "[", ":", "@")
"""Characters after which a client asks for its popup. A blank is none of them: in Helix the answer to a request for the
empty word hides the popup of the word that follows."""

_INCREMENTAL = 2  # TextDocumentSyncKind
_NOTEBOOKS = {"notebookSelector": [{"notebook": "*"}], "save": True}
"""All cells of all notebooks: those of other languages and Markdown are needed for the order, too."""


def initialize_result(features: ClientFeatures) -> dict[str, Any]:
    """Return LSP's `InitializeResult`; `positionEncoding`, the popup and notebooks depend on the client.

    Inline completion is advertised to all clients: some do not announce it, and request it nevertheless.
    """
    capabilities = {
        "positionEncoding": features.encoding.value,
        "textDocumentSync": {"openClose": True, "change": _INCREMENTAL, "save": {}},
        "inlineCompletionProvider": {},
        "executeCommandProvider": {"commands": list(COMMANDS)},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }
    if announces_popup(features):
        capabilities["completionProvider"] = {"triggerCharacters": list(TRIGGERS)}
    if features.syncs_notebooks:
        capabilities["notebookDocumentSync"] = _NOTEBOOKS
    return {
        "capabilities": capabilities,
        "serverInfo": {"name": "fim-language-server", "version": fim_language_server.__version__},
    }


def announces_popup(features: ClientFeatures) -> bool:
    """Is completion announced in the reply to `initialize`?

    Where the client can have it registered later, it is (`Session`): then all settings are known. Here only those in
    `initializationOptions` are, and of these only the one that matters is read.
    """
    return not features.popup.registers and features.popup.offers_popup(_stated_mode(features.settings))


def _stated_mode(settings: Any) -> str:
    """Return the `popup.mode` of raw settings, nested or dotted, with the section's name or without; "" for none."""
    if not isinstance(settings, Mapping):
        return ""
    for tree in (settings, settings.get("fim")):
        if isinstance(tree, Mapping):
            popup = tree.get("popup")
            nested = popup.get("mode") if isinstance(popup, Mapping) else None
            mode = nested or tree.get("popup.mode") or tree.get("fim.popup.mode")
            if isinstance(mode, str):
                return mode
    return ""
