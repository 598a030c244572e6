"""The composition root: it makes an engine from the settings, and makes it anew when they change.

It connects the rooms that must not import each other: the engine gets each model as an async generator, a provider
gets its transport and key, and each part only the settings that it needs. The workspace's index, the budgets and the
logs outlive a change of settings; everything else is made anew, and the old engine closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fim_language_server.app.backends import (
    ConnectedModel,
    MakeTransport,
    connect_model,
    embedded_backend,
    engine_options,
    excluder,
)
from fim_language_server.app.budgets import Budgets
from fim_language_server.app.company_files import CompanySettings, ReadCompanySettings, read_company_settings
from fim_language_server.app.embedded_model import WorkspaceModel
from fim_language_server.app.next_edit_model import AskedModel, EditModels
from fim_language_server.app.observing import ApplicationListener, Observing
from fim_language_server.app.other_files import OpenDocuments, OtherFiles, PiecesInUse
from fim_language_server.app.settings_layers import read_layers
from fim_language_server.app.usage_recording import UsageRecording
from fim_language_server.app.user_hash import user_hash
from fim_language_server.clock import Clock, SystemClock
from fim_language_server.core.other_files.recent_edits import RecentEdits
from fim_language_server.core.secrets.masking import MARGIN
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.snippets import select_snippets
from fim_language_server.engine.decision_log import DecisionLog
from fim_language_server.engine.engine import Engine, OpenStream
from fim_language_server.engine.instant_guess import CAREFUL, EAGER, Guesser
from fim_language_server.engine.model_chain import Backend, Chain
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.sent_snippets import SentSnippets
from fim_language_server.engine.snippet_choice import SnippetChoice
from fim_language_server.errors import ProviderError
from fim_language_server.providers import EMBEDDED
from fim_language_server.providers.targets import ModelChoice, choose_chain
from fim_language_server.providers.transport import Transport
from fim_language_server.settings import Settings

logger = logging.getLogger(__name__)

INDEXED = "the workspace is indexed"
"""The beginning of the log line that reports a finished index; tests and benchmarks wait for it."""


class Application:
    """The engine with its models, for the current settings. Call `configure` first, and `close` at the end.

    With a `state_folder` it records what requests cost, and shares budgets with other processes. `refreshes` says that
    the editor replaces a shown text if a better one comes later (`$/fim/refresh`).
    """

    def __init__(
        self,
        folders: Sequence[str],
        listener: ApplicationListener,
        *,
        open_documents: OpenDocuments = lambda _uri: (),
        recent_edits: Callable[[], RecentEdits] = RecentEdits,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        state_folder: str = "",
        refreshes: bool = False,
        make_transport: MakeTransport = Transport,
        read_company: ReadCompanySettings = read_company_settings,
    ) -> None:
        self.settings = Settings()
        self.window = (self.settings.context.prefix_chars, self.settings.context.suffix_chars)
        self.provider_name = ""
        self.model = ""
        self.is_excluded = excluder(())
        self.company = CompanySettings()
        self.observing = Observing()
        self._read_company = read_company
        self._folders = list(folders)
        self._refreshes = refreshes
        self._listener = listener
        self._open_documents = open_documents
        self._recent_edits = recent_edits
        self._environ = os.environ if environ is None else environ
        self._clock = clock or SystemClock()
        self._placeholders = Placeholders(os.urandom(32))
        self._make_transport = make_transport
        self.usage = UsageRecording(self._clock.call_later, state_folder, listener.notice, self._environ)
        self.outcomes = OutcomeLog(self.observing.before(self.usage.record_fate))
        self.record_next_edit = self.usage.record_next_edit
        self.decisions = DecisionLog(observer=self.usage.record_answer, on_decision=self.observing.decided)
        self._engine: Engine | None = None
        self._chain: list[Backend] = []
        self._pieces = PiecesInUse()
        self._connected: list[ConnectedModel] = []
        self._budgets = Budgets(self._clock, self._clock.call_later, self._environ, state_folder)
        self._edit_models = EditModels(self._budgets, self._placeholders, listener, self.usage)
        self._embedded = WorkspaceModel(folders, self._environ, self._indexing, self._last_document)
        self._is_warm = False
        self._changing = asyncio.Lock()
        self._connecting: asyncio.Task[None] | None = None

    @property
    def request_window(self) -> tuple[int, int]:
        """The code points before and after the cursor that a request needs: the window that is sent, and a margin.

        The margin lets masking recognise a secret that only begins in the window.
        """
        margin = 0 if self.provider_name == EMBEDDED else MARGIN
        return self.window[0] + margin, self.window[1] + margin

    @property
    def engine(self) -> Engine:
        """The engine for the current settings."""
        assert self._engine is not None, "configure first"
        return self._engine

    @property
    def next_edit_model(self) -> AskedModel | None:
        """The model of next edits for the current settings; None where none is asked."""
        return self._edit_models.in_use

    @property
    def open_stream(self) -> OpenStream:
        """The preferred model for the current settings, without debounce, cache and budget.

        For `eval` and the FIM server; editors are answered by `engine`.
        """
        assert self._chain, "configure first"
        return self._chain[0].open_stream

    async def configure(self, raw: Any, workspace: Sequence[Any] = ()) -> list[str]:
        """Make an engine from raw settings, close the one before, and return a sentence for each problem.

        `raw` are the user's settings. Those of `workspace`, one layer for each file with settings, only narrow what
        leaves this machine and what it costs; the company's policy holds over both. There is always a working engine
        after this: invalid values are replaced by their defaults, and a chain without a usable model by the embedded
        model.
        """
        async with self._changing:
            self.company = await asyncio.to_thread(self._read_company, self._environ)
            settings, problems = read_layers(raw, workspace, self.company)
            return await self._configure(settings, problems)

    async def _configure(self, settings: Settings, problems: Sequence[str] = ()) -> list[str]:
        user = await asyncio.to_thread(user_hash, settings.provider, self.usage.folder)
        choices, left_out = choose_chain(settings.provider, self._environ, user)
        engine, connected = self._engine, self._connected
        self._connected = []
        # The old engine answers until the new one is made; by then it must not send what is excluded from now on.
        self.is_excluded = excluder(settings.trigger.exclude)
        self._pieces.drop_all()
        await self._embedded.configure(settings)
        chars = settings.at_most("context", "snippet_chars", settings.context.snippet_chars)
        other_files = OtherFiles(
            self._open_documents,
            lambda document: self.is_excluded(document),
            chars,
            self._recent_edits,
            lambda: self._embedded.choose_snippets or select_snippets,
        )
        chosen = SnippetChoice(other_files.plan if chars else None, self._clock)
        self._pieces = PiecesInUse([chosen])
        self._chain = []
        for choice in choices:
            snippets = SentSnippets(chosen, other_files.read_texts) if chars else None
            self._pieces.add(snippets)
            backend = await self._connect(choice, settings, snippets, is_first=not self._chain)
            backend.open_stream = self.observing.wrap(backend.label, backend.open_stream)
            self._chain.append(backend)
        self.settings = settings
        unrecorded = await self.usage.configure(settings, self._chain)
        self.usage.set_folders(self._folders)
        first = self._chain[0]
        self.provider_name, self.model = first.name, first.model
        self.window = (first.window.prefix_chars, first.window.suffix_chars)
        options = engine_options(settings, lambda document: self.is_excluded(document))
        chain = Chain(tuple(self._chain))
        self._engine = Engine(
            chain,
            options,
            self._clock,
            self._listener,
            self.usage.record_use,
            outcomes=self.outcomes,
            decisions=self.decisions,
            guesser=self._guesser(),
            choice=chosen,
        )
        await self._close_models(engine, connected)
        left_out += await self._edit_models.configure(settings, self._environ, self._make_transport)
        used = [backend.budget for backend in self._chain] + self._edit_models.budgets
        await self._budgets.leave_all_but(used)
        if self._is_warm:
            await self.warm_up()
        self.observing.configured(settings, self._chain)
        logger.info(
            "completing with %s", ", else ".join(f"{backend.name} {backend.model}".strip() for backend in self._chain)
        )
        return sorted([*problems, *left_out, *unrecorded])

    async def warm_up(self) -> None:
        """Begin to index and to connect, so that the first request need not wait for it. Returns at once.

        After this a change of settings begins both for the new models, too.
        """
        self._is_warm = True
        await self._embedded.start()
        if self._connected and self._connecting is None:
            self._connecting = asyncio.create_task(self._connect_early(self._connected[0]))
        if self._has_guesses:
            self._embedded.prepare()
        if any(True for _ in self._open_documents("")):
            self.document_opened()

    def document_opened(self) -> None:
        """Begin to index the workspace for pieces of its files, where a model behind an API gets to see some.

        Returns at once. Before the first document is open there is nothing to complete, so nothing is indexed.
        """
        if self._is_warm and self._connected:
            self._embedded.prepare_choice()

    async def wait_until_indexed(self, *, for_pieces: bool = False) -> None:
        """Wait for the embedded model's first index; of another model for that of its pieces, if it is `for_pieces`."""
        if for_pieces or self.provider_name == EMBEDDED:
            await self._embedded.wait_until_indexed(for_pieces=self.provider_name != EMBEDDED)

    def files_changed(self, paths: Sequence[str]) -> None:
        """Report to the index that files were written, made or removed, by their absolute paths."""
        self._embedded.files_changed(paths)
        self._pieces.drop_changed(paths)

    async def set_folders(self, folders: Sequence[str]) -> None:
        """Replace the workspace folders."""
        async with self._changing:
            if list(folders) == self._folders:
                return
            self._folders = list(folders)
            self.usage.set_folders(folders)
            self._pieces.drop_all()
            await self._embedded.set_folders(folders)
            if self.provider_name == EMBEDDED or self._has_guesses:
                await self._configure(self.settings)
            elif self._is_warm:
                await self.warm_up()

    async def close(self) -> None:
        """Answer the waiting requests, close all connections, stop indexing; no task of the application runs on."""
        await self._close_models(self._engine, self._connected)
        self._connected = []
        await self._edit_models.close()
        await self._embedded.close()
        # At the same time: another process may hold the lock of either file.
        await asyncio.gather(self._budgets.close(), self.usage.close())

    async def _connect_early(self, model: ConnectedModel) -> None:
        target, transport = model.target, model.transport
        try:
            await transport.preconnect(target.url)
            await transport.probe(target.provider, target.url, target.options, target.credentials)
        except ProviderError as error:
            # The first request will report it, if it fails then, too.
            logger.debug("could not connect early: %s", error)

    async def _close_models(self, engine: Engine | None, connected: Sequence[ConnectedModel]) -> None:
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        if engine is not None:
            await engine.close()
        for model in connected:
            await model.transport.close()

    def _indexing(self, done: int, total: int, finished: bool) -> None:
        if finished:
            logger.info("%s: %d files", INDEXED, done)
            if self._engine is not None:
                self._engine.forget_answers(EMBEDDED)  # They were made from an incomplete index.
        self._listener.indexing(done, total, finished)

    def _last_document(self) -> str:
        """Return the path of the last used document, relative to its workspace folder; "" where there is none."""
        return next((document.path for document, _ in self._open_documents("") if document.path), "")

    async def _connect(
        self, choice: ModelChoice, settings: Settings, snippets: SentSnippets | None, *, is_first: bool
    ) -> Backend:
        """Return the backend of one model of the chain."""
        target = choice.target
        if target is None:
            open_stream = await self._embedded.make() if is_first else self._embedded.stream
            return embedded_backend(open_stream, self._clock)
        for remark in target.provider.option_warnings(target.options):
            self._listener.notice(remark)
        budget = self._budgets.of(target, settings)
        model = connect_model(choice, target, settings, budget, snippets, self._placeholders, self._make_transport)
        self._connected.append(model)
        return model.backend

    @property
    def _has_guesses(self) -> bool:
        """Are instant guesses of the embedded model shown before the text of a model behind an API?"""
        return self.settings.embedded.instant_guess and self.provider_name != EMBEDDED

    def _guesser(self) -> Guesser | None:
        if not self._has_guesses:
            return None
        find = self.observing.wrap_found(f"{EMBEDDED} (guess)", lambda: self._embedded.if_loaded)
        return Guesser(find, EMBEDDED, EAGER if self._refreshes else CAREFUL)
