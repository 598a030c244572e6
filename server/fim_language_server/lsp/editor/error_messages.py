"""Errors and states to what the user sees: ARCHITECTURE.md's table, and nothing else.

A mistake that the user can mend is shown, once, until settings change or a request succeeds. An outage is logged,
once. Nothing is ever shown for what mends itself while one types.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import define, field
from lsprotocol import types

from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.health import Pause
from fim_language_server.errors import AuthenticationError, ProviderError, RequestRejectedError
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.progress import WorkDoneProgress
from fim_language_server.lsp.editor.status_line import StatusLine

logger = logging.getLogger(__name__)

MOST_NOTICES = 100


@define
class ErrorMessages:
    """What `app` tells of its providers, index and settings (`app.Listener`), for one client."""

    _client: Client
    _progress: WorkDoneProgress
    _line: StatusLine
    _pause: Callable[[], Pause] = Pause
    _refresh: Callable[[CompletionRequest], None] = lambda _request: None
    _told: set[type[ProviderError]] = field(factory=set)
    _notices: set[str] = field(factory=set)
    _problems: list[str] = field(factory=list)
    _told_bug: bool = False

    def provider_failed(self, error: ProviderError) -> None:
        """Show, or log, an error of a kind that was not told yet."""
        self._line.failed(error, self._pause())
        kind = type(error)
        if kind in self._told:
            logger.debug("%s: %s", error.provider, error.message)
            return
        self._told.add(kind)
        if isinstance(error, AuthenticationError | RequestRejectedError):
            self._client.show(types.MessageType.Error, error.message)
            logger.error("%s: %s", error.provider, error.message)
        else:
            logger.warning("%s: %s", error.provider, error.message)

    def provider_recovered(self) -> None:
        """Take note that a request succeeded: the next error is news again."""
        if self._told:
            logger.info("the provider answers again")
        self._told.clear()
        self._line.recovered()

    def answered_late(self, request: CompletionRequest) -> None:
        """Have the editor ask again, if the place is still the one where it was answered with something else."""
        self._refresh(request)

    def notice(self, text: str) -> None:
        """Show something that the user should know, such as a model about to be retired: each text once."""
        if text not in self._notices and len(self._notices) < MOST_NOTICES:
            self._notices.add(text)
            self._client.show(types.MessageType.Info, text)

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """Draw the progress of indexing, in files; `total` 0 means unknown."""
        self._progress.update(done, total, finished)

    def settings_changed(self, problems: list[str]) -> None:
        """Take note of new settings; show what is wrong with them, in one message, unless it is what it was."""
        self._told.clear()
        if problems and problems != self._problems:
            self._client.show(types.MessageType.Warning, "fim settings: " + "; ".join(problems))
        self._problems = list(problems)

    def bug(self) -> None:
        """Say, once, that something is wrong with this server itself, and where to read what."""
        if not self._told_bug:
            self._told_bug = True
            self._client.show(
                types.MessageType.Error, "fim-language-server: something went wrong; see the server's log."
            )
