"""What the model has said: found again at the same place, and while the user types it.

Two kinds of text. *Finished* text answers its own place exactly, as often as it is asked, within bounds of least
recent use. The last texts of each document, the let-go ones with them, are followed while the user types or goes
back. A cache belongs to one engine, and so to one set of settings; the text of each model is kept apart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, MutableMapping, Sequence

from attrs import define, field
from cachetools import LRUCache

from fim_language_server.core.typing_through import Relation, relate
from fim_language_server.core.values import Candidate, CompletionRequest

_Key = tuple[str, str, str, str, int]
_HERE = Relation()

PLACES = 512
"""Places remembered; with the windows of the default settings, some 3 MB."""
DOCUMENTS = 64
"""Documents whose last texts are remembered."""
RECENT = 24
"""Last texts remembered in each document."""


def _new_places() -> MutableMapping[_Key, Candidate]:
    return LRUCache(maxsize=PLACES)


def _new_recent() -> MutableMapping[str, deque[Candidate]]:
    return LRUCache(maxsize=DOCUMENTS)


@define
class CompletionCache:
    """Known candidates, bounded."""

    _places: MutableMapping[_Key, Candidate] = field(factory=_new_places, repr=False)
    _recent: MutableMapping[str, deque[Candidate]] = field(factory=_new_recent, repr=False)

    def store(self, candidate: Candidate) -> None:
        """Remember a candidate. An unfinished one is only followed in its document, never found as an answer."""
        uri = candidate.origin.document.uri
        if candidate.finished:
            self._places[_key(candidate.origin, candidate.model)] = candidate
        elif not candidate.text:
            return
        recent = self._recent.get(uri)
        if recent is None:
            recent = self._recent[uri] = deque(maxlen=RECENT)
        recent.appendleft(candidate)

    def find(self, request: CompletionRequest, models: Sequence[str]) -> Iterator[tuple[Candidate, str]]:
        """Yield the candidates that say something here, the best first, each with what of it is still to come.

        Text of `models` answers its own place, in their order; text of any model is followed while it is typed, so
        that what the user reads does not change under their eyes. "" as the rest means that a candidate's text ends
        here. Line ends are "\\n".
        """
        exact = [known for model in models if (known := self._places.get(_key(request, model))) is not None]
        for candidate in exact:
            yield candidate, candidate.text
        # A text that was one of several to choose from goes after those that were the answer.
        for candidate in sorted(self._recent.get(request.document.uri, ()), key=lambda one: one.origin.variant):
            if any(candidate is known for known in exact):
                continue
            relation = relate(candidate.origin, request)
            if relation is None or (relation == _HERE and candidate.model not in models):
                continue
            if (rest := relation.remainder(candidate.text)) is not None:
                yield candidate, rest

    def forget(self, uri: str) -> None:
        """Drop the last texts of a closed document; its places stay, for when it is opened again."""
        self._recent.pop(uri, None)

    def forget_model(self, model: str) -> None:
        """Drop what a model has said: it knows better now."""
        for key in [key for key in self._places if key[1] == model]:
            del self._places[key]
        for uri, recent in list(self._recent.items()):
            self._recent[uri] = deque((known for known in recent if known.model != model), maxlen=RECENT)


def _key(request: CompletionRequest, model: str) -> _Key:
    return request.document.uri, model, request.prefix, request.suffix, request.variant
