"""Resolution of symbolic links in documents' paths, in threads, because a network file system may never answer."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from attrs import evolve

from fim_language_server.core.document_paths import path_of_system, path_of_uri
from fim_language_server.core.values import CompletionRequest, Skip
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace

LONGEST_WAIT_S = 1.0
"""Seconds that a request waits for its document's links to be resolved."""

MOST_AT_ONCE = 8
"""Paths that are resolved at a time. Where the file systems of all of these hang, further paths stay unresolved."""

THREAD_NAME = "resolve links"


class LinkTargets:
    """Resolves paths, each in a daemon thread of its own."""

    def __init__(self, resolve: Callable[[str], str] = os.path.realpath) -> None:
        """Take the function that returns a path without links; it may block."""
        self._resolve = resolve
        self._free = asyncio.Semaphore(MOST_AT_ONCE)

    async def target_of(self, path: str) -> str:
        """Return the absolute path that the links in `path` lead to, with "/" as separator; "" where there are none.

        A path that does not exist is resolved as far as it does. Cancelling this does not end the thread.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[str] = loop.create_future()

        def answer(target: str) -> None:
            self._free.release()
            if not found.done():
                found.set_result(target)

        def resolve() -> None:
            try:
                target = path_of_system(self._resolve(path))
            except (OSError, ValueError):  # A NUL, or half a character: no file has such a name.
                target = path
            if not loop.is_closed():
                loop.call_soon_threadsafe(answer, "" if target == path else target)

        threading.Thread(target=resolve, name=THREAD_NAME, daemon=True).start()
        return await found


class LinkFollower:
    """Resolves the links of open documents. Until that is done they are neither completed nor used as context.

    `spawn` runs a task in the background and owns it; `sleep` waits for a number of seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        sleep: Callable[[float], Awaitable[None]],
        targets: LinkTargets,
    ) -> None:
        self.targets = targets
        self._workspace = workspace
        self._spawn = spawn
        self._sleep = sleep
        self._resolving: dict[int, asyncio.Task[None]] = {}  # by the identity of the open document

    def follow(self, document: OpenDocument) -> None:
        """Begin to resolve the links of a document, unless its path is not absolute.

        A UNC path (`//host/share`) is not resolved: a document's URI alone must not make the server connect to a host.
        """
        path = path_of_uri(document.uri)
        if path.startswith("//") or not (path.startswith("/") or path[1:2] == ":"):
            return
        document.is_followed = False
        task = self._spawn(self._follow(document, path))
        self._resolving[id(document)] = task
        task.add_done_callback(lambda done: self._forget(id(document), done))

    def follow_files(self, paths: Iterable[str]) -> None:
        """Resolve the open documents of these files again: one may have become a link."""
        for document in self._workspace.of_files(paths):
            self.follow(document)

    async def with_target(self, request: CompletionRequest) -> CompletionRequest | Skip:
        """Return the request with its document's links resolved, or the reason why it cannot be answered."""
        document = self._workspace.file_of(request.document.uri)
        if document is None:
            return Skip.CLOSED
        if not document.is_followed and not await self._wait_until_resolved(document):
            return Skip.UNKNOWN_TARGET
        if (document.target, document.other_paths) == (request.document.target, request.document.other_paths):
            return request
        resolved = evolve(request.document, target=document.target, other_paths=document.other_paths)
        return evolve(request, document=resolved)

    async def _wait_until_resolved(self, document: OpenDocument) -> bool:
        task = self._resolving.get(id(document))
        if task is not None:
            pause = asyncio.ensure_future(self._sleep(LONGEST_WAIT_S))
            try:
                await asyncio.wait({task, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
        return document.is_followed

    async def _follow(self, document: OpenDocument, path: str) -> None:
        target = await self.targets.target_of(path)
        if self._resolving.get(id(document)) is asyncio.current_task():  # Otherwise a later task resolves it again.
            document.target, document.is_followed = target, True
            self._workspace.name(document)

    def _forget(self, key: int, task: asyncio.Task[None]) -> None:
        if self._resolving.get(key) is task:
            del self._resolving[key]
