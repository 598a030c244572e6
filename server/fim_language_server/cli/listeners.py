"""Listeners of commands to the application: where an editor would show a message, a command prints it or ignores it."""

from __future__ import annotations

from fim_language_server.cli.printing import remark
from fim_language_server.core.values import CompletionRequest
from fim_language_server.errors import ProviderError


class SilentListener:
    """Listener that ignores every event of the application; commands override what they need."""

    def provider_failed(self, error: ProviderError) -> None:
        """Ignore a failure of the provider."""

    def provider_recovered(self) -> None:
        """Ignore that the provider works again."""

    def notice(self, text: str) -> None:
        """Ignore a message for the user."""

    def answered_late(self, request: CompletionRequest) -> None:
        """Ignore an answer that came after its request ended."""

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """Ignore the progress of indexing, in files."""


class TerminalListener(SilentListener):
    """Listener that prints on standard error the messages that an editor would show."""

    def provider_failed(self, error: ProviderError) -> None:
        """Print the failure."""
        remark(error)

    def notice(self, text: str) -> None:
        """Print the message."""
        remark(text)
