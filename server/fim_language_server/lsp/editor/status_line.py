"""What an editor's status line shows: `$/fim/status`, sent at the start and at every change (docs/protocol.md).

One state at a time, the most telling one of those that hold. Messages in windows and logs are `status.py`'s.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from fim_language_server.clock import Clock, Timer
from fim_language_server.engine.health import Pause
from fim_language_server.errors import AuthenticationError, ProviderError, RequestRejectedError
from fim_language_server.lsp.editor.client import Client, shown

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

EMBEDDED = "embedded"
METHOD = "$/fim/status"

THINKING_AFTER_S = 0.3
"""A wait that is over by then is not shown: a status that flickers at each key tells nothing."""
REST_AFTER_S = 0.05
"""How long the end of a wait is held back: an editor cancels a request just before it sends the next one."""
SHORTEST_PAUSE_S = 1.0
"""A pause shorter than this is not shown."""


class StatusKind(enum.Enum):
    """The states there are."""

    STARTING = "starting"
    READY = "ready"
    THINKING = "thinking"  # a model is being waited for
    PAUSED = "paused"  # the provider is left in peace for some seconds
    OFFLINE = "offline"  # the embedded model completes, or stands in for a provider that is left in peace
    ERROR = "error"  # only the user can mend it; the message says how
    SNOOZED = "snoozed"
    DISABLED = "disabled"  # by the setting `trigger.mode`


@frozen
class Resting:
    """The state while nothing happens: who completes, and whether it is switched on."""

    kind: StatusKind = StatusKind.STARTING
    message: str = ""
    provider: str = ""
    model: str = ""


def resting_state(application: Application) -> Resting:
    """Return the state of a configured application while nothing happens."""
    provider, model, mode = application.provider_name, application.model, application.settings.trigger.mode
    if mode == "off":
        return Resting(StatusKind.DISABLED, "Completion is switched off (trigger.mode).", provider, model)
    message = "Completes only when asked (trigger.mode)." if mode == "explicit" else ""
    if provider != EMBEDDED:
        return Resting(StatusKind.READY, message, provider, model)
    why = "" if application.settings.provider.kind == EMBEDDED else ": no other model can be used as things are set"
    return Resting(StatusKind.OFFLINE, message or f"Completes from the open workspace{why}.", provider, model)


@define
class StatusLine:
    """One client's status line."""

    _client: Client
    _clock: Clock = field(repr=False)
    _resting: Resting = field(factory=Resting)
    _error: str = ""
    _pause: str = ""
    _fallback: str = ""
    _paused_until: float = float("-inf")
    _snoozed_until: float = float("-inf")
    _waiting: int = 0
    _is_thinking: bool = False
    _timers: dict[str, Timer] = field(factory=dict, repr=False)
    _told: tuple[StatusKind, str, str, str, float] | None = None

    def rest(self, resting: Resting) -> None:
        """Take new settings: what failed under the old ones says nothing any more."""
        self._resting = resting
        self._error = self._pause = ""
        self.tell()

    def broken(self, message: str) -> None:
        """Say that something is wrong that the user has to mend."""
        self._error = message
        self.tell()

    def failed(self, error: ProviderError, pause: Pause) -> None:
        """Say what a provider's failure means: a mistake to mend, or a pause, in which another model may stand in."""
        if isinstance(error, AuthenticationError | RequestRejectedError):
            self._error = error.message
        elif pause.seconds >= SHORTEST_PAUSE_S:
            self._pause, self._fallback = error.message, pause.fallback
            self._paused_until = self._clock.now() + pause.seconds
            self._later("pause", pause.seconds, self.tell)
        self.tell()

    def recovered(self) -> None:
        """Say that the provider answers again."""
        self._error = self._pause = ""
        self.tell()

    @property
    def is_snoozed(self) -> bool:
        """Are automatic requests to be left unanswered now?"""
        return self._clock.now() < self._snoozed_until

    def snooze(self, seconds: float) -> None:
        """Leave automatic requests unanswered for so long; 0 ends it."""
        self._snoozed_until = self._clock.now() + seconds
        self._later("snooze", seconds, self.tell)
        self.tell()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show that a model is being waited for, if the block takes long; requests that follow each other are one."""
        self._waiting += 1
        if "think" not in self._timers:
            self._later("think", THINKING_AFTER_S, self._think)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._later("rest", REST_AFTER_S, self._rest)

    def close(self) -> None:
        """Say nothing any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def tell(self) -> None:
        """Send the state, unless it is what was sent last."""
        kind, message, until = self._state()
        state = (kind, message, self._resting.provider, self._resting.model, until)
        if state == self._told:
            return
        self._told = state
        seconds = None if math.isinf(until) else math.ceil(until - self._clock.now())
        self._client.notify(
            METHOD,
            {
                "kind": kind.value,
                "message": shown(message),
                "provider": shown(self._resting.provider),
                "model": shown(self._resting.model),
                "seconds": seconds,
            },
        )

    def _state(self) -> tuple[StatusKind, str, float]:
        """Return the most telling state, its message, and until when it lasts where that is known."""
        resting, now = self._resting, self._clock.now()
        if resting.kind is StatusKind.DISABLED or (resting.kind is StatusKind.STARTING and not self._error):
            return resting.kind, resting.message, math.inf
        if now < self._snoozed_until:
            return StatusKind.SNOOZED, "Snoozed: completes only when asked.", self._snoozed_until
        if self._error:
            return StatusKind.ERROR, self._error, math.inf
        if self._pause and now < self._paused_until:
            return self._paused_state()
        return (StatusKind.THINKING if self._is_thinking else resting.kind), resting.message, math.inf

    def _paused_state(self) -> tuple[StatusKind, str, float]:
        if not self._fallback:
            return StatusKind.PAUSED, self._pause, self._paused_until
        if self._fallback == EMBEDDED:
            return (
                StatusKind.OFFLINE,
                f"{self._pause} Meanwhile it completes from the open workspace.",
                self._paused_until,
            )
        return StatusKind.READY, f"{self._pause} Meanwhile {self._fallback} completes.", self._paused_until

    def _think(self) -> None:
        self._is_thinking = self._waiting > 0
        self.tell()

    def _rest(self) -> None:
        if not self._waiting:
            if (timer := self._timers.pop("think", None)) is not None:
                timer.cancel()
            self._is_thinking = False
            self.tell()

    def _later(self, name: str, seconds: float, callback: Callable[[], object]) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()
        self._timers[name] = self._clock.call_later(seconds, callback)
