"""Observation of an application: what its models answer, what becomes of it, and by which settings.

A recording observes; a replay answers in the models' place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import define

from fim_language_server.core.acceptance import Outcome
from fim_language_server.core.values import CompletionRequest, Context, Suggestion
from fim_language_server.engine.decision_log import Decision
from fim_language_server.engine.model_chain import Backend
from fim_language_server.engine.options import EngineListener, OpenStream
from fim_language_server.engine.outcomes import ReportOutcome
from fim_language_server.engine.shared_stream import Events
from fim_language_server.settings import Settings


class ApplicationListener(EngineListener, Protocol):
    """Receives the engine's events, and the progress of indexing."""

    def indexing(self, done: int, total: int, finished: bool) -> None:
        """Receive that `done` of `total` files of the workspace are indexed; a `total` of 0 means unknown."""
        ...


class ApplicationObserver(Protocol):
    """Receives what an application does. Nothing here may wait or raise."""

    def stream(self, model: str, open_stream: OpenStream, request: CompletionRequest, context: Context) -> Events:
        """Return the answer of a model, which `open_stream` would request, and observe it or take its place."""
        ...

    def decided(self, decision: Decision) -> None:
        """Receive how a request was answered, before the answer is sent."""
        ...

    def outcome(self, suggestion: Suggestion, outcome: Outcome, n: int) -> None:
        """Receive what became of a suggestion; `n` is -1 where an earlier outcome is taken back."""
        ...

    def configured(self, settings: Settings, chain: Sequence[tuple[str, str]]) -> None:
        """Receive the settings that hold from now on, and the providers and models of the chain in their order."""
        ...


@define(eq=False)
class Observing:
    """The observer of an application, if it has one, and the parts that report to it."""

    observer: ApplicationObserver | None = None
    played: Callable[[str], OpenStream] | None = None
    """Returns a model that answers in the place of the one with a name: a replay's."""
    _configured: tuple[Settings, Sequence[tuple[str, str]]] | None = None

    def begin(self, observer: ApplicationObserver) -> None:
        """Report to an observer from now on, first the settings that hold already."""
        self.observer = observer
        if self._configured is not None:
            observer.configured(*self._configured)

    def end(self) -> None:
        """Report to no observer any more."""
        self.observer = None

    def configured(self, settings: Settings, chain: Sequence[Backend]) -> None:
        """Report settings and models."""
        self._configured = settings, [(backend.name, backend.model) for backend in chain]
        if self.observer is not None:
            self.observer.configured(*self._configured)

    def decided(self, decision: Decision) -> None:
        """Report how a request was answered."""
        if self.observer is not None:
            self.observer.decided(decision)

    def before(self, report: ReportOutcome) -> ReportOutcome:
        """Return a function that reports what became of a suggestion to the observer, and then to `report`."""

        def both(suggestion: Suggestion, outcome: Outcome, n: int) -> None:
            if self.observer is not None:
                self.observer.outcome(suggestion, outcome, n)
            report(suggestion, outcome, n)

        return both

    def wrap(self, label: str, open_stream: OpenStream) -> OpenStream:
        """Return a model as it is asked while there is an observer."""

        def observed(request: CompletionRequest, context: Context) -> Events:
            model = open_stream if self.played is None else self.played(label)
            if self.observer is None:
                return model(request, context)
            return self.observer.stream(label, model, request, context)

        return observed

    def wrap_found(self, label: str, find: Callable[[], OpenStream | None]) -> Callable[[], OpenStream | None]:
        """Return what finds a model, which may not be loaded yet, as `wrap` returns it."""

        def found() -> OpenStream | None:
            model = find() if self.played is None else self.played(label)
            return None if model is None else self.wrap(label, model)

        return found
