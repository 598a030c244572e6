"""The running streams: one per document, and the late ones beside it."""

from __future__ import annotations

import asyncio

from attrs import define, field

from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import Relation, relate
from fim_language_server.core.values import CompletionRequest
from fim_language_server.engine.shared_stream import SharedStream


@define
class RunningStreams:
    """The running stream of each document, and its late ones, which another model's stream has replaced."""

    _streams: dict[str, SharedStream] = field(factory=dict)
    _late: dict[SharedStream, None] = field(factory=dict)  # in order
    _closing: set[SharedStream] = field(factory=set)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the document's stream, if it may still answer `request`, and how the two requests relate."""
        stream = self._streams.get(request.document.uri)
        return None if stream is None else match(stream, request)

    def find_late(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the newest late stream that may still answer `request`, and how the two requests relate."""
        late = reversed(self._late_streams(request.document.uri))
        return next((found for stream in late if (found := match(stream, request))), None)

    def add(self, stream: SharedStream) -> None:
        """Make this the document's stream; the one before it has diverged, and is closed."""
        self.close(stream.origin.document.uri)
        self._streams[stream.origin.document.uri] = stream

    def is_watching(self, uri: str) -> bool:
        """Does a stream of this document run that an edit may contradict?"""
        stream = self._streams.get(uri)
        return (stream is not None and stream.is_running) or bool(self._late_streams(uri))

    def close_diverged(self, edit: Edit) -> bool:
        """Close the streams that `edit` contradicts; return whether the document's own stream was among them."""
        uri = edit.uri
        for late in self._late_streams(uri):
            if not late.may_agree_with(edit):
                self._close(late)
        stream = self._streams.get(uri)
        if stream is None or not stream.is_running or stream.may_agree_with(edit):
            return False
        self.close(uri)
        return True

    def mark_late(self, stream: SharedStream) -> None:
        """Make room for another model's stream of the document; the late one runs on for a while."""
        if self._streams.get(stream.origin.document.uri) is stream:
            del self._streams[stream.origin.document.uri]
        self._late[stream] = None
        stream.mark_late()

    def close(self, uri: str) -> None:
        """Close the document's stream, if there is one."""
        stream = self._streams.pop(uri, None)
        if stream is not None:
            self._close(stream)

    def close_document(self, uri: str) -> None:
        """Close all streams of the document, including the late ones."""
        self.close(uri)
        for stream in self._late_streams(uri):
            self._close(stream)

    def forget(self, stream: SharedStream) -> None:
        """Drop a stream that has ended."""
        if self._streams.get(stream.origin.document.uri) is stream:
            del self._streams[stream.origin.document.uri]
        self._late.pop(stream, None)
        self._keep_until_closed(stream)

    async def close_all(self) -> None:
        """Close every stream, and wait until each connection is closed."""
        for stream in [*self._streams.values(), *self._late]:
            self._close(stream)
        await asyncio.gather(*(stream.wait_closed() for stream in list(self._closing)))

    def _keep_until_closed(self, stream: SharedStream) -> None:
        """Keep a reference to an ended stream until its task is over: asyncio has only weak references to tasks."""
        if stream not in self._closing and stream.call_when_closed(lambda: self._closing.discard(stream)):
            self._closing.add(stream)

    def _late_streams(self, uri: str) -> list[SharedStream]:
        return [stream for stream in self._late if stream.origin.document.uri == uri]

    def _close(self, stream: SharedStream) -> None:
        if stream.is_running:
            stream.close()
            self._keep_until_closed(stream)


def match(stream: SharedStream, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
    """Return the stream and how its request relates to `request`; None where it cannot answer that any more."""
    relation = relate(stream.origin, request) if stream.is_running else None
    return None if relation is None or not relation.may_come_to_agree(stream.text) else (stream, relation)
