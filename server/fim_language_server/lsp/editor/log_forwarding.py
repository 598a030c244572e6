"""The server's log, forwarded to the editor (`window/logMessage`). Standard error gets all of it (`cli/serve.py`)."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from lsprotocol import types

from fim_language_server.lsp.editor.client import Client, shown

MOST_INFO = 20
"""The most messages below WARNING in `PERIOD_S`: an editor draws its log on the screen."""

PERIOD_S = 10.0
"""Seconds in which at most `MOST_INFO` messages are sent."""

_KINDS = {
    logging.ERROR: types.MessageType.Error,
    logging.WARNING: types.MessageType.Warning,
    logging.INFO: types.MessageType.Info,
}


class ClientLogHandler(logging.Handler):
    """Sends records of INFO and above to one client; records may come from any thread."""

    def __init__(self, client: Client) -> None:
        super().__init__(logging.INFO)
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._period_began = float("-inf")
        self._sent = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record without its traceback, which only standard error gets."""
        if record.levelno < logging.WARNING and not self._may_send(record.created):
            return
        kind = next(kind for level, kind in _KINDS.items() if record.levelno >= level)
        params = types.LogMessageParams(kind, shown(record.getMessage()))
        with contextlib.suppress(RuntimeError):  # The loop is closed: the process is ending.
            self._loop.call_soon_threadsafe(self._client.notify, types.WINDOW_LOG_MESSAGE, params)

    def _may_send(self, at: float) -> bool:
        if at - self._period_began >= PERIOD_S:
            self._period_began, self._sent = at, 0
        self._sent += 1
        return self._sent <= MOST_INFO
