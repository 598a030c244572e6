"""The entry to the engine: requests and edits go in, suggestions come out.

`Engine.complete` answers a request. How one text is found is `Answerer.answer`; an explicit request gets more texts to
choose from (`Alternatives.answer`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from fim_language_server.clock import Clock
from fim_language_server.core.edit import Edit
from fim_language_server.core.trigger import decide
from fim_language_server.core.values import CompletionRequest, Skip, Suggestion, Trigger
from fim_language_server.engine.alternatives import Alternatives
from fim_language_server.engine.answerer import Answerer
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.cache_lookup import KnownTexts
from fim_language_server.engine.decision_log import DecisionLog
from fim_language_server.engine.instant_guess import Guesser
from fim_language_server.engine.model_chain import Chain
from fim_language_server.engine.options import EngineListener, EngineOptions, OpenStream, Statistics
from fim_language_server.engine.outcomes import OutcomeLog
from fim_language_server.engine.prefetch import Prefetcher
from fim_language_server.engine.presenter import Presenter
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.running_streams import RunningStreams
from fim_language_server.engine.snippet_choice import SnippetChoice
from fim_language_server.engine.turns import Turns
from fim_language_server.engine.warming import Warmer
from fim_language_server.usage.record import RequestRecord

__all__ = ["Engine", "EngineListener", "EngineOptions", "OpenStream", "Statistics"]


@define(eq=False)
class Engine:
    """Answers requests, and observes edits. All its state lives on one event loop and changes between awaits only."""

    chain: Chain
    _options: EngineOptions
    _clock: Clock = field(repr=False)
    _listener: EngineListener = field(repr=False)
    _record_use: Callable[[RequestRecord], None] = field(default=lambda _record: None, repr=False)
    outcomes: OutcomeLog = field(factory=OutcomeLog, repr=False)
    decisions: DecisionLog = field(factory=DecisionLog, repr=False)
    _guesser: Guesser | None = None
    _choice: SnippetChoice = field(factory=SnippetChoice, repr=False)
    _cache: CompletionCache = field(factory=CompletionCache, init=False)
    _running: RunningStreams = field(factory=RunningStreams, init=False, repr=False)
    _turns: Turns = field(factory=Turns, init=False, repr=False)
    _requester: Requester = field(init=False, repr=False)
    _prefetcher: Prefetcher = field(init=False, repr=False)
    _warmer: Warmer = field(init=False, repr=False)
    _answerer: Answerer = field(init=False, repr=False)
    _alternatives: Alternatives = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Wire the parts; each knows only those that are made before it."""
        options, clock, turns = self._options, self._clock, self._turns
        guess_model = self._guesser.model if self._guesser is not None else ""
        known = KnownTexts(self._cache, self.chain, self.outcomes, options.shaping, guess_model)
        requester = Requester(self.chain, self._running, self._cache, options, clock, self._listener, self._record_use)
        prefetcher = Prefetcher(requester, self._cache)
        presenter = Presenter(self.outcomes, prefetcher, options.shaping)
        self._requester, self._prefetcher = requester, prefetcher
        self._warmer = Warmer(self.chain, clock, lambda: requester.is_busy)
        self._choice.on_chosen, requester.before_request = self._warmer.pieces_chosen, self._warmer.request_begins
        self._answerer = Answerer(
            options, clock, self.decisions, turns, known, requester, prefetcher, presenter, self._guesser, self._choice
        )
        self._alternatives = Alternatives(
            self._answerer, requester, known, presenter, turns, clock, options.shaping, self._choice
        )

    async def complete(self, request: CompletionRequest, *, alternatives: bool = True) -> Sequence[Suggestion] | Skip:
        """Return the suggestions for a request, the best first, or why there are none.

        An explicit request gets up to three where `alternatives` are wanted; every other one gets one. A newer
        request for the same document ends an older one with SUPERSEDED. A cancelled one leaves the stream it read
        running for the next. A provider's failure is never raised.
        """
        if alternatives and request.trigger is Trigger.INVOKED:
            return await self._alternatives.answer(request)
        answer = await self._answerer.answer(request)
        return answer if isinstance(answer, Skip) else [answer]

    @property
    def is_busy(self) -> bool:
        """Is a request to a model under way?"""
        return self._requester.is_busy

    def is_watching(self, uri: str) -> bool:
        """Is there a stream or a suggestion of this document that an edit may contradict or accept?"""
        observers = (self._running, self._prefetcher, self._alternatives, self.outcomes)
        return any(observer.is_watching(uri) for observer in observers)

    async def wait_for_snippets(self, request: CompletionRequest) -> None:
        """Wait until the pieces of other files for a request are chosen; requests of editors wait a moment only."""
        await self._choice.wait_until_chosen(request)

    def note_change(self, uri: str, line: int) -> bool:
        """Note that a document was edited at `line`; return whether `observe_edit` is to be called with the edit."""
        self._choice.text_changed(uri)
        return self.is_watching(uri) or self._choice.is_of_other_line(uri, line)

    def observe_edit(self, views: Sequence[CompletionRequest]) -> None:
        """Compare a document's streams and suggestions with its text at the end of each change of one edit.

        `views` are requests as they would be there. A stream that agrees with none of them is cancelled at once.
        """
        if not views:
            return
        edit = Edit(views)
        if decide(views[-1], self._options.trigger) is None:
            self._choice.begin(views[-1])
        if self._running.close_diverged(edit) and not self.outcomes.is_watching(edit.uri):
            self.outcomes.failed(edit.uri)
        self._prefetcher.observe(edit)
        self._alternatives.observe(edit)
        self.outcomes.observe(edit)

    def observe_close(self, uri: str) -> None:
        """Cancel the requests and streams of a document that was closed, and forget its suggestions."""
        self._choice.text_changed(uri)
        self._turns.end(uri, Skip.CLOSED)
        self._running.close_document(uri)
        self._prefetcher.close(uri)
        self._alternatives.close(uri)
        self._cache.forget(uri)
        self.outcomes.forget(uri)

    def forget_answers(self, label: str) -> None:
        """Drop the cached candidates of the model `label`, which has more knowledge now."""
        self._cache.forget_model(label)

    def accepted(self, suggestion_id: str) -> None:
        """Note that the editor inserted a suggestion."""
        self.outcomes.accepted(suggestion_id)

    def unseen(self, suggestions: Sequence[Suggestion]) -> None:
        """Note that the suggestions of an answer came too late for the editor to show them."""
        self.outcomes.unseen(suggestions)

    def statistics(self) -> Statistics:
        """Return the counts since the engine was made."""
        return Statistics(**self._requester.counts)

    async def close(self) -> None:
        """Answer the waiting requests, cancel every stream, and wait until the connections are closed."""
        self._turns.end_all(Skip.CLOSED)
        self._prefetcher.close()
        self._alternatives.close()
        await self._choice.close()
        await self._warmer.close()
        await self._running.close_all()
