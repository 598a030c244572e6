"""The state for an editor's status line: `$/fim/status`, sent at the start and at every change (docs/protocol.md).

Of several states that hold at a time the most important is sent. `error_messages.py` shows messages and logs.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from fim_language_server.clock import Clock, Timer
from fim_language_server.engine.health import Pause
from fim_language_server.errors import AuthenticationError, ProviderError, RequestRejectedError
from fim_language_server.lsp.editor.client import Client, shown

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

EMBEDDED = "embedded"
METHOD = "$/fim/status"

THINKING_AFTER_S = 0.3
"""Seconds after which a wait is shown; a status must not flicker at each key."""
REST_AFTER_S = 0.05
"""Seconds for which the end of a wait is held back: an editor cancels a request just before it sends the next."""
SHORTEST_PAUSE_S = 1.0
"""Seconds; a shorter pause is not shown."""


class StatusKind(enum.Enum):
    """The states of the status line, by their names in `$/fim/status`."""

    STARTING = "starting"
    READY = "ready"
    THINKING = "thinking"  # a request waits for a model
    PAUSED = "paused"  # automatic requests wait for the end of a pause
    OFFLINE = "offline"  # the embedded model completes, alone or during a provider's pause
    ERROR = "error"  # only the user can correct it; the message says how
    SNOOZED = "snoozed"
    DISABLED = "disabled"  # by the setting `trigger.mode`


@frozen
class Resting:
    """The state while nothing happens: the provider and the model, and whether completing is switched on."""

    kind: StatusKind = StatusKind.STARTING
    message: str = ""
    provider: str = ""
    model: str = ""


def resting_state(application: Application) -> Resting:
    """Return the state of a configured application while nothing happens, and the policy that decides it."""
    resting, policy = _own_state(application), application.company.policy
    if policy is None:
        return resting
    locked = f": {', '.join(policy.locked)}" if policy.locked else ""
    managed = f"Managed by {policy.file}{locked}." if not policy.fault else f"{policy.file} cannot be followed."
    return evolve(resting, message=f"{resting.message} {managed}".strip())


def _own_state(application: Application) -> Resting:
    provider, model, mode = application.provider_name, application.model, application.settings.trigger.mode
    if mode == "off":
        return Resting(StatusKind.DISABLED, "Completion is switched off (trigger.mode).", provider, model)
    message = "Completes only when asked (trigger.mode)." if mode == "explicit" else ""
    if provider != EMBEDDED:
        return Resting(StatusKind.READY, message, provider, model)
    reason = _reason_for_embedded(application.settings.provider.kind)
    return Resting(StatusKind.OFFLINE, message or f"Completes from the open workspace{reason}", provider, model)


def _reason_for_embedded(kind: str) -> str:
    """Return the end of a sentence: why the embedded model completes under this `provider.kind`, and the remedy."""
    # Imported with the application, which was configured before.
    from fim_language_server.providers import AUTO, KINDS_BY_KEY, REGISTRY

    if kind == EMBEDDED:
        return "."
    if kind == AUTO:
        variables = " or ".join(str(REGISTRY[name].api_key_env) for name in KINDS_BY_KEY)
        return f": no API key is set. For a hosted model set {variables}; for another, provider.kind."
    return f": {shown(kind)} cannot be used as it is set; `fim-language-server doctor` says why."


@define
class StatusLine:
    """The status line of one client."""

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
    _sent: tuple[StatusKind, str, str, str, float] | None = None

    def rest(self, resting: Resting) -> None:
        """Take the resting state of new settings; errors under the old ones are dropped."""
        self._resting = resting
        self._error = self._pause = ""
        self.send()

    def broken(self, message: str) -> None:
        """Show an error that the user has to correct."""
        self._error = message
        self.send()

    def failed(self, error: ProviderError, pause: Pause) -> None:
        """Show a provider's failure: an error to correct, or a pause, in which another model may answer."""
        if isinstance(error, AuthenticationError | RequestRejectedError):
            self._error = error.message
        elif pause.seconds >= SHORTEST_PAUSE_S:
            self._pause, self._fallback = error.message, pause.fallback
            self._paused_until = self._clock.now() + pause.seconds
            self._later("pause", pause.seconds, self.send)
        self.send()

    def recovered(self) -> None:
        """Show that the provider answers again."""
        self._error = self._pause = ""
        self.send()

    @property
    def is_snoozed(self) -> bool:
        """Are automatic requests answered with nothing now?"""
        return self._clock.now() < self._snoozed_until

    def snooze(self, seconds: float) -> None:
        """Answer automatic requests with nothing for `seconds`; 0 ends it."""
        self._snoozed_until = self._clock.now() + seconds
        self._later("snooze", seconds, self.send)
        self.send()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show that a request waits for a model, if the block takes long. Requests in a row count as one wait."""
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
        """Cancel all timers, so that nothing more is sent."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def send(self) -> None:
        """Send the state, unless it was sent last."""
        kind, message, until = self._state()
        state = (kind, message, self._resting.provider, self._resting.model, until)
        if state == self._sent:
            return
        self._sent = state
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
        """Return the most important state, its message, and the time of the clock at which it ends (inf: unknown)."""
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
        self.send()

    def _rest(self) -> None:
        if not self._waiting:
            if (timer := self._timers.pop("think", None)) is not None:
                timer.cancel()
            self._is_thinking = False
            self.send()

    def _later(self, name: str, seconds: float, callback: Callable[[], object]) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()
        self._timers[name] = self._clock.call_later(seconds, callback)
