"""Five editors as a server sees them: the capabilities that each sends, as far as any server could act on them.

Recorded from the editors themselves (VS Code 1.139 with vscode-languageclient 11, Neovim 0.12.4, Emacs 29 with
lsp-mode, LSP4IJ's capability factory; coc as far as it is known), cut down to what concerns text, settings, progress
and inline completion.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class Editor:
    """One editor's habits."""

    name: str
    capabilities: dict[str, Any]
    encoding: str  # what is negotiated with it
    cancels: bool  # a superseded request is cancelled
    invokes: bool  # it says when a key was pressed for a completion
    reports_acceptance: bool  # it runs an accepted item's command
