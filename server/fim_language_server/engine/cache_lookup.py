"""Lookups of cached candidates, shaped for the place of a request. No model is requested here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.shaping.kept_lines import options_while_typing
from fim_language_server.core.trigger import decide_asking
from fim_language_server.core.typing_through import DOUBTED_AFTER
from fim_language_server.core.values import Candidate, CompletionRequest, Skip, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.model_chain import Chain
from fim_language_server.engine.outcomes import OutcomeLog


@frozen
class Known:
    """A text that may be shown at a place, and the label of its model."""

    text: str = field(repr=False)
    model: str


@define(eq=False)
class KnownTexts:
    """The cache, read by the chain's state: a text does not count while a preferred model of the chain is available."""

    cache: CompletionCache
    _chain: Chain
    _outcomes: OutcomeLog
    _shaping: ShapingOptions
    _guess_model: str
    """The model of instant guesses; "" where there are none."""

    def find(self, request: CompletionRequest) -> Known | Skip | None:
        """Return the text known for this place, or the known reason for none; None where a model is to be requested."""
        rest = self._outcomes.rest_of(request, self._guess_model) if self._guess_model else ""
        if rest and (request.may_begin_with_line_end or rest[0] not in "\r\n"):
            # A guess that the user types into stays, whatever has come from the API meanwhile.
            return Known(rest, self._guess_model)
        known = recall(self.cache, request, self._shaping, self._preferred(request))
        if request.trigger is Trigger.INVOKED and not isinstance(known, Known):
            return None  # An explicit request goes to the model again where that had no text.
        return known

    def find_all(self, request: CompletionRequest) -> Iterator[Known]:
        """Yield every known text for `request` that may be shown, the best first; some may be equal."""
        return recall_texts(self.cache, request, self._shaping, self._preferred(request))

    def _preferred(self, request: CompletionRequest) -> Sequence[str]:
        return self._chain.preferred_labels(request.trigger)


def recall(
    cache: CompletionCache, request: CompletionRequest, options: ShapingOptions, models: Sequence[str]
) -> Known | Skip | None:
    """Return the best known text for `request`, shaped; the reason where it is known that there is none; else None.

    An answer without text counts, too: the model would answer the same request without text again. Candidates of
    `models` answer their own place.
    """
    silence: Skip | None = None
    for candidate, rest in cache.find(request, models):
        if _needs_confirmation(candidate, rest, request, models):
            continue
        if not rest:
            if candidate.ended and candidate.model in models:
                silence = silence or Skip.NOTHING_NEW
        elif (text := _shaped(candidate, rest, request, options)) is not None:
            if text:
                return Known(text, candidate.model)
            silence = silence or Skip.FILTERED
    return silence


def recall_texts(
    cache: CompletionCache, request: CompletionRequest, options: ShapingOptions, models: Sequence[str]
) -> Iterator[Known]:
    """Yield every known text for `request`, shaped, the best first; some may be equal."""
    for candidate, rest in cache.find(request, models):
        if rest and (text := _shaped(candidate, rest, request, options)):
            yield Known(text, candidate.model)


def shaping_of(
    origin: CompletionRequest, request: CompletionRequest, typed: str, options: ShapingOptions
) -> ShapingOptions:
    """Return the shaping of an answer to `origin` that is shown at `request`, after `typed` was typed of it."""
    return options if origin is request else options_while_typing(origin, typed, options)


def _needs_confirmation(candidate: Candidate, rest: str, request: CompletionRequest, models: Sequence[str]) -> bool:
    """Should the model be requested again, because its confidence in a text may change while that is typed?

    Only for models that give a confidence, and only in the first line of their text: a block that follows is shown
    only after its first line was accepted.
    """
    typed = _typed_of(candidate, rest)
    if candidate.confidence is None or not rest or len(typed) < DOUBTED_AFTER or "\n" in typed:
        return False
    is_next = candidate.model in models[-1:]  # The last of `models` is the one that would get a request now.
    return is_next and request.trigger is Trigger.AUTOMATIC and decide_asking(request) is None


def _shaped(candidate: Candidate, rest: str, request: CompletionRequest, options: ShapingOptions) -> str | None:
    """Return the text to show of a candidate's `rest`, "" for nothing; None where too little of it is known.

    A text that ended at a limit of tokens has a cut last line. That is shown at the text's own place, where the model
    would give the same again, but further on the model is requested for the rest.
    """
    options = shaping_of(candidate.origin, request, _typed_of(candidate, rest), options)
    is_whole = candidate.ended or (candidate.finished and rest == candidate.text)
    if not is_whole and not is_complete(request, rest, options):
        return None
    shaped = shape(request, rest, options, candidate.ended)
    if not shaped.text and is_whole:
        shaped = shape(request, rest, options, finished=True)
    return shaped.text


def _typed_of(candidate: Candidate, rest: str) -> str:
    return candidate.text[: max(0, len(candidate.text) - len(rest))]
