"""A stream that outlives the requests that read it.

A stream owns a task that pumps the model's answer into a buffer; readers wait on the buffer. A reader that is
cancelled only stops reading. A stream ends in exactly one of three ways:

- FINISHED: the model is done, or nothing it could add would be wanted. Only this text may enter the cache.
- CLOSED: the document went another way, was closed, or nobody read for `linger` seconds. Closing the source closes
  the connection, which is what stops the server behind it and its bill.
- FAILED: the provider did, or its answer had no end: more text than its tokens can have, or none for too long. Where
  the text went astray, and none of it can be shown, there is no error: the provider is well.

A stream that stays silent for longer than its `patience` is late. If somebody else can answer it is set aside: its
readers go on to the other, and it runs on for a while, because when it answers says how patient to be next time.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

from attrs import define, field

from fim_language_server.clock import Clock, Timer
from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import Candidate, Chunk, CompletionRequest, Started, Usage
from fim_language_server.engine.stream_limits import Looks, StreamLimits, is_endless_blank
from fim_language_server.engine.turns import Turn
from fim_language_server.errors import ProviderError, StreamError, UnavailableError

Events = AsyncGenerator[Started | Chunk, None]

LEFT_S = 10.0
"""How long a stream is waited for in whose place a guess is shown, in seconds."""
LATE_S = 8.0
"""How long a late stream is waited for, from when it was set aside: one that hangs is to be given up, and the provider
asked again, within ten seconds."""

OVERDUE_S = 6.0
"""How long a request waits at least for a text that goes on without being enough to show, in seconds …"""
OVERDUE_FACTOR = 2.0
"""… and this many times the patience with its silence."""

_ROUNDING_S = 1e-6
"""What sums of times may be short of each other, in seconds."""


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
    model: str = ""
    patience: float | None = None
    """How long it may be silent, in seconds; None: as long as the transport lets it."""
    _on_late: Callable[[SharedStream], None] = field(default=lambda _stream: None, repr=False)
    limits: StreamLimits = field(factory=StreamLimits, repr=False)
    _goes_astray: Callable[[str], bool] = field(default=lambda _text: False, repr=False)
    is_late: bool = field(default=False, init=False)
    is_astray: bool = field(default=False, init=False)
    """Did its text go astray, so that none of it is of use?"""
    left_by: CompletionRequest | None = field(default=None, init=False)
    """The last request that waited for it and is answered with something else: by another model, or with a guess."""
    began_at: float = field(default=0.0, init=False)
    first_chunk_at: float | None = field(default=None, init=False)
    longest_silence: float = field(default=0.0, init=False)
    """Before a piece of text, the first one included, in seconds."""
    state: StreamState = field(default=StreamState.RUNNING, init=False)
    started: Started | None = field(default=None, init=False, repr=False)
    usage: Usage | None = field(default=None, init=False)
    confidence: float | None = field(default=None, init=False)
    silence: str = field(default="", init=False)
    """Why it says nothing, in the model's words; "" where it gives none."""
    error: ProviderError | None = field(default=None, init=False)
    _pieces: list[str] = field(factory=list, init=False, repr=False)  # with plain line ends
    _length: int = field(default=0, init=False)  # of them together
    _after_cr: bool = field(default=False, init=False)
    _looks: Looks = field(factory=Looks, init=False, repr=False)
    _ended: bool = field(default=False, init=False)
    _readers: set[Turn] = field(factory=set, init=False, repr=False)
    _timer: Timer | None = field(default=None, init=False, repr=False)
    _heard_at: float = field(default=0.0, init=False)
    _watch: Timer | None = field(default=None, init=False, repr=False)
    _limit: Timer | None = field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    def start(self, events: Events) -> None:
        """Begin to pump. The stream owns the task and the events' source from here on."""
        self.began_at = self._heard_at = self._clock.now()
        self._task = asyncio.create_task(self._pump(events), name="completion stream")
        self._start_linger()
        if self.patience is not None:
            self._watch = self._clock.call_later(self.patience, self._check_patience)
        self._watch_limits()

    @property
    def text(self) -> str:
        """What was said so far, with plain line ends."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def is_running(self) -> bool:
        """Is more to come?"""
        return self.state is StreamState.RUNNING

    @property
    def is_read(self) -> bool:
        """Is a request waiting for it?"""
        return bool(self._readers)

    @property
    def candidate(self) -> Candidate:
        """What there is, as a candidate."""
        finished = self.state is StreamState.FINISHED
        return Candidate(self.text, self.origin, finished, finished and self._ended, self.confidence, self.model)

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
                self._start_linger()

    def may_agree_with(self, edit: Edit) -> bool:
        """Could this still be what is being typed, by the text at the end of any of an edit's changes?"""
        return any(relation.may_come_to_agree(self.text) for relation in edit.relations_to(self.origin))

    def close(self) -> None:
        """Hang up, now. What was said stays in `text`."""
        if self.is_running:
            self._end(StreamState.CLOSED)
            if self._task is not None:
                self._task.cancel()

    def leave(self, request: CompletionRequest) -> None:
        """Run on for `LEFT_S` at most beside the guess that the request is answered with: it is to be replaced."""
        self.left_by = request
        self._linger = LEFT_S
        if not self._readers:
            self._start_linger()

    def set_aside(self) -> None:
        """Let the readers go on to somebody else; run on for `LATE_S` at most."""
        self.is_late = True
        self._linger = LATE_S
        self._start_linger()
        for reader in self._readers:
            reader.wake()

    async def wait_closed(self) -> None:
        """Wait until the task and the source's clean-up are over."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _start_linger(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(self._linger, self.close)

    def _check_patience(self) -> None:
        """See whether it has been silent for too long; look again when it may have been."""
        assert self.patience is not None
        now, overdue = self._clock.now(), self.began_at + max(OVERDUE_S, OVERDUE_FACTOR * self.patience)
        left = self._heard_at + self.patience - now
        if left <= _ROUNDING_S or (now >= overdue and self._readers):
            self._on_late(self)
        else:
            self._watch = self._clock.call_later(left, self._check_patience)

    def _watch_limits(self) -> None:
        """End the answer where its time is over; look again when it may be."""
        now, limits = self._clock.now(), self.limits
        silence = None if limits.silence_s is None else self._heard_at + limits.silence_s - now
        total = None if limits.total_s is None else self.began_at + limits.total_s - now
        left = min((seconds for seconds in (silence, total) if seconds is not None), default=None)
        if left is None:
            return
        if left > _ROUNDING_S:
            self._limit = self._clock.call_later(left, self._watch_limits)
        elif silence is not None and silence <= _ROUNDING_S:
            sentence = f"{self.model} sent no text for {limits.silence_s:g} s; if it is always so slow, raise "
            self._fail(UnavailableError(self.model, f"{sentence}provider.firstByteTimeoutMs."))
        else:
            self._fail(StreamError(self.model, f"The answer of {self.model} took longer than {limits.total_s:g} s."))

    def _fail(self, error: ProviderError) -> None:
        """Hang up on an answer that is none."""
        self.error = error
        self._end(StreamState.FAILED)
        if self._task is not None:
            self._task.cancel()

    async def _pump(self, events: Events) -> None:
        try:
            # The source must be closed where it is left, not when the garbage collector finds it.
            async with aclosing(events) as source:
                async for event in source:
                    if self._take(event):
                        break
            if self._is_full and not self._is_exhausted(self.text) and not is_endless_blank(self.text):
                self._cut_at_limit()
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
            return False  # Headers are no answer: servers send them and then think.
        self.usage = event.usage or self.usage
        self.confidence = event.confidence if event.confidence is not None else self.confidence
        self.silence = event.silence or self.silence
        if event.finish_reason is not None:
            self._ended = event.finish_reason == "stop"
        is_text = bool(event.text) and not event.text.isspace()
        if is_text or event.finish_reason is not None:
            self._hear()  # Blanks are no sign of life: some servers send them for ever.
        if not event.text:
            return False
        self._add(event.text)
        if not self._looks.is_due(self._length):
            return self._is_full
        for reader in self._readers:
            reader.wake()
        text = self.text
        if self._goes_astray(text):
            self.is_astray = True
            self._end(StreamState.FAILED)
        return self._is_exhausted(text) or is_endless_blank(text) or self._is_full

    def _hear(self) -> None:
        """Note that a piece of text has come."""
        now = self._clock.now()
        self.longest_silence = max(self.longest_silence, now - self._heard_at)
        self._heard_at = now
        if self.first_chunk_at is None:
            self.first_chunk_at = now

    def _add(self, text: str) -> None:
        """Add a piece of text with plain line ends, as far as there is room for it."""
        is_second_half = self._after_cr and text.startswith("\n")  # a line end cut in two between pieces
        self._after_cr = text.endswith("\r")
        piece = with_plain_line_ends(text.removeprefix("\n") if is_second_half else text)
        if self.limits.max_chars is not None:
            piece = piece[: max(0, self.limits.max_chars - self._length)]
        self._pieces.append(piece)
        self._length += len(piece)

    @property
    def _is_full(self) -> bool:
        return self.limits.max_chars is not None and self._length >= self.limits.max_chars

    def _cut_at_limit(self) -> None:
        """Leave the whole lines of an answer that is longer than its tokens can be. Raises StreamError without any."""
        text = self.text
        whole, line_end, _ = text.rpartition("\n")
        if not whole.strip():
            raise StreamError(self.model, f"The answer of {self.model} does not end; type on to try again.")
        self._pieces, self._ended = [whole + line_end], False

    def _end(self, state: StreamState) -> None:
        if not self.is_running:
            return
        self.state = state
        for timer in (self._timer, self._watch, self._limit):
            if timer is not None:
                timer.cancel()
        self._on_end(self)
        for reader in self._readers:
            reader.wake()
