"""coc.nvim in Vim: UTF-16 only, lets go of a request at every key, and runs the command of what was accepted.

Habits, columns and inline completion are those of a build of December 2025; the other capabilities were not noted and
are as VS Code's, whose client library it comes from. No registry has a build to try this server with.
"""

from tests.e2e.clients import Editor

COC = Editor(
    "coc",
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
            "synchronization": {"dynamicRegistration": True, "willSave": True, "didSave": True},
            "inlineCompletion": {"dynamicRegistration": True},
        },
        "window": {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}},
        "general": {"positionEncodings": ["utf-16"]},
    },
    encoding="utf-16",
    cancels=True,
    invokes=True,
    reports_acceptance=True,
)
