"""A stream that outlives the requests that read it.

A stream owns a task that pumps the model's answer into a buffer; readers wait on the buffer. A cancelled reader only
stops reading. A stream ends in exactly one of three ways:

- FINISHED: the model is done, or nothing it could add would be shown. Only this text may enter the cache.
- CLOSED: the user typed something else, the document was closed, or no request read the stream for `linger_s` seconds.
  Closing the source closes the connection, which stops the server behind it and its bill.
- FAILED: the provider failed, or the answer exceeded its limits (`StreamLimits`). A runaway text, none of which can be
  shown, fails without an error: the provider itself is healthy.

A stream that is silent for longer than `timeout_s` is late. If another model can answer, its readers go on to that
one; the late stream runs on for at most `LATE_S`, because the time of its answer sets the next timeout.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

from attrs import define, field

from fim_language_server.clock import Clock, Timer
from fim_language_server.core.edit import Edit
from fim_language_server.core.values import Candidate, Chunk, CompletionRequest, Snippet, Started, Usage
from fim_language_server.engine.answer_buffer import AnswerBuffer
from fim_language_server.engine.stream_limits import CheckSchedule, StreamLimits, is_endless_blank
from fim_language_server.engine.stream_timing import StreamTiming
from fim_language_server.engine.turns import Turn
from fim_language_server.errors import ProviderError, StreamError, UnavailableError

Events = AsyncGenerator[Started | Chunk, None]

BESIDE_GUESS_S = 10.0
"""Seconds that a stream may run on when an instant guess is shown in its place."""
LATE_S = 8.0
"""Seconds that a late stream may run on: a hanging one is closed, and its provider tried again, within ten seconds."""

OVERDUE_S = 6.0
"""Seconds after which a stream is late though text keeps coming, if none of it is enough to show; at least this …"""
OVERDUE_FACTOR = 2.0
"""… and this many times its timeout."""

_ROUNDING_S = 1e-6
"""Rounding error of sums of times, in seconds."""


class StreamState(enum.Enum):
    """The state of a stream; it leaves RUNNING once."""

    RUNNING = "running"
    FINISHED = "finished"
    CLOSED = "closed"
    FAILED = "failed"


@define(eq=False)
class SharedStream:
    """A model's answer to the request `origin`, while it arrives and after."""

    origin: CompletionRequest
    _is_exhausted: Callable[[str], bool] = field(repr=False)
    """Says of the text so far whether nothing that could follow it would be shown."""
    _on_end: Callable[[SharedStream], None] = field(repr=False)
    _clock: Clock = field(repr=False)
    _linger_s: float = field(repr=False)
    model: str = ""
    snippets: tuple[Snippet, ...] = field(default=(), repr=False)
    """The pieces of other files in the request's context; `started` has those that were sent, without secrets."""
    timeout_s: float | None = None
    """Seconds of silence after which the stream is late; None: only the transport's timeout counts."""
    _on_late: Callable[[SharedStream], None] = field(default=lambda _stream: None, repr=False)
    limits: StreamLimits = field(factory=StreamLimits, repr=False)
    _runs_away: Callable[[str], bool] = field(default=lambda _text: False, repr=False)
    is_late: bool = field(default=False, init=False)
    is_runaway: bool = field(default=False, init=False)
    """Did the model repeat itself without end, so that none of its text may be shown?"""
    answered_elsewhere: CompletionRequest | None = field(default=None, init=False)
    """The last request that waited for this stream and was answered by another model, or with an instant guess."""
    timing: StreamTiming = field(factory=StreamTiming, init=False)
    state: StreamState = field(default=StreamState.RUNNING, init=False)
    started: Started | None = field(default=None, init=False, repr=False)
    usage: Usage | None = field(default=None, init=False)
    confidence: float | None = field(default=None, init=False)
    silence: str = field(default="", init=False)
    """The model's reason for an empty answer; "" where it gives none."""
    error: ProviderError | None = field(default=None, init=False)
    _buffer: AnswerBuffer = field(init=False, repr=False)
    _checks: CheckSchedule = field(factory=CheckSchedule, init=False, repr=False)
    _has_stopped: bool = field(default=False, init=False)
    """Did the model end its answer itself, rather than a limit of tokens?"""
    _readers: set[Turn] = field(factory=set, init=False, repr=False)
    _linger_timer: Timer | None = field(default=None, init=False, repr=False)
    _timeout_timer: Timer | None = field(default=None, init=False, repr=False)
    _limits_timer: Timer | None = field(default=None, init=False, repr=False)
    _task: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._buffer = AnswerBuffer(self.limits.max_chars)

    def start(self, events: Events) -> None:
        """Begin to pump. The stream owns the task and the events' source from here on."""
        self.timing.start(self._clock.now())
        self._task = asyncio.create_task(self._pump(events), name="completion stream")
        self._start_linger()
        if self.timeout_s is not None:
            self._timeout_timer = self._clock.call_later(self.timeout_s, self._check_timeout)
        self._check_limits()

    @property
    def text(self) -> str:
        """The answer's text so far, with plain line ends."""
        return self._buffer.text

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
        """The text so far, as a candidate."""
        finished = self.state is StreamState.FINISHED
        return Candidate(self.text, self.origin, finished, finished and self._has_stopped, self.confidence, self.model)

    @contextmanager
    def read(self, turn: Turn) -> Iterator[None]:
        """Wake `turn` at every change while the block runs. A stream that is read does not close by lingering."""
        self._readers.add(turn)
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
        try:
            yield
        finally:
            self._readers.discard(turn)
            if not self._readers and self.is_running:
                self._start_linger()

    def may_agree_with(self, edit: Edit) -> bool:
        """Say whether the user may be typing this text, by the document at the end of any of the edit's changes."""
        return any(relation.may_come_to_agree(self.text) for relation in edit.relations_to(self.origin))

    def close(self) -> None:
        """Cancel the stream at once. The text that came stays in `text`."""
        if self.is_running:
            self._end(StreamState.CLOSED)
            if self._task is not None:
                self._task.cancel()

    def run_beside_guess(self, request: CompletionRequest) -> None:
        """Run on for at most `BESIDE_GUESS_S`: `request` is answered with an instant guess, which this may replace."""
        self.answered_elsewhere = request
        self._linger_s = BESIDE_GUESS_S
        if not self._readers:
            self._start_linger()

    def mark_late(self) -> None:
        """Wake the readers, so that they request another model, and run on for at most `LATE_S`."""
        self.is_late = True
        self._linger_s = LATE_S
        self._start_linger()
        for reader in self._readers:
            reader.wake()

    async def wait_closed(self) -> None:
        """Wait until the task and the source's clean-up are over."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def call_when_closed(self, callback: Callable[[], None]) -> bool:
        """Call `callback` when the task is over; False, and no call, where it is already, or never began."""
        if self._task is None or self._task.done():
            return False
        self._task.add_done_callback(lambda _task: callback())
        return True

    def _start_linger(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        self._linger_timer = self._clock.call_later(self._linger_s, self.close)

    def _check_timeout(self) -> None:
        """Report a stream that is late; else check again at the earliest time at which it may be."""
        assert self.timeout_s is not None
        now, overdue_at = self._clock.now(), self.timing.began_at + max(OVERDUE_S, OVERDUE_FACTOR * self.timeout_s)
        remaining = self.timing.last_text_at + self.timeout_s - now
        if remaining <= _ROUNDING_S or (now >= overdue_at and self._readers):
            self._on_late(self)
        else:
            self._timeout_timer = self._clock.call_later(remaining, self._check_timeout)

    def _check_limits(self) -> None:
        """Fail a stream that exceeds its limits of time; else check again at the earliest time at which it may."""
        now, limits = self._clock.now(), self.limits
        silence = None if limits.silence_s is None else self.timing.last_text_at + limits.silence_s - now
        total = None if limits.total_s is None else self.timing.began_at + limits.total_s - now
        remaining = min((seconds for seconds in (silence, total) if seconds is not None), default=None)
        if remaining is None:
            return
        if remaining > _ROUNDING_S:
            self._limits_timer = self._clock.call_later(remaining, self._check_limits)
        elif silence is not None and silence <= _ROUNDING_S:
            sentence = f"{self.model} sent no text for {limits.silence_s:g} s; if it is always so slow, raise "
            self._fail(UnavailableError(self.model, f"{sentence}provider.firstByteTimeoutMs."))
        else:
            self._fail(StreamError(self.model, f"The answer of {self.model} took longer than {limits.total_s:g} s."))

    def _fail(self, error: ProviderError) -> None:
        """Cancel the stream with an error."""
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
            if self._buffer.is_full and not self._is_exhausted(self.text) and not is_endless_blank(self.text):
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
        """Add an event to the buffer; return whether the rest of the answer is not needed."""
        if isinstance(event, Started):
            self.started = event
            return False  # Headers are no answer: servers send them and then think.
        if event.usage is not None and event.usage.is_counted:
            self.usage = event.usage
        self.confidence = event.confidence if event.confidence is not None else self.confidence
        self.silence = event.silence or self.silence
        if event.finish_reason is not None:
            self._has_stopped = event.finish_reason == "stop"
        is_text = bool(event.text) and not event.text.isspace()
        if is_text or event.finish_reason is not None:
            self.timing.note_text(self._clock.now())  # Blanks do not count: some servers send them for ever.
        if not event.text:
            return False
        self._buffer.add(event.text)
        if not self._checks.is_due(self._buffer.length):
            return self._buffer.is_full
        for reader in self._readers:
            reader.wake()
        text = self.text
        if self._runs_away(text):
            self.is_runaway = True
            self._end(StreamState.FAILED)
        return self._is_exhausted(text) or is_endless_blank(text) or self._buffer.is_full

    def _cut_at_limit(self) -> None:
        """Keep the whole lines of an answer that is longer than its tokens can be. Raises StreamError without any."""
        if not self._buffer.cut_to_whole_lines():
            raise StreamError(self.model, f"The answer of {self.model} does not end; type on to try again.")
        self._has_stopped = False

    def _end(self, state: StreamState) -> None:
        if not self.is_running:
            return
        self.state = state
        for timer in (self._linger_timer, self._timeout_timer, self._limits_timer):
            if timer is not None:
                timer.cancel()
        self._on_end(self)
        for reader in self._readers:
            reader.wake()
