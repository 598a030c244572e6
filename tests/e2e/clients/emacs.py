"""Emacs with lsp-mode: UTF-32 first, and no word of inline completion in spite of asking for it."""

from tests.e2e.clients import Editor

EMACS = Editor(
    "emacs",
    {
        "workspace": {
            "applyEdit": True,
            "executeCommand": {"dynamicRegistration": False},
            "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
            "configuration": True,
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "workspaceFolders": True,
        },
        "textDocument": {
            "synchronization": {"willSave": True, "didSave": True, "willSaveWaitUntil": True},
            "inlineCompletion": None,
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}},
        "general": {"positionEncodings": ["utf-32", "utf-16"]},
    },
    encoding="utf-32",
    cancels=True,
    invokes=True,
    reports_acceptance=True,
)
