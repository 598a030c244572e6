"""Composition root: settings -> engine, and nothing else.

Here the parts that may not know each other meet: the engine gets the model as an async generator, the provider gets
its transport and key, and nobody below gets more of the settings than it needs. What outlives a change of settings
(the workspace's index) is kept; everything else is built anew, and the old engine closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from fim_language_server.app.backends import (
    Budgets,
    ConnectedModel,
    MakeTransport,
    OpenDocuments,
    connect_model,
    embedded_backend,
    engine_options,
    excluder,
    snippet_source,
)
from fim_language_server.app.embedded_model import WorkspaceModel
from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.core.secrets.masking import MARGIN
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.values import Suggestion
from fim_language_server.engine.decision_log import DecisionLog
from fim_language_server.engine.engine import Engine, EngineListener, OpenStream
from fim_language_server.engine.instant_guess import CAREFUL, EAGER, Guesser
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.errors import ProviderError
from fim_language_server.providers import EMBEDDED, REGISTRY, describe_kinds
from fim_language_server.providers.targets import ModelChoice, choose_chain
from fim_language_server.providers.transport import Transport
from fim_language_server.settings import Settings, narrowed, not_taken, parse_settings, settings_schema
from fim_language_server.spending.shared.lease_exchange import BudgetSharing
from fim_language_server.usage.log import FILE, Fate, UsageLog
from fim_language_server.usage.record import RequestRecord

logger = logging.getLogger(__name__)

INDEXED = "the workspace is indexed"
"""How the log line begins that says so."""


class ApplicationListener(EngineListener, Protocol):
    """Who is told what goes on."""

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """So many files of the workspace are indexed; a total of 0 is not known yet."""
        ...


class Application:
    """Everything behind the editor's protocol. Call `configure` before `engine` is used, and `close` at the end.

    In `state_folder` it keeps what requests cost, and shares budgets with other editors; without one it does neither.
    `refreshes` says that a better text takes the place of one that is shown, should it come late.
    """

    def __init__(
        self,
        folders: Sequence[str],
        listener: ApplicationListener,
        *,
        open_documents: OpenDocuments = lambda _uri: (),
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        state_folder: str = "",
        refreshes: bool = False,
        make_transport: MakeTransport = Transport,
    ) -> None:
        self.settings = Settings()
        self.window = (self.settings.context.prefix_chars, self.settings.context.suffix_chars)
        self.provider_name = ""
        self.model = ""
        self.is_excluded = excluder(())
        self._folders = list(folders)
        self._refreshes = refreshes
        self._listener = listener
        self._open_documents = open_documents
        self._environ = os.environ if environ is None else environ
        self._clock = clock or SystemClock()
        self._placeholders = Placeholders(os.urandom(32))
        self._make_transport = make_transport
        self._usage = UsageLog(Path(state_folder) / FILE, self._clock.call_later) if state_folder else None
        self.outcomes = OutcomeLog(self._note_fate)
        self.decisions = DecisionLog()
        self._engine: Engine | None = None
        self._chain: list[Backend] = []
        self._reached: list[ConnectedModel] = []
        sharing = BudgetSharing(state_folder, self._clock.call_later) if state_folder else None
        self._budgets = Budgets(self._clock, sharing)
        self._embedded = WorkspaceModel(folders, self._environ, self._indexing, self._last_document)
        self._is_warm = False
        self._changing = asyncio.Lock()
        self._connecting: asyncio.Task[None] | None = None

    @property
    def seen(self) -> tuple[int, int]:
        """The code points before and after the cursor that requests are to have: more than the window that is sent.

        So a secret at the edge of what is sent is known for one.
        """
        margin = 0 if self.provider_name == EMBEDDED else MARGIN
        return self.window[0] + margin, self.window[1] + margin

    @property
    def engine(self) -> Engine:
        """The engine of the settings as they are now."""
        assert self._engine is not None, "configure first"
        return self._engine

    @property
    def open_stream(self) -> OpenStream:
        """The model of the settings as they are now, asked at once: no waiting, no cache, no budget.

        For evaluation and the FIM server; editors are answered by `engine`.
        """
        assert self._chain, "configure first"
        return self._chain[0].open_stream

    async def configure(self, raw: Any, workspace: Sequence[Any] = ()) -> list[str]:
        """Build an engine from raw settings and close the one before; return what was wrong with them.

        `raw` are the user's. Those of `workspace`, one for each place that a workspace keeps some in, only narrow
        what leaves this machine and what it costs. Always ends with an engine that works: what cannot be used falls
        back to its default, in the end to the embedded model.
        """
        async with self._changing:
            settings, problems = read_layers(raw, workspace)
            return await self._configure(settings, problems)

    async def _configure(self, settings: Settings, problems: Sequence[str] = ()) -> list[str]:
        links, left_out = choose_chain(settings.provider, self._environ)
        engine, reached = self._engine, self._reached
        self._reached = []
        await self._embedded.configure(settings)
        self.is_excluded = excluder(settings.trigger.exclude)
        self._chain = [await self._reach(link, settings, is_first=not n) for n, link in enumerate(links)]
        self.settings = settings
        first = self._chain[0]
        self.provider_name, self.model = first.name, first.model
        self.window = (first.window.prefix_chars, first.window.suffix_chars)
        options = engine_options(settings, self.is_excluded)
        chain = Chain(tuple(self._chain))
        self._engine = Engine(
            chain,
            options,
            self._clock,
            self._listener,
            self._note_use,
            outcomes=self.outcomes,
            decisions=self.decisions,
            guesser=self._guesser(),
        )
        await self._close_providers(engine, reached)
        await self._budgets.leave_all_but([backend.budget for backend in self._chain])
        if self._is_warm:
            await self.warm_up()
        logger.info("completing with %s", ", else ".join(f"{it.name} {it.model}".strip() for it in self._chain))
        return sorted([*problems, *left_out])

    async def warm_up(self) -> None:
        """Begin ahead with what the first keystroke would wait for: indexing, connecting. Returns at once.

        From here on a change of settings does the same for what it builds.
        """
        self._is_warm = True
        await self._embedded.start()
        if self._reached and self._connecting is None:
            self._connecting = asyncio.create_task(self._connect_ahead(self._reached[0]))
        if self._guesses:
            self._embedded.prepare()

    async def wait_until_indexed(self) -> None:
        """Wait for the embedded model's first complete index; at once where another model completes."""
        if self._embedded.index is not None and self.provider_name == EMBEDDED:
            await self._embedded.index.wait_until_ready()

    def files_changed(self, paths: Sequence[str]) -> None:
        """Tell the index that files were written, made or removed; absolute paths."""
        self._embedded.files_changed(paths)

    async def set_folders(self, folders: Sequence[str]) -> None:
        """Complete for other workspace folders from now on."""
        async with self._changing:
            if list(folders) == self._folders:
                return
            self._folders = list(folders)
            await self._embedded.set_folders(folders)
            if self.provider_name == EMBEDDED or self._guesses:
                await self._configure(self.settings)

    async def close(self) -> None:
        """Answer what waits, hang up, stop indexing; nothing of the application runs on."""
        await self._close_providers(self._engine, self._reached)
        self._reached = []
        await self._embedded.close()
        # Side by side: another process may hold up both.
        closing = [self._budgets.close(), *([self._usage.close()] if self._usage is not None else [])]
        await asyncio.gather(*closing)

    def _note_use(self, record: RequestRecord) -> None:
        if self._usage is not None and self.settings.log.statistics:
            self._usage.note(record)

    def _note_fate(self, suggestion: Suggestion, outcome: Outcome, n: int) -> None:
        if self._usage is not None and self.settings.log.statistics:
            provider = next((it.name for it in self._chain if it.label == suggestion.model), suggestion.model)
            self._usage.note_fate(Fate(provider, suggestion.request.document.language_id, outcome.value), n)

    async def _connect_ahead(self, reached: ConnectedModel) -> None:
        target, transport = reached.target, reached.transport
        try:
            await transport.preconnect(target.url)
            await transport.learn(target.provider, target.url, target.options, target.credentials)
        except ProviderError as error:
            # The first request will say so, should it still be true by then.
            logger.debug("could not connect ahead: %s", error)

    async def _close_providers(self, engine: Engine | None, reached: Sequence[ConnectedModel]) -> None:
        ahead, self._connecting = self._connecting, None
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
        if engine is not None:
            await engine.close()
        for one in reached:
            await one.transport.close()

    def _indexing(self, done: int, total: int, finished: bool) -> None:
        if finished:
            logger.info("%s: %d files", INDEXED, done)
            if self._engine is not None:
                self._engine.forget_answers(EMBEDDED)  # The model knows more now than when it said them.
        self._listener.indexing(done, total, finished)

    def _last_document(self) -> str:
        """Return the path of the document that was used last, within its workspace folder; "" where there is none."""
        return next((document.path for document, _ in self._open_documents("") if document.path), "")

    async def _reach(self, link: ModelChoice, settings: Settings, *, is_first: bool) -> Backend:
        """Make one model of the chain ready to be asked."""
        target = link.target
        if target is None:
            open_stream = await self._embedded.make() if is_first else self._embedded.ask
            return embedded_backend(open_stream, self._clock)
        for remark in target.provider.option_warnings(target.options):
            self._listener.notice(remark)
        snippets = snippet_source(self._open_documents, settings, self.is_excluded)
        budget = self._budgets.of(target, settings)
        reached = connect_model(link, target, settings, budget, snippets, self._placeholders, self._make_transport)
        self._reached.append(reached)
        return reached.backend

    @property
    def _guesses(self) -> bool:
        """Does the embedded model speak before a model behind an API has?"""
        return self.settings.embedded.instant_guess and self.provider_name != EMBEDDED

    def _guesser(self) -> Guesser | None:
        if not self._guesses:
            return None
        return Guesser(lambda: self._embedded.stand_in, EMBEDDED, EAGER if self._refreshes else CAREFUL)


