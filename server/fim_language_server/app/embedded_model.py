"""The embedded model of the open workspace, and the choice of pieces for other models from its index.

Both are made when they are needed, and kept while their settings stay the same; they share the index. The model is the
only one, a fallback of a model behind an API, or the source of instant guesses beside one. Where it is not the only
one, nothing is imported and nothing indexed before it is needed, and never on the event loop.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, Final

from fim_language_server.app.other_files import ChooseFromDocuments
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started
from fim_language_server.embedded.index.index_cache import cache_folder
from fim_language_server.engine.options import OpenStream
from fim_language_server.settings import Settings

if TYPE_CHECKING:
    from fim_language_server.embedded.indexer.workspace_index import WorkspaceIndex
    from fim_language_server.embedded.retrieval.chooser import Chooser

_ENOUGH_MEMORY: Final = 2_000_000_000
"""Bytes of memory from which on the workspace is indexed by itself: 20 MB of source take 230 MB while they are indexed,
in a process of its own, and 110 MB in the server from then on."""

QUIET_S: Final = 2.0
"""Seconds from the first open document until the index is begun: the first request is to have the processor."""

Progress = Callable[[int, int, bool], None]
"""Receives the files indexed so far, the files in all (0: not known yet), and whether indexing is finished."""


class WorkspaceModel:
    """Makes and keeps the embedded model, the choice of pieces, and their index.

    Call `configure` first, and `close` at the end.
    """

    def __init__(
        self,
        folders: Sequence[str],
        environ: Mapping[str, str],
        on_progress: Progress,
        near: Callable[[], str] = str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the workspace's folders. `on_progress` receives the progress of indexing.

        If the limit of bytes does not allow all files, those nearest to the document `near()` ("": none) are indexed,
        and the newest ones.
        """
        self._near = near
        self._sleep = sleep
        self._folders = folders
        self._environ = environ
        self._on_progress = on_progress
        self._settings = Settings()
        self.index: WorkspaceIndex | None = None
        self._unclosed: set[WorkspaceIndex] = set()
        self._loaded: OpenStream | None = None
        self._chooser: Chooser | None = None
        self._preparing: dict[str, asyncio.Task[None]] = {}

    @property
    def choose_snippets(self) -> ChooseFromDocuments | None:
        """The choice of pieces of the workspace's files; None while there is no index, or where it is switched off."""
        if self._chooser is None or self.index is None or not self.index.is_loaded:
            return None
        return self._chooser.choose

    @property
    def if_loaded(self) -> OpenStream | None:
        """The model, or None while it is not loaded."""
        return self._loaded

    async def configure(self, settings: Settings) -> None:
        """Take other settings; the index is dropped if they change it."""
        is_other_index = _index_options(settings) != _index_options(self._settings)
        if is_other_index:
            self._chooser = None  # At once: what it may read has changed.
        await self.stop_preparing()
        self._loaded = None
        if is_other_index:
            await self._close_index()
        self._settings = settings

    async def set_folders(self, folders: Sequence[str]) -> None:
        """Replace the workspace folders; the index is dropped."""
        self._chooser = None
        await self.stop_preparing()
        await self._close_index()
        self._folders = folders

    async def make(self) -> OpenStream:
        """Return the model. Its index is not read before `start`."""
        # The import brings numpy, and 10 MB: only when the model is needed, and never on the event loop.
        await asyncio.to_thread(importlib.import_module, "fim_language_server.embedded.model")
        from fim_language_server.embedded.model import EmbeddedModel, Thresholds

        index, embedded = await self._make_index(), self._settings.embedded
        return EmbeddedModel(index, Thresholds(embedded.min_confidence, embedded.min_confidence_invoked)).stream

    async def start(self) -> None:
        """Begin to read and update the index, if the model was made."""
        if self.index is not None:
            await self.index.start()

    def prepare(self) -> None:
        """Begin to load the model and its index. Returns at once."""
        if self._loaded is None:
            self._prepare_once("model", self._prepare)

    def prepare_choice(self) -> None:
        """Make the index for `choose_snippets` in QUIET_S seconds, unless the settings switch it off. Does not wait."""
        if self._lacks_choice:
            self._prepare_once("choice", self._prepare_choice)

    async def wait_until_indexed(self, *, for_pieces: bool) -> None:
        """Wait for the first complete index, if one is made; one that is `for_pieces` is begun at once."""
        if for_pieces and self._lacks_choice:
            await self._make_chooser()
        if self.index is not None:
            await self.index.wait_until_ready()

    async def wait_until_prepared(self) -> None:
        """Wait until all loading that `prepare` and `prepare_choice` began is over."""
        await asyncio.gather(*self._preparing.values())

    async def stream(self, request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        """Yield the model's answer, for a model that is only a fallback: the first request loads it."""
        if self._loaded is None:
            await self._prepare()
        assert self._loaded is not None
        async with aclosing(self._loaded(request, context)) as events:
            async for event in events:
                yield event

    def files_changed(self, paths: Sequence[str]) -> None:
        """Report to the index that files were written, made or removed, by their absolute paths."""
        if self.index is not None:
            self.index.files_changed(paths)

    async def stop_preparing(self) -> None:
        """Cancel the loading that `prepare` and `prepare_choice` began, if it is not done."""
        tasks, self._preparing = list(self._preparing.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop loading and indexing, and wait until they have ended."""
        await self.stop_preparing()
        await self._close_index()

    async def _prepare(self) -> None:
        model = await self.make()
        await self.start()
        self._loaded = model

    def _prepare_once(self, name: str, prepare: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if name not in self._preparing:
            self._preparing[name] = asyncio.create_task(prepare(), name=f"prepare the {name}")

    @property
    def _lacks_choice(self) -> bool:
        """Is there no choice of pieces yet, though the settings want one and there are folders to choose from?"""
        return self._chooser is None and bool(self._folders) and chooses_from_workspace(self._settings)

    async def _prepare_choice(self) -> None:
        await self._sleep(QUIET_S)
        await self._make_chooser()

    async def _make_chooser(self) -> None:
        await asyncio.to_thread(importlib.import_module, "fim_language_server.embedded.retrieval.chooser")
        from fim_language_server.embedded.retrieval.chooser import Chooser
        from fim_language_server.embedded.retrieval.source_lines import SourceReader

        index = await self._make_index()
        await index.start()
        self._chooser = Chooser(lambda: index.corpus, SourceReader(index.scanner, lambda: index.judged))

    async def _make_index(self) -> WorkspaceIndex:
        """Return the index, which is not read before `start`; it is made where there is none."""
        await asyncio.to_thread(importlib.import_module, "fim_language_server.embedded.indexer.workspace_index")
        from fim_language_server.embedded.indexer.workspace_index import WorkspaceIndex

        embedded, exclude = self._settings.embedded, self._settings.trigger.exclude
        if self.index is None:
            self.index = WorkspaceIndex(
                self._folders,
                max_source_bytes=embedded.max_source_mb * 1_000_000,
                exclude=exclude,
                near=self._near,
                cache=cache_folder(self._environ),
                with_packages=embedded.index_packages,
                on_progress=self._on_progress,
            )
        return self.index

    async def _close_index(self) -> None:
        index, self.index, self._loaded, self._chooser = self.index, None, None, None
        if index is not None:
            self._unclosed.add(index)
        # If this is cancelled, the next call goes on with what is not closed yet.
        for index in tuple(self._unclosed):
            await index.close()
            self._unclosed.discard(index)


def chooses_from_workspace(settings: Settings) -> bool:
    """Say whether pieces of files that are not open are looked for, by the settings."""
    context, embedded = settings.context, settings.embedded
    is_on = context.workspace == "on" or (context.workspace == "auto" and _memory() >= _ENOUGH_MEMORY)
    return (
        is_on and settings.at_most("context", "snippet_chars", context.snippet_chars) > 0 and embedded.max_source_mb > 0
    )


@cache
def _memory() -> float:
    """Return the machine's memory in bytes; infinity where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return inf


def _index_options(settings: Settings) -> tuple[object, ...]:
    embedded, exclude = settings.embedded, settings.trigger.exclude
    return embedded.max_source_mb, embedded.index_packages, exclude, chooses_from_workspace(settings)
