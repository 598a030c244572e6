"""Neovim 0.12: UTF-8 first, registers nothing dynamically here, never cancels while one types."""

from tests.e2e.clients import Editor

NEOVIM = Editor(
    "neovim",
    {
        "workspace": {
            "applyEdit": True,
            "workspaceEdit": {"resourceOperations": ["rename", "create", "delete"]},
            "configuration": True,
            "didChangeConfiguration": {"dynamicRegistration": False},
            "didChangeWatchedFiles": {"dynamicRegistration": False, "relativePatternSupport": True},
            "workspaceFolders": True,
        },
        "textDocument": {
            "synchronization": {
                "dynamicRegistration": False,
                "willSave": True,
                "willSaveWaitUntil": True,
                "didSave": True,
            },
            "inlineCompletion": {"dynamicRegistration": False},
        },
        "window": {
            "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
            "showDocument": {"support": True},
            "workDoneProgress": True,
        },
        "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    },
    encoding="utf-8",
    cancels=False,
    invokes=False,
    reports_acceptance=True,
)
