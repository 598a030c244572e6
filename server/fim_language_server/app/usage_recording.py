"""Recording of requests and outcomes as the settings want it: in the usage log, and as metrics for a collector."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from fim_language_server.clock import CallLater
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.values import Skip, Suggestion
from fim_language_server.engine.model_chain import Backend
from fim_language_server.settings import Settings
from fim_language_server.settings.usage_section import UsageSettings
from fim_language_server.state.folder import state_folder
from fim_language_server.usage.attribution import HASH, OFF, SALT_BYTES, Attribution, this_user
from fim_language_server.usage.database import FILE
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.log import Fate, UsageLog, read_salt
from fim_language_server.usage.record import RequestRecord

if TYPE_CHECKING:
    from fim_language_server.usage.metrics_export import MetricsExport

logger = logging.getLogger(__name__)

NO_OTEL: Final = "usage.otlp is set, but its library is not installed; install fim-language-server[otel]"


@define(eq=False)
class UsageRecording:
    """Recording of what one application's requests cost, and of what became of their texts.

    Without a `_folder` for state nothing is kept. `configure` comes first, and `close` at the end.
    """

    _call_later: CallLater = field(repr=False)
    _folder: str = ""
    _notice: Callable[[str], None] = field(default=lambda _text: None, repr=False)
    """Shows a sentence to the user, each only once."""
    _environ: Mapping[str, str] = field(factory=dict, repr=False)
    day: DaySpending = field(init=False)
    """The limit of dollars a day, also where nothing else is kept."""
    _log: UsageLog | None = field(default=None, init=False)
    _is_on: bool = field(default=False, init=False)
    _chain: Sequence[Backend] = field(default=(), init=False, repr=False)
    _export: MetricsExport | None = field(default=None, init=False)
    _exported: UsageSettings = field(factory=UsageSettings, init=False)
    """The settings with which the export was made."""

    def __attrs_post_init__(self) -> None:
        folder = self._folder or state_folder(self._environ)
        self.day = DaySpending(Path(folder) / FILE if folder else None, self._call_later, self._day_spent)

    async def configure(self, settings: Settings, chain: Sequence[Backend]) -> list[str]:
        """Follow new settings, and the models that are asked from now on; return a sentence for each problem."""
        self._chain, self._is_on = chain, settings.log.statistics
        if self._log is None and self._folder:
            self._log = UsageLog(Path(self._folder) / FILE, self._call_later)
        if self._log is not None:
            folders, own = self._log.attribution.folders, settings.usage
            self._log.attribution = Attribution(own.person, own.project, this_user(), folders)
        await self.day.limit_to(settings.budget.dollars_per_day)
        for backend in chain:
            backend.spending = self.day if self.day.has_limit else None
        unpriced = [_unpriced(backend) for backend in chain if self.day.has_limit and backend.price is None]
        return [*await self._follow_collector(settings.usage), *unpriced]

    def _day_spent(self, most: float, day: str) -> None:
        self._notice(
            f"The ${most:g} of {day} are spent (budget.dollarsPerDay): no model that costs something is asked until "
            "midnight UTC."
        )

    @property
    def folder(self) -> str:
        """The folder of the state, in which the log is kept; "" for none."""
        return self._folder

    def set_folders(self, folders: Sequence[str]) -> None:
        """Take the workspace's folders, by which projects are told from each other."""
        if self._log is not None:
            self._log.attribution = evolve(self._log.attribution, folders=tuple(folders))

    def record_use(self, record: RequestRecord) -> None:
        """Take a request that has ended."""
        if self._log is not None and self._is_on:
            self._log.note(record)
        if self._export is not None:
            self._export.note(record)

    def record_fate(self, suggestion: Suggestion, outcome: Outcome, n: int) -> None:
        """Take what became of a suggestion, or take it back where `n` is -1."""
        document, label = suggestion.request.document, suggestion.model
        asked = next((each for each in self._chain if each.label == label), None)
        name, model, host = (asked.name, asked.model, asked.host) if asked is not None else (label, "", "")
        if self._log is not None and self._is_on:
            self._log.note_fate(Fate(name, document.language_id, outcome.value, model, host, document.uri), n)
        if self._export is not None:
            self._export.note_fate(name, model, outcome.value, n)

    def record_next_edit(self, uri: str, language_id: str, source: str, outcome: Outcome) -> None:
        """Take what became of a next edit that was shown; its `source` counts as its provider."""
        name = f"next edit: {source}"
        if self._log is not None and self._is_on:
            self._log.note_fate(Fate(name, language_id, outcome.value, uri=uri))
        if self._export is not None:
            self._export.note_fate(name, "", outcome.value, 1)

    def record_answer(self, answer: Suggestion | Skip | None) -> None:
        """Take an answer to the editor; None where the editor cancelled its request."""
        if self._export is not None and isinstance(answer, Suggestion):
            self._export.note_answer(answer.source.value, "")
        elif self._export is not None and isinstance(answer, Skip):
            self._export.note_answer("", answer.name.lower())

    async def close(self) -> None:
        """Write and send what is left."""
        export, self._export = self._export, None
        await self.day.close()
        await asyncio.gather(*(each.close() for each in (self._log, export) if each is not None))

    async def _follow_collector(self, own: UsageSettings) -> list[str]:
        """Make the export anew if its settings changed; return a sentence where it cannot be made."""
        if (own, own.model_fields_set) == (self._exported, self._exported.model_fields_set) and self._export:
            return []
        before, self._export, self._exported = self._export, None, own
        if before is not None:
            await before.close()
        if not own.otlp:
            return []
        try:
            self._export = await asyncio.to_thread(self._make_export, own)
        except ImportError:
            return [NO_OTEL]
        return []

    def _make_export(self, own: UsageSettings) -> MetricsExport:
        from fim_language_server.usage.metrics_export import make_export

        return make_export(own.otlp, self._identity(own))

    def _identity(self, own: UsageSettings) -> Mapping[str, str]:
        """Return who is named to the collector: nobody, unless the user or the company has set it; never a path."""
        identity = {}
        if "person" in own.model_fields_set and own.person.strip() not in (OFF, ""):
            salt = read_salt(Path(self._folder) / FILE) if self._folder else os.urandom(SALT_BYTES)
            name = Attribution(own.person, user=this_user()).person_name(salt)
            identity["user.hash" if own.person.strip() == HASH else "user.name"] = name
        if own.project.strip() not in (HASH, OFF, ""):
            identity["fim.project"] = own.project.strip()
        return {key: value for key, value in identity.items() if value}


def _unpriced(backend: Backend) -> str:
    model = f"{backend.name} {backend.model}".strip()
    known = f"the price of {model} at {backend.host} is not known"
    return f"budget.dollarsPerDay: {known}, so it is not asked; set provider.price"
