"""Alternative texts for an explicit request, so that "next" and "previous" have something to show.

Known texts come first; then further requests (`CompletionRequest.variant`) are sent to the model beside the first one.
The first suggestion never waits long for the others: those that come later are shown when the key is pressed again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from attrs import define, evolve, field

from fim_language_server.clock import Clock
from fim_language_server.core.edit import Edit
from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.typing_through import with_selection
from fim_language_server.core.values import CompletionRequest, Skip, Suggestion
from fim_language_server.engine.answerer import Answerer
from fim_language_server.engine.cache_lookup import Known, KnownTexts
from fim_language_server.engine.decision_log import Trace
from fim_language_server.engine.presenter import Presenter
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.shared_stream import SharedStream, StreamState
from fim_language_server.engine.snippet_choice import SnippetChoice
from fim_language_server.engine.turns import Turn, Turns

MOST = 3
"""The most texts to choose from, including the first one."""
WITHIN_S = 0.8
"""Seconds after their request for which the alternatives may delay the first text …"""
GRACE_S = 0.25
"""… and the seconds after the first text for which they always may."""


@define(eq=False)
class Alternatives:
    """The streams of alternative texts for the place of the last explicit request."""

    _answerer: Answerer = field(repr=False)
    _requester: Requester = field(repr=False)
    _known: KnownTexts = field(repr=False)
    _presenter: Presenter = field(repr=False)
    _turns: Turns = field(repr=False)
    _clock: Clock = field(repr=False)
    _shaping: ShapingOptions
    _choice: SnippetChoice = field(factory=SnippetChoice, repr=False)
    _streams: list[SharedStream] = field(factory=list, init=False)
    _requested_at: float = field(default=float("-inf"), init=False)

    async def answer(self, request: CompletionRequest) -> Sequence[Suggestion] | Skip:
        """Return the suggestions to choose from for an explicit request, the best first; or why there are none."""
        answering = asyncio.ensure_future(self._answerer.answer(request))
        selected = with_selection(request)
        try:
            await asyncio.sleep(0)  # Let the request for the first text go out first.
            if not answering.done():
                await self._choice.wait(selected, Turn(Trace(self._clock)))  # As the first one does.
            if not answering.done() or _may_have_others(answering.result()):
                self._begin(selected)
            first = await answering
        finally:
            answering.cancel()  # where this coroutine itself was cancelled
        # A newer request has precedence, also one that came since `answering` was done.
        if _may_have_others(first) and not self._turns.is_taken(request.document.uri):
            with self._turns.take(request.document.uri, Trace(self._clock)) as turn:
                await self._wait(selected, turn)
            if turn.skip is None and (texts := self._texts(selected, first)):
                return self._presenter.offer(selected, first, texts)
        return first if isinstance(first, Skip) else [first]

    def is_watching(self, uri: str) -> bool:
        """Does a stream of this document run that an edit may contradict?"""
        return any(stream.is_running and stream.origin.document.uri == uri for stream in self._streams)

    def observe(self, edit: Edit) -> None:
        """Cancel the streams that `edit` contradicts."""
        for stream in self._streams:
            if stream.origin.document.uri == edit.uri and not stream.may_agree_with(edit):
                stream.close()

    def close(self, uri: str | None = None) -> None:
        """Cancel the streams of a document; of all documents where `uri` is None."""
        for stream in self._streams:
            if uri is None or stream.origin.document.uri == uri:
                stream.close()

    def _begin(self, request: CompletionRequest) -> None:
        """Start streams for the alternatives that are neither known nor coming; cancel those for other places."""
        for stream in self._streams:
            if not _is_same_place(stream.origin, request):
                stream.close()
        self._streams = [stream for stream in self._streams if _is_same_place(stream.origin, request)]
        missing = MOST - len(_distinct(self._known.find_all(request)))
        for variant in range(1, MOST):
            if missing > 0 and all(stream.origin.variant != variant or stream.error for stream in self._streams):
                began = self._requester.begin_alternative(evolve(request, variant=variant))
                if began is not None:
                    missing -= 1
                    self._streams.append(began)
                    self._requested_at = self._clock.now()

    async def _wait(self, request: CompletionRequest, turn: Turn) -> None:
        """Wait until every stream has enough text, the time is up, or the request was superseded or cancelled."""
        deadline = max(self._requested_at + WITHIN_S, self._clock.now() + GRACE_S)
        with ExitStack() as reading:
            for stream in self._streams:
                if stream.is_running:
                    reading.enter_context(stream.read(turn))
            while not all(self._has_enough(request, stream) for stream in self._streams):
                remaining = deadline - self._clock.now()
                if remaining <= 0 or not await turn.wait_until_settled(self._clock, remaining):
                    return

    def _has_enough(self, request: CompletionRequest, stream: SharedStream) -> bool:
        return not stream.is_running or is_complete(request, stream.text, self._shaping)

    def _texts(self, request: CompletionRequest, first: Suggestion | Skip) -> list[Known]:
        """Return the texts to show beside the first one, each different from all others, best first."""
        coming = [
            Known(shape(request, stream.text, self._shaping, stream.state is StreamState.FINISHED).text, stream.model)
            for stream in self._streams
            if stream.error is None and self._has_enough(request, stream)
        ]
        shown = [] if isinstance(first, Skip) else [Known(first.text, first.model)]
        return _distinct([*shown, *self._known.find_all(request), *coming])[len(shown) : MOST]


def _may_have_others(first: Suggestion | Skip) -> bool:
    """Is the place one to complete at, though the first answer may have had no text?"""
    return isinstance(first, Suggestion) or first in {Skip.NOTHING_NEW, Skip.FILTERED}


def _is_same_place(first: CompletionRequest, second: CompletionRequest) -> bool:
    return first.document.uri == second.document.uri and (first.prefix, first.suffix) == (second.prefix, second.suffix)


def _distinct(texts: Iterable[Known]) -> list[Known]:
    """Return the texts that are not empty, and differ from all earlier ones in more than blanks at the end."""
    by_text: dict[str, Known] = {}
    for known in texts:
        by_text.setdefault(known.text.rstrip(), known)
    by_text.pop("", None)
    return list(by_text.values())
