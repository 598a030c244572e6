"""Progress of a long job in the editor (LSP 3.18, "Work Done Progress"). Short jobs are not shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fim_language_server.lsp.editor.client import Client

logger = logging.getLogger(__name__)

QUIET_S = 0.5
"""Seconds after which a job is shown."""

PAUSE_S = 0.25
"""The least seconds between two reports."""


@define
class WorkDoneProgress:
    """Shows the progress of a job; `spawn` runs the coroutine that creates its token."""

    _client: Client
    _title: str
    _now: Callable[[], float]
    _spawn: Callable[[Coroutine[Any, Any, None]], object]
    _began_at: float | None = None
    _last_report: float = 0.0
    _token: str | None = None  # of the progress that is shown
    _creating: bool = False
    _last: tuple[int, int] = field(default=(0, 0))
    _jobs: int = 0

    def update(self, done: int, total: int, finished: bool) -> None:
        """Take the state of the job, in files; a `total` of 0 means unknown."""
        if not self._client.features.shows_progress:
            return
        now = self._now()
        self._last = (done, total)
        if finished:
            self._end()
        elif self._began_at is None:
            self._began_at = now
        elif self._token is not None and now - self._last_report >= PAUSE_S:
            self._last_report = now
            self._send(types.WorkDoneProgressReport(message=self._message(), percentage=self._percentage()))
        elif self._token is None and not self._creating and now - self._began_at >= QUIET_S:
            self._creating = True
            self._jobs += 1
            self._spawn(self._begin(f"fim:indexing:{self._jobs}"))

    async def _begin(self, token: str) -> None:
        try:
            await self._client.request(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
            )
        except JsonRpcException as error:
            logger.debug("the editor shows no progress: %s", error)
            return  # `_creating` stays true, so that no further token is requested.
        self._creating = False
        if self._began_at is None:
            return  # The job ended in the meantime.
        self._token, self._last_report = token, self._now()
        self._send(types.WorkDoneProgressBegin(self._title, message=self._message(), percentage=self._percentage()))

    def _end(self) -> None:
        if self._token is not None:
            self._send(types.WorkDoneProgressEnd(message=self._message()))
        self._began_at, self._token = None, None

    def _send(self, value: Any) -> None:
        assert self._token is not None
        self._client.notify(types.PROGRESS, types.ProgressParams(self._token, value))

    def _message(self) -> str:
        done, total = self._last
        return f"{done} of {total} files" if total else f"{done} files found"

    def _percentage(self) -> int:
        """Return 0 where the total is unknown: clients ignore later percentages if the first report has none."""
        done, total = self._last
        return min(100, done * 100 // total) if total else 0
