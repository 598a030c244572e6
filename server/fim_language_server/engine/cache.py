"""What the model has said: found again at the same place, and while the user types it.

Two kinds of text. *Finished* text answers its own place exactly, as often as it is asked, within bounds of least
recent use. The last texts of each document, the let-go ones with them, are followed while the user types or goes
back. A cache belongs to one engine, and so to one set of settings and one model; the key still holds the model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, MutableMapping

from attrs import define, field
from cachetools import LRUCache

from fim_language_server.core.typing_through import relate
from fim_language_server.core.values import Candidate, CompletionRequest

_Key = tuple[str, str, str, str, int]

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

    model: str
    _places: MutableMapping[_Key, Candidate] = field(factory=_new_places, repr=False)
    _recent: MutableMapping[str, deque[Candidate]] = field(factory=_new_recent, repr=False)

    def store(self, candidate: Candidate) -> None:
        """Remember a candidate. An unfinished one is only followed in its document, never found as an answer."""
        uri = candidate.origin.document.uri
        if candidate.finished:
            self._places[self._key(candidate.origin)] = candidate
        elif not candidate.text:
            return
        recent = self._recent.get(uri)
        if recent is None:
            recent = self._recent[uri] = deque(maxlen=RECENT)
        recent.appendleft(candidate)

    def find(self, request: CompletionRequest) -> Iterator[tuple[Candidate, str]]:
        """Yield the candidates that say something here, the best first, each with what of it is still to come.

        "" as the rest means that a candidate's text ends here. Line ends are "\\n".
        """
        exact = self._places.get(self._key(request))
        if exact is not None:
            yield exact, exact.text
        # A text that was one of several to choose from goes after those that were the answer.
        for candidate in sorted(self._recent.get(request.document.uri, ()), key=lambda one: one.origin.variant):
            if candidate is exact:
                continue
            relation = relate(candidate.origin, request)
            rest = relation.remainder(candidate.text) if relation is not None else None
            if rest is not None:
                yield candidate, rest

    def forget(self, uri: str) -> None:
        """Drop the last texts of a closed document; its places stay, for when it is opened again."""
        self._recent.pop(uri, None)

    def _key(self, request: CompletionRequest) -> _Key:
        return request.document.uri, self.model, request.prefix, request.suffix, request.variant
