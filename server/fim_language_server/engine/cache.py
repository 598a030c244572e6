"""Candidates of the models, found again at the same place, and while the user types them.

It keeps two kinds. *Finished* candidates answer their own place; the least recently used ones are dropped. The last
candidates of each document, those of closed streams among them, are found while the user types them or goes back. A
cache belongs to one engine, and so to one set of settings; the candidates of each model are kept apart.
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
"""The most places that are stored; with the windows of the default settings, some 3 MB."""
DOCUMENTS = 64
"""The most documents whose last candidates are stored."""
RECENT = 24
"""The most candidates that are stored of each document."""


def _new_places() -> MutableMapping[_Key, Candidate]:
    return LRUCache(maxsize=PLACES)


def _new_recent() -> MutableMapping[str, deque[Candidate]]:
    return LRUCache(maxsize=DOCUMENTS)


@define
class CompletionCache:
    """The known candidates, bounded in number."""

    _places: MutableMapping[_Key, Candidate] = field(factory=_new_places, repr=False)
    _recent: MutableMapping[str, deque[Candidate]] = field(factory=_new_recent, repr=False)

    def store(self, candidate: Candidate) -> None:
        """Store a candidate. An unfinished one is found only while it is typed, not as the answer to its own place."""
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
        """Yield the candidates that fit `request`, the best first, each with the rest of its text from there.

        Candidates of `models` answer their own place, in the order of `models`. Those of any model are found while
        they are typed, so that a shown text does not change before the user's eyes. "" as the rest means that the
        candidate's text ends here. Line ends are "\\n".
        """
        exact = [known for model in models if (known := self._places.get(_key(request, model))) is not None]
        for candidate in exact:
            yield candidate, candidate.text
        # Alternative texts come after those that were the first answer.
        for candidate in sorted(
            self._recent.get(request.document.uri, ()), key=lambda candidate: candidate.origin.variant
        ):
            if any(candidate is known for known in exact):
                continue
            relation = relate(candidate.origin, request)
            if relation is None or (relation == _HERE and candidate.model not in models):
                continue
            if (rest := relation.remainder(candidate.text)) is not None:
                yield candidate, rest

    def forget(self, uri: str) -> None:
        """Drop the last candidates of a closed document; finished ones stay, for when it is opened again."""
        self._recent.pop(uri, None)

    def forget_model(self, model: str) -> None:
        """Drop the candidates of a model that has more knowledge now."""
        for key in [key for key in self._places if key[1] == model]:
            del self._places[key]
        for uri, recent in list(self._recent.items()):
            self._recent[uri] = deque((known for known in recent if known.model != model), maxlen=RECENT)


def _key(request: CompletionRequest, model: str) -> _Key:
    return request.document.uri, model, request.prefix, request.suffix, request.variant
