"""Messages and log entries for the application's events, by the table "Errors" of ARCHITECTURE.md.

An error that the user can correct is shown once, until settings change or a request succeeds. An outage is logged
once. Errors that pass by themselves are never shown as messages.
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
"""The most different notices that are shown in a session."""


@define
class ErrorMessages:
    """Shows one client the events of its application; the `ApplicationListener` of `app`."""

    _client: Client
    _progress: WorkDoneProgress
    _status_line: StatusLine
    _pause: Callable[[], Pause] = Pause
    _refresh: Callable[[CompletionRequest], None] = lambda _request: None
    _reported: set[type[ProviderError]] = field(factory=set)
    _notices: set[str] = field(factory=set)
    _problems: list[str] = field(factory=list)
    _has_reported_bug: bool = False

    def provider_failed(self, error: ProviderError) -> None:
        """Show or log an error, once for each kind of error."""
        self._status_line.failed(error, self._pause())
        kind = type(error)
        if kind in self._reported:
            logger.debug("%s: %s", error.provider, error.message)
            return
        self._reported.add(kind)
        if isinstance(error, AuthenticationError | RequestRejectedError):
            self._client.show(types.MessageType.Error, error.message)
            logger.error("%s: %s", error.provider, error.message)
        else:
            logger.warning("%s: %s", error.provider, error.message)

    def provider_recovered(self) -> None:
        """Note that a request succeeded, so that the next error is reported again."""
        if self._reported:
            logger.info("the provider answers again")
        self._reported.clear()
        self._status_line.recovered()

    def answered_late(self, request: CompletionRequest) -> None:
        """Make the editor request again, if its last request was `request`, which was answered with another text."""
        self._refresh(request)

    def notice(self, text: str) -> None:
        """Show a notice of a provider, such as a model about to be retired; each text once."""
        if text not in self._notices and len(self._notices) < MOST_NOTICES:
            self._notices.add(text)
            self._client.show(types.MessageType.Info, text)

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """Show the progress of indexing, in files; a `total` of 0 means unknown."""
        self._progress.update(done, total, finished)

    def settings_changed(self, problems: list[str]) -> None:
        """Note new settings; show their problems in one message, unless these were shown last."""
        self._reported.clear()
        if problems and problems != self._problems:
            self._client.show(types.MessageType.Warning, "fim settings: " + "; ".join(problems))
        self._problems = list(problems)

    def report_bug(self) -> None:
        """Show, once, that this server has a bug, and that its log has the details."""
        if not self._has_reported_bug:
            self._has_reported_bug = True
            self._client.show(
                types.MessageType.Error, "fim-language-server: something went wrong; see the server's log."
            )
