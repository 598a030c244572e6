"""LSP4IJ in a JetBrains IDE: every request is Automatic, and no command is ever run."""

from tests.e2e.clients import Editor

LSP4IJ = Editor(
    "lsp4ij",
    {
        "workspace": {
            "applyEdit": True,
            "configuration": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "executeCommand": {"dynamicRegistration": True},
            "workspaceFolders": True,
        },
        "textDocument": {
            "synchronization": {
                "dynamicRegistration": True,
                "willSave": True,
                "willSaveWaitUntil": True,
                "didSave": True,
            },
            "inlineCompletion": {"dynamicRegistration": True},
        },
        "window": {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}},
        "general": {"positionEncodings": ["utf-16"]},
    },
    encoding="utf-16",
    cancels=True,
    invokes=False,
    reports_acceptance=False,
)
