"""The Jupyter server's part of the JupyterLab extension: a WebSocket between a page and its own language server.

The page speaks LSP over it (`socket.py`); keys are in this server's environment and reach no browser.
"""

from __future__ import annotations

from fim_language_server_jupyterlab.extension import FimExtension


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Return what the Jupyter server loads (jupyter_server, "Distributing a server extension")."""
    return [{"module": "fim_language_server_jupyterlab", "app": FimExtension}]