def read_layers(raw: Any, workspace: Sequence[Any] = ()) -> tuple[Settings, list[str]]:
    """Return the user's settings, narrowed by those of a workspace, and what was wrong with any of them."""
    kinds = [*REGISTRY, EMBEDDED]
    settings, problems = parse_settings(raw, kinds, TEMPLATES)
    ignored: list[str] = []
    for layer in workspace:
        theirs, wrong = parse_settings(layer, kinds, TEMPLATES)
        problems += [f"workspace settings: {problem}" for problem in wrong]
        ignored += not_taken(settings, theirs)
        settings = narrowed(settings, theirs)
    if ignored:
        keys = ", ".join(dict.fromkeys(ignored))
        logger.info("not taken from the workspace, whose settings may only narrow the user's: %s", keys)
    return settings, problems


def full_schema() -> dict[str, Any]:
    """Return the JSON schema of the settings, with the registry's providers as the values of `provider.kind`."""
    schema = settings_schema()
    kinds = describe_kinds()
    provider = schema["$defs"]["ProviderSettings"]["properties"]
    name, of_model = provider["fallback"]["items"]["anyOf"]
    name["enum"] = [kind.name for kind in kinds]
    for properties in (provider, of_model["properties"]):
        properties["kind"]["enum"] = [kind.name for kind in kinds]
        properties["kind"]["enumDescriptions"] = [kind.description for kind in kinds]
        properties["template"]["enum"] = list(TEMPLATES)
    return schema
