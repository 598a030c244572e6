"""The embedded model of the open workspace: made when it is needed, and kept while its settings stay the same.

It is the only model, a fallback of a model behind an API, or the source of instant guesses beside one. In the last two
cases nothing is imported and nothing indexed before it is needed.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from fim_language_server.core.values import Chunk, CompletionRequest, Context, Started
from fim_language_server.embedded.index.index_cache import cache_folder
from fim_language_server.engine.options import OpenStream
from fim_language_server.settings import Settings

if TYPE_CHECKING:
    from fim_language_server.embedded.indexer.workspace_index import WorkspaceIndex

Progress = Callable[[int, int, bool], None]
"""Receives the files indexed so far, the files in all (0: not known yet), and whether indexing is finished."""


class WorkspaceModel:
    """Makes and keeps the embedded model and its index. Call `configure` first, and `close` at the end."""

    def __init__(
        self,
        folders: Sequence[str],
        environ: Mapping[str, str],
        on_progress: Progress,
        near: Callable[[], str] = str,
    ) -> None:
        """Take the workspace's folders. `on_progress` receives the progress of indexing.

        If the limit of bytes does not allow all files, those nearest to the document `near()` ("": none) are indexed,
        and the newest ones.
        """
        self._near = near
        self._folders = folders
        self._environ = environ
        self._on_progress = on_progress
        self._settings = Settings()
        self.index: WorkspaceIndex | None = None
        self._unclosed: set[WorkspaceIndex] = set()
        self._loaded: OpenStream | None = None
        self._preparing: asyncio.Task[None] | None = None

    @property
    def if_loaded(self) -> OpenStream | None:
        """The model, or None while it is not loaded."""
        return self._loaded

    async def configure(self, settings: Settings) -> None:
        """Take other settings; the index is dropped if they change it."""
        await self.stop_preparing()
        self._loaded = None
        if _index_options(settings) != _index_options(self._settings):
            await self._close_index()
        self._settings = settings

    async def set_folders(self, folders: Sequence[str]) -> None:
        """Replace the workspace folders; the index is dropped."""
        await self.stop_preparing()
        await self._close_index()
        self._folders = folders

    async def make(self) -> OpenStream:
        """Return the model. Its index is not read before `start`."""
        # The import brings numpy, and 10 MB: only when the model is needed, and never on the event loop.
        await asyncio.to_thread(importlib.import_module, "fim_language_server.embedded.model")
        from fim_language_server.embedded.indexer.workspace_index import WorkspaceIndex
        from fim_language_server.embedded.model import EmbeddedModel, Thresholds

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
        return EmbeddedModel(self.index, Thresholds(embedded.min_confidence, embedded.min_confidence_invoked)).stream

    async def start(self) -> None:
        """Begin to read and update the index, if the model was made."""
        if self.index is not None:
            await self.index.start()

    def prepare(self) -> None:
        """Begin to load the model and its index. Returns at once."""
        if self._loaded is None and self._preparing is None:
            self._preparing = asyncio.create_task(self._prepare())

    async def wait_until_prepared(self) -> None:
        """Wait until the loading that `prepare` began is over."""
        if self._preparing is not None:
            await self._preparing

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
        """Cancel the loading that `prepare` began, if it is not done."""
        task, self._preparing = self._preparing, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Stop loading and indexing, and wait until they have ended."""
        await self.stop_preparing()
        await self._close_index()

    async def _prepare(self) -> None:
        model = await self.make()
        await self.start()
        self._loaded = model

    async def _close_index(self) -> None:
        index, self.index, self._loaded = self.index, None, None
        if index is not None:
            self._unclosed.add(index)
        # If this is cancelled, the next call goes on with what is not closed yet.
        for index in tuple(self._unclosed):
            await index.close()
            self._unclosed.discard(index)


def _index_options(settings: Settings) -> tuple[object, ...]:
    return settings.embedded.max_source_mb, settings.embedded.index_packages, settings.trigger.exclude
