"""The extension of the Jupyter server: its settings, and the address at which pages reach the language server."""

from __future__ import annotations

import sys

from jupyter_server.extension.application import ExtensionApp
from traitlets import Integer, Unicode
from traitlets import List as ListOf

from fim_language_server_jupyterlab.socket import LanguageServerSocket

ADDRESS = "/fim-language-server/lsp"
"""The address below the server's base URL."""


class FimExtension(ExtensionApp):
    """Settings go into `jupyter_server_config.py`, as `c.FimExtension.…`."""

    name = "fim_language_server_jupyterlab"

    command = ListOf(
        Unicode(),
        default_value=[sys.executable, "-m", "fim_language_server"],
        help="The command that starts the language server: by default that of this server's own environment.",
    ).tag(config=True)
    settings_file = Unicode(
        "",
        help="A JSON file with settings that lie under those of JupyterLab; for all users of this server.",
    ).tag(config=True)
    most_connections = Integer(
        8,
        min=1,
        help="The most pages that are served at a time; each has a language server of its own.",
    ).tag(config=True)

    def initialize_handlers(self) -> None:
        """Add the WebSocket."""
        self.handlers.append((ADDRESS, LanguageServerSocket, {"extension": self}))

    def arguments(self) -> list[str]:
        """Return the command line of a language server."""
        settings = ["--settings", self.settings_file] if self.settings_file else []
        return [*self.command, *settings]
