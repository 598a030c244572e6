"""The streams that run: one per document, and those that were set aside for being late."""

from __future__ import annotations

import asyncio

from attrs import define, field

from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import Relation, relate
from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.shared_stream import SharedStream


@define
class RunningStreams:
    """The running stream of each document, and those that were set aside for being late."""

    _streams: dict[str, SharedStream] = field(factory=dict)
    _late: dict[SharedStream, None] = field(factory=dict)  # in order
    _closing: set[SharedStream] = field(factory=set)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the running stream that may still answer this request, and how the two stand to each other."""
        stream = self._streams.get(request.document.uri)
        return None if stream is None else answering(stream, request)

    def find_late(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """The same of those that were set aside, the newest first."""
        late = reversed(self._late_ones(request.document.uri))
        return next((found for stream in late if (found := answering(stream, request))), None)

    def add(self, stream: SharedStream) -> None:
        """Make this the document's stream; one that ran before has diverged, and is hung up."""
        self.close(stream.origin.document.uri)
        self._streams[stream.origin.document.uri] = stream

    def is_watching(self, uri: str) -> bool:
        """Would an edit of this document have a stream to judge?"""
        stream = self._streams.get(uri)
        return (stream is not None and stream.is_running) or bool(self._late_ones(uri))

    def close_diverged(self, edit: Edit) -> bool:
        """Close the streams that an edit contradicts; was the document's own stream among them?"""
        uri = edit.uri
        for late in self._late_ones(uri):
            if not late.may_agree_with(edit):
                self._hang_up(late)
        stream = self._streams.get(uri)
        if stream is None or not stream.is_running or stream.may_agree_with(edit):
            return False
        self.close(uri)
        return True

    def set_aside(self, stream: SharedStream) -> None:
        """Let somebody else answer the document; the late stream runs on for a while."""
        if self._streams.get(stream.origin.document.uri) is stream:
            del self._streams[stream.origin.document.uri]
        self._late[stream] = None
        stream.set_aside()

    def close(self, uri: str) -> None:
        """Hang up the document's stream, if there is one."""
        stream = self._streams.pop(uri, None)
        if stream is not None:
            self._hang_up(stream)

    def close_document(self, uri: str) -> None:
        """Hang up all streams of the document, the late ones with them."""
        self.close(uri)
        for stream in self._late_ones(uri):
            self._hang_up(stream)

    def forget(self, stream: SharedStream) -> None:
        """Drop a stream that has ended."""
        if self._streams.get(stream.origin.document.uri) is stream:
            del self._streams[stream.origin.document.uri]
        self._late.pop(stream, None)
        self._keep_until_closed(stream)

    async def close_all(self) -> None:
        """Hang up every stream and wait until each connection is closed."""
        for stream in [*self._streams.values(), *self._late]:
            self._hang_up(stream)
        await asyncio.gather(*(stream.wait_closed() for stream in list(self._closing)))

    def _keep_until_closed(self, stream: SharedStream) -> None:
        """Own an ended stream until its task is over: a task nobody refers to may vanish half-way."""
        task = stream._task
        if task is not None and not task.done() and stream not in self._closing:
            self._closing.add(stream)
            task.add_done_callback(lambda _task: self._closing.discard(stream))

    def _late_ones(self, uri: str) -> list[SharedStream]:
        return [stream for stream in self._late if stream.origin.document.uri == uri]

    def _hang_up(self, stream: SharedStream) -> None:
        if stream.is_running:
            stream.close()
            self._keep_until_closed(stream)


def answering(stream: SharedStream, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
    """Return the stream and how the two stand to each other, where it may still answer the request."""
    relation = relate(stream.origin, request) if stream.is_running else None
    return None if relation is None or not relation.may_come_to_agree(stream.text) else (stream, relation)
