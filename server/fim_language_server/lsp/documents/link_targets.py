"""Where the links in a document's path lead: found out in threads, because a network's file system may not answer."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from attrs import evolve

from fim_language_server.core.document_paths import path_of_uri
from fim_language_server.core.values import CompletionRequest, Skip
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.workspace import Workspace

LONGEST_WAIT_S = 1.0
"""A file system that does not answer for so long, about a file whose text the editor has, is not going to soon."""

MOST_AT_ONCE = 8
"""Paths that are being resolved. Where so many file systems hang, those that follow wait, and stay unknown."""


class LinkTargets:
    """Resolves paths, each in a thread of its own that ends with the process at the latest."""

    def __init__(self, resolve: Callable[[str], str] = os.path.realpath) -> None:
        """Take what returns a path without links; it may block."""
        self._resolve = resolve
        self._free = asyncio.Semaphore(MOST_AT_ONCE)

    async def target_of(self, path: str) -> str:
        """Return the absolute path that a path's links lead to, with "/" as separator; "" where it is the path itself.

        What does not exist is resolved as far as it does. Cancelling leaves the thread to itself.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[str] = loop.create_future()

        def answer(target: str) -> None:
            self._free.release()
            if not found.done():
                found.set_result(target)

        def work() -> None:
            try:
                target = self._resolve(path).replace(os.sep, "/")
            except (OSError, ValueError):  # A NUL, or half a character: no file has such a name.
                target = path
            if not loop.is_closed():
                loop.call_soon_threadsafe(answer, "" if target == path else target)

        threading.Thread(target=work, name="resolve links", daemon=True).start()
        return await found


class LinkFollower:
    """Finds out which files the open documents really are: until then they are neither completed nor shown to a model.

    `spawn` owns the tasks; `sleep` waits so many seconds.
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
        self._looking: dict[int, asyncio.Task[None]] = {}  # by the identity of the open document

    def follow(self, document: OpenDocument) -> None:
        """Begin to find out where a document's links lead. What has no absolute path has none.

        A share is not asked: its host would learn who asks, and the editor need not have read it.
        """
        path = path_of_uri(document.uri)
        if path.startswith("//") or not (path.startswith("/") or path[1:2] == ":"):
            return
        document.is_followed = False
        task = self._spawn(self._follow(document, path))
        self._looking[id(document)] = task
        task.add_done_callback(lambda done: self._forget(id(document), done))

    def follow_files(self, paths: Iterable[str]) -> None:
        """Look anew at the open documents of these files: one may have become a link."""
        for document in self._workspace.of_files(paths):
            self.follow(document)

    async def with_target(self, request: CompletionRequest) -> CompletionRequest | Skip:
        """Return a request with what became known of its document's links since it was made, or why there is none."""
        document = self._workspace.find(request.document.uri)
        if document is None:
            return Skip.CLOSED
        if not document.is_followed and not await self._wait_until_known(document):
            return Skip.UNKNOWN_TARGET
        if (document.target, document.other_paths) == (request.document.target, request.document.other_paths):
            return request
        known = evolve(request.document, target=document.target, other_paths=document.other_paths)
        return evolve(request, document=known)

    async def _wait_until_known(self, document: OpenDocument) -> bool:
        task = self._looking.get(id(document))
        if task is not None:
            pause = asyncio.ensure_future(self._sleep(LONGEST_WAIT_S))
            try:
                await asyncio.wait({task, pause}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
        return document.is_followed

    async def _follow(self, document: OpenDocument, path: str) -> None:
        target = await self.targets.target_of(path)
        if self._looking.get(id(document)) is asyncio.current_task():  # Otherwise it is being looked at anew.
            document.target, document.is_followed = target, True
            self._workspace.name(document)

    def _forget(self, key: int, task: asyncio.Task[None]) -> None:
        if self._looking.get(key) is task:
            del self._looking[key]
