"""Streams that outlive the requests that read them: one per document, many readers.

A stream owns a task that pumps the model's answer into a buffer; readers wait on the buffer. A reader that is
cancelled only stops reading. A stream ends in exactly one of three ways:

- FINISHED: the model is done, or nothing it could add would be wanted. Only this text may enter the cache.
- CLOSED: the document went another way, was closed, or nobody read for `linger` seconds. Closing the source closes
  the connection, which is what stops the server behind it and its bill.
- FAILED: the provider did.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager

from attrs import define, field

from fim_language_server.core.acceptance import relations_to
from fim_language_server.core.typing_through import Relation, relate, with_plain_line_ends
from fim_language_server.core.values import Candidate, Chunk, CompletionRequest, Started, Usage
from fim_language_server.engine.clock import Clock, Timer
from fim_language_server.engine.turns import Turn
from fim_language_server.errors import ProviderError, StreamError

Events = AsyncGenerator[Started | Chunk, None]


class StreamState(enum.Enum):
    """Where a stream is in its life; it leaves RUNNING once."""

    RUNNING = "running"
    FINISHED = "finished"
    CLOSED = "closed"
    FAILED = "failed"


@define(eq=False)
class SharedStream:
    """A model's answer, growing: `text` so far, with plain line ends."""

    origin: CompletionRequest
    _is_exhausted: Callable[[str], bool] = field(repr=False)
    _on_end: Callable[[SharedStream], None] = field(repr=False)
    _clock: Clock = field(repr=False)
    _linger: float = field(repr=False)
    text: str = field(default="", init=False, repr=False)
    state: StreamState = field(default=StreamState.RUNNING, init=False)
    started: Started | None = field(default=None, init=False, repr=False)
    usage: Usage | None = field(default=None, init=False)
    confidence: float | None = field(default=None, init=False)
    error: ProviderError | None = field(default=None, init=False)
    _raw: str = field(default="", init=False, repr=False)
    _ended: bool = field(default=False, init=False)
    _readers: set[Turn] = field(factory=set, init=False, repr=False)
    _timer: Timer | None = field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    def start(self, events: Events) -> None:
        """Begin to pump. The stream owns the task and the events' source from here on."""
        self._task = asyncio.create_task(self._pump(events), name="completion stream")
        self._let_go()

    @property
    def is_running(self) -> bool:
        """Is more to come?"""
        return self.state is StreamState.RUNNING

    @property
    def candidate(self) -> Candidate:
        """What there is, as a candidate."""
        finished = self.state is StreamState.FINISHED
        return Candidate(self.text, self.origin, finished, finished and self._ended, self.confidence)

    @contextmanager
    def read(self, turn: Turn) -> Iterator[None]:
        """Have `turn` woken at every change while the block runs; while anybody reads, the stream lives."""
        self._readers.add(turn)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            yield
        finally:
            self._readers.discard(turn)
            if not self._readers and self.is_running:
                self._let_go()

    def may_agree_with(self, views: Sequence[CompletionRequest]) -> bool:
        """Could this still be what is being typed, by the text at the end of any of an edit's changes?"""
        relations = (relation for view in views for relation in relations_to(self.origin, view))
        return any(relation.may_come_to_agree(self.text) for relation in relations)

    def close(self) -> None:
        """Hang up, now. What was said stays in `text`."""
        if self.is_running:
            self._end(StreamState.CLOSED)
            if self._task is not None:
                self._task.cancel()

    async def wait_closed(self) -> None:
        """Wait until the task and the source's clean-up are over."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _let_go(self) -> None:
        self._timer = self._clock.call_later(self._linger, self.close)

    async def _pump(self, events: Events) -> None:
        try:
            # The source must be closed where it is left, not when the garbage collector finds it.
            async with aclosing(events) as source:
                async for event in source:
                    if self._take(event):
                        break
            self._end(StreamState.FINISHED)
        except asyncio.CancelledError:
            self._end(StreamState.CLOSED)
            raise
        except ProviderError as error:
            self.error = error
            self._end(StreamState.FAILED)
        except Exception as error:  # noqa: BLE001
            # A bug in a provider costs this suggestion; the server lives, and the log has the traceback.
            self.error = StreamError("", "the provider's answer could not be read; see the log")
            self.error.__cause__ = error
            self._end(StreamState.FAILED)

    def _take(self, event: Started | Chunk) -> bool:
        """Add an event to the buffer; True where nothing more is wanted."""
        if isinstance(event, Started):
            self.started = event
            return False
        self.usage = event.usage or self.usage
        self.confidence = event.confidence if event.confidence is not None else self.confidence
        if event.finish_reason is not None:
            self._ended = event.finish_reason == "stop"
        if not event.text:
            return False
        # The whole again, because a line end may be cut in two between chunks.
        self._raw += event.text
        self.text = with_plain_line_ends(self._raw)
        for reader in self._readers:
            reader.wake()
        return self._is_exhausted(self.text)

    def _end(self, state: StreamState) -> None:
        if not self.is_running:
            return
        self.state = state
        if self._timer is not None:
            self._timer.cancel()
        self._on_end(self)
        for reader in self._readers:
            reader.wake()


@define
class InFlight:
    """The running stream of each document."""

    _streams: dict[str, SharedStream] = field(factory=dict)
    _closing: set[SharedStream] = field(factory=set)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the running stream that may still answer this request, and how the two stand to each other."""
        stream = self._streams.get(request.document.uri)
        if stream is None or not stream.is_running:
            return None
        relation = relate(stream.origin, request)
        if relation is None or not relation.may_come_to_agree(stream.text):
            return None
        return stream, relation

    def add(self, stream: SharedStream) -> None:
        """Make this the document's stream; one that ran before has diverged, and is hung up."""
        self.close(stream.origin.document.uri)
        self._streams[stream.origin.document.uri] = stream

    def running(self, uri: str) -> SharedStream | None:
        """Return the document's running stream, if there is one."""
        stream = self._streams.get(uri)
        return stream if stream is not None and stream.is_running else None

    def close(self, uri: str) -> None:
        """Hang up the document's stream, if there is one."""
        stream = self._streams.pop(uri, None)
        if stream is not None and stream.is_running:
            stream.close()
            self._keep_until_closed(stream)

    def forget(self, stream: SharedStream) -> None:
        """Drop a stream that has ended."""
        if self._streams.get(stream.origin.document.uri) is stream:
            del self._streams[stream.origin.document.uri]
        self._keep_until_closed(stream)

    async def close_all(self) -> None:
        """Hang up every stream and wait until each connection is closed."""
        for uri in list(self._streams):
            self.close(uri)
        await asyncio.gather(*(stream.wait_closed() for stream in list(self._closing)))

    def _keep_until_closed(self, stream: SharedStream) -> None:
        """Own an ended stream until its task is over: a task nobody refers to may vanish half-way."""
        task = stream._task
        if task is not None and not task.done() and stream not in self._closing:
            self._closing.add(stream)
            task.add_done_callback(lambda _task: self._closing.discard(stream))
