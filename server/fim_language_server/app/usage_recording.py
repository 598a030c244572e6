"""Recording of requests and outcomes as the settings want it: in the usage log of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import define, evolve, field

from fim_language_server.clock import CallLater
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.values import Suggestion
from fim_language_server.engine.model_chain import Backend
from fim_language_server.settings import Settings
from fim_language_server.usage.attribution import Attribution, this_user
from fim_language_server.usage.database import FILE
from fim_language_server.usage.log import Fate, UsageLog
from fim_language_server.usage.record import RequestRecord


@define(eq=False)
class UsageRecording:
    """Recording of what one application's requests cost, and of what became of their texts.

    Without a `_folder` for state nothing is kept. `configure` comes first, and `close` at the end.
    """

    _call_later: CallLater = field(repr=False)
    _folder: str = ""
    _log: UsageLog | None = field(default=None, init=False)
    _is_on: bool = field(default=False, init=False)
    _chain: Sequence[Backend] = field(default=(), init=False, repr=False)

    def configure(self, settings: Settings, chain: Sequence[Backend]) -> None:
        """Follow new settings, and the models that are asked from now on."""
        self._chain, self._is_on = chain, settings.log.statistics
        if self._log is None and self._folder:
            self._log = UsageLog(Path(self._folder) / FILE, self._call_later)
        if self._log is not None:
            folders, own = self._log.attribution.folders, settings.usage
            self._log.attribution = Attribution(own.person, own.project, this_user(), folders)

    def set_folders(self, folders: Sequence[str]) -> None:
        """Take the workspace's folders, by which projects are told from each other."""
        if self._log is not None:
            self._log.attribution = evolve(self._log.attribution, folders=tuple(folders))

    def record_use(self, record: RequestRecord) -> None:
        """Take a request that has ended."""
        if self._log is not None and self._is_on:
            self._log.note(record)

    def record_fate(self, suggestion: Suggestion, outcome: Outcome, n: int) -> None:
        """Take what became of a suggestion, or take it back where `n` is -1."""
        if self._log is None or not self._is_on:
            return
        document, label = suggestion.request.document, suggestion.model
        asked = next((each for each in self._chain if each.label == label), None)
        fate = Fate(
            asked.name if asked else label,
            document.language_id,
            outcome.value,
            asked.model if asked else "",
            asked.host if asked else "",
            document.uri,
        )
        self._log.note_fate(fate, n)

    async def close(self) -> None:
        """Write what is left."""
        if self._log is not None:
            await self._log.close()
