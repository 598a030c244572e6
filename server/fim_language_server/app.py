"""Composition root: settings -> engine, and nothing else.

Here the parts that may not know each other meet: the engine gets the model as an async generator, the provider gets
its transport and key, and nobody below gets more of the settings than it needs. What outlives a change of settings
(the workspace's index) is kept; everything else is built anew, and the old engine closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from fim_language_server.core.context import WindowSize
from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.core.secret_files import is_secret_path
from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.snippets import select_snippets
from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Snippet, Started
from fim_language_server.embedded.ignoring import parse_patterns
from fim_language_server.embedded.keeping import cache_folder
from fim_language_server.embedded.model import EmbeddedModel, Thresholds
from fim_language_server.embedded.workspace import WorkspaceIndex
from fim_language_server.engine.budget import RateBudget
from fim_language_server.engine.clock import Clock, SystemClock
from fim_language_server.engine.engine import Engine, EngineOptions, OpenStream
from fim_language_server.engine.engine import Listener as EngineListener
from fim_language_server.engine.fallback import Backend, Chain
from fim_language_server.engine.health import Health
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.why import WhyLog
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.providers import EMBEDDED, REGISTRY, describe_kinds
from fim_language_server.providers.base import NO_LIMITS, Limits, Window
from fim_language_server.providers.targets import Target, choose_target
from fim_language_server.providers.transport import Transport
from fim_language_server.providers.variation import vary
from fim_language_server.settings import Settings, parse_settings, settings_schema

logger = logging.getLogger(__name__)

INDEXED = "the workspace is indexed"
"""How the log line begins that says so."""

EMBEDDED_WINDOW = (20_000, 20_000)
"""What the embedded model reads around the cursor, in code points: the whole of most files. Nothing is sent."""

OpenDocuments = Callable[[str], Iterable[tuple[Document, Sequence[str]]]]
"""The other open documents with their lines, the most recent first; the argument is the one to leave out."""


class Listener(EngineListener, Protocol):
    """Who is told what goes on."""

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """So many files of the workspace are indexed; a total of 0 is not known yet."""
        ...


class Application:
    """Everything behind the editor's protocol. Call `configure` before `engine` is used, and `close` at the end."""

    def __init__(
        self,
        folders: Sequence[str],
        listener: Listener,
        *,
        open_documents: OpenDocuments = lambda _uri: (),
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = Settings()
        self.window = (self.settings.context.prefix_chars, self.settings.context.suffix_chars)
        self.provider_name = ""
        self.model = ""
        self._folders = list(folders)
        self._listener = listener
        self._open_documents = open_documents
        self._environ = os.environ if environ is None else environ
        self._clock = clock or SystemClock()
        self.outcomes = OutcomeLog()
        self.why = WhyLog()
        self._engine: Engine | None = None
        self._open_stream: OpenStream | None = None
        self._index: WorkspaceIndex | None = None
        self._is_warm = False
        self._changing = asyncio.Lock()
        self._connecting: asyncio.Task[None] | None = None
        self._transport: Transport | None = None
        self._target: Target | None = None

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
        assert self._open_stream is not None, "configure first"
        return self._open_stream

    async def configure(self, raw: Any) -> list[str]:
        """Build an engine from raw settings and close the one before; return what was wrong with them.

        Always ends with an engine that works: what cannot be used falls back to its default, in the end to the
        embedded model.
        """
        async with self._changing:
            return await self._configure(raw)

    async def _configure(self, raw: Any) -> list[str]:
        settings, problems = parse_settings(raw, [*REGISTRY, EMBEDDED], TEMPLATES)
        before = (self._engine, self._transport)
        self._transport = None
        try:
            target = choose_target(settings.provider, self._environ)
        except SettingsError as error:
            target = None
            problems = sorted([*problems, f"{str(error).rstrip('.')}; using the embedded model"])
        if target is None:
            self.provider_name, self.model, self.window, limits = EMBEDDED, "", EMBEDDED_WINDOW, NO_LIMITS
            open_stream = await self._reach_embedded(settings)
        else:
            self.provider_name, self.model = target.provider.name, target.options.model
            self.window, limits = _window(settings, target.provider.window), target.provider.limits
            open_stream = self._reach(target, settings)
        self.settings = settings
        self._open_stream = open_stream
        self._engine = self._build_engine(settings, open_stream, limits)
        await self._close_provider(*before)
        if self._is_warm:
            await self.warm_up()
        logger.info("completing with %s%s", self.provider_name, f", model {self.model}" if self.model else "")
        return problems

    async def warm_up(self) -> None:
        """Begin ahead with what the first keystroke would wait for: indexing, connecting. Returns at once.

        From here on a change of settings does the same for what it builds.
        """
        self._is_warm = True
        if self._index is not None:
            await self._index.start()
        if self._transport is not None and self._target is not None:
            self._connecting = asyncio.create_task(self._connect_ahead(self._transport, self._target))

    async def wait_until_indexed(self) -> None:
        """Wait for the embedded model's first complete index; at once where another model completes."""
        if self._index is not None:
            await self._index.wait_until_ready()

    def files_changed(self, paths: Sequence[str]) -> None:
        """Tell the index that files were written, made or removed; absolute paths."""
        if self._index is not None:
            self._index.files_changed(paths)

    async def set_folders(self, folders: Sequence[str]) -> None:
        """Complete for other workspace folders from now on."""
        async with self._changing:
            if list(folders) == self._folders:
                return
            self._folders = list(folders)
            if self._index is not None:
                await self._index.close()
                self._index = None
                await self._configure(self.settings.model_dump(exclude_unset=True))

    async def close(self) -> None:
        """Answer what waits, hang up, stop indexing; nothing of the application runs on."""
        await self._close_provider(self._engine, self._transport)
        self._transport = None
        if self._index is not None:
            await self._index.close()
            self._index = None

    async def _connect_ahead(self, transport: Transport, target: Target) -> None:
        try:
            await transport.preconnect(target.url)
            await transport.learn(target.provider, target.url, target.options, target.credentials)
        except ProviderError as error:
            # The first request will say so, should it still be true by then.
            logger.debug("could not connect ahead: %s", error)

    async def _close_provider(self, engine: Engine | None, transport: Transport | None) -> None:
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        if engine is not None:
            await engine.close()
        if transport is not None:
            await transport.close()

    def _indexing(self, done: int, total: int, finished: bool) -> None:
        if finished:
            logger.info("%s: %d files", INDEXED, done)
            if self._engine is not None and self.provider_name == EMBEDDED:
                self._engine.forget_answers(EMBEDDED)  # The model knows more now than when it said them.
        self._listener.indexing(done, total, finished)

    def _reach(self, target: Target, settings: Settings) -> OpenStream:
        """Make a provider reachable."""
        for remark in target.provider.remarks(target.options):
            self._listener.notice(remark)
        self._transport = transport = Transport(
            connect_timeout=settings.provider.connect_timeout_ms / 1_000,
            first_byte_timeout=settings.provider.first_byte_timeout_ms / 1_000,
            ca_file=settings.provider.ca_file,
        )
        self._target = target

        def open_stream(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
            options = vary(target.options, request.variant)
            return transport.stream(target.provider, target.url, context, options, target.credentials)

        return open_stream

    async def _reach_embedded(self, settings: Settings) -> OpenStream:
        embedded = settings.embedded
        if self._index is None or _index_options(settings) != _index_options(self.settings):
            if self._index:
                await self._index.close()
            self._index = WorkspaceIndex(
                self._folders,
                max_source_bytes=embedded.max_source_mb * 1_000_000,
                exclude=settings.trigger.exclude,
                cache=cache_folder(self._environ),
                with_packages=embedded.index_packages,
                on_progress=self._indexing,
            )
        return EmbeddedModel(self._index, Thresholds(embedded.min_confidence, embedded.min_confidence_invoked)).stream

    def _build_engine(self, settings: Settings, open_stream: OpenStream, limits: Limits) -> Engine:
        budget = settings.budget
        excluded = excluder(settings.trigger.exclude)
        backend = Backend(
            self.provider_name,
            self.model,
            open_stream,
            RateBudget(
                self._clock,
                budget.requests_per_minute or limits.requests_per_minute,
                budget.tokens_per_minute or limits.tokens_per_minute,
            ),
            Health(self._clock),
            WindowSize(*self.window),
            settings.provider.max_tokens,
            # Waiting protects a provider's budget and bill; the embedded model has neither.
            max_delay_ms=0 if self.provider_name == EMBEDDED else settings.trigger.max_delay_ms,
            snippets=self._snippet_source(settings, excluded),
        )
        options = _engine_options(settings, excluded)
        return Engine(Chain((backend,)), options, self._clock, self._listener, outcomes=self.outcomes, why=self.why)

    def _snippet_source(
        self, settings: Settings, excluded: Callable[[str], bool]
    ) -> Callable[[CompletionRequest], tuple[Snippet, ...]]:
        if self.provider_name == EMBEDDED or not settings.context.snippet_chars:
            return lambda _request: ()

        def select(request: CompletionRequest) -> tuple[Snippet, ...]:
            others = self._open_documents(request.document.uri)
            allowed = ((document, lines) for document, lines in others if not excluded(document.path))
            return select_snippets(request, allowed, settings.context.snippet_chars)

        return select


def excluder(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return what says of a path (with "/") whether it holds secrets or matches one of the .gitignore patterns."""
    spec = parse_patterns(patterns)
    return lambda path: is_secret_path(path) or spec.match_file(path)


def full_schema() -> dict[str, Any]:
    """Return the JSON schema of the settings, with the registry's providers as the values of `provider.kind`."""
    schema = settings_schema()
    kinds = describe_kinds()
    for definition in schema["$defs"].values():
        if "kind" in definition["properties"] and "apiKeyEnv" in definition["properties"]:
            definition["properties"]["kind"]["enum"] = [kind.name for kind in kinds]
            definition["properties"]["kind"]["enumDescriptions"] = [kind.description for kind in kinds]
            definition["properties"]["template"]["enum"] = list(TEMPLATES)
    return schema


def _engine_options(settings: Settings, excluded: Callable[[str], bool]) -> EngineOptions:
    trigger, shaping = settings.trigger, settings.shaping
    return EngineOptions(
        trigger=TriggerOptions(trigger.mode, trigger.languages, trigger.in_comments, excluded),
        shaping=ShapingOptions(multi_line=shaping.multi_line, max_lines=shaping.max_lines),
        min_delay_ms=trigger.min_delay_ms,
        linger_ms=trigger.linger_ms,
    )


def _window(settings: Settings, suits: Window | None) -> tuple[int, int]:
    """The host's window where it has one and the user has not set another."""
    context = settings.context
    prefix, suffix = context.prefix_chars, context.suffix_chars
    if suits is None:
        return prefix, suffix
    return (
        prefix if "prefix_chars" in context.model_fields_set else suits.prefix_chars,
        suffix if "suffix_chars" in context.model_fields_set else suits.suffix_chars,
    )


def _index_options(settings: Settings) -> tuple[object, ...]:
    return settings.embedded.max_source_mb, settings.embedded.index_packages, settings.trigger.exclude
