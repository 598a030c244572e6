"""Asking ahead: the continuation of what is shown is asked for before anybody gets there.

Only where nothing is known behind the shown text, and its model was cut short and did not stop by itself. So it costs
a request that typing or accepting would cost anyway, but nobody waits for it. Prefetching gives way to what the user
waits for (`Trigger.PREFETCH`), fails unseen, and is hung up as soon as what is typed leads elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, evolve, field

from fim_language_server.core.typing_through import Relation, relate, with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Position, Suggestion, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.running_streams import RunningStreams, answering
from fim_language_server.engine.shared_stream import SharedStream

_PLACE = 160
"""Characters before a place by which it is told from others."""


@define(eq=False)
class Prefetcher:
    """The request for what follows the text last shown, of each document."""

    _ask: Callable[[CompletionRequest], SharedStream | None] = field(repr=False)  # None: not now
    _cache: CompletionCache = field(repr=False)
    _running: RunningStreams = field(repr=False)
    _streams: dict[str, SharedStream] = field(factory=dict, init=False)
    _considered: dict[str, str] = field(factory=dict, init=False, repr=False)
    _shown: dict[str, Suggestion] = field(factory=dict, init=False, repr=False)

    def shown(self, suggestion: Suggestion) -> None:
        """Ask for what follows a text that is shown while typing, unless it is known, coming, or not to be had."""
        request, uri = suggestion.request, suggestion.request.document.uri
        if request.trigger is not Trigger.AUTOMATIC:
            return
        self._shown[uri] = suggestion
        place = (request.prefix[-_PLACE:] + suggestion.text)[-_PLACE:]
        if self._considered.get(uri) == place:
            return
        self._considered[uri] = place
        there = request_after(suggestion)
        if self.find(there) is None and self._running.find(there) is None and self._is_cut_short(there):
            self._begin(there)

    def ended(self, uri: str) -> None:
        """Look again behind what is shown: no more of it is coming."""
        self._considered.pop(uri, None)
        if (suggestion := self._shown.get(uri)) is not None:
            self.shown(suggestion)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the stream that is about to say what comes here or a little further on, like `RunningStreams.find`."""
        stream = self._streams.get(request.document.uri)
        return None if stream is None else answering(stream, request)

    def is_watching(self, uri: str) -> bool:
        """Would an edit of this document have anything to judge?"""
        return uri in self._streams or uri in self._shown

    def observe(self, uri: str, views: Sequence[CompletionRequest]) -> None:
        """Hang up what the user will not come to, by the text at the end of each change of an edit."""
        stream = self._streams.get(uri)
        if stream is not None and not (_leads_to(stream, views) or stream.may_agree_with(views)):
            self.close(uri)
        shown = self._shown.get(uri)
        if shown is not None and not any(_still_agrees(shown, view) for view in views):
            del self._shown[uri]

    def close(self, uri: str | None = None) -> None:
        """Hang up what is under way for a document, or for all, and forget what was shown."""
        for one in [uri] if uri is not None else list(self._streams):
            if (stream := self._streams.pop(one, None)) is not None:
                stream.close()
            self._shown.pop(one, None)
            self._considered.pop(one, None)

    def _is_cut_short(self, there: CompletionRequest) -> bool:
        """Does what is known end here, with no whole line behind it, and not because the model ended it?"""
        known = list(self._cache.find(there, ()))
        return bool(known) and not any(one.ended or "\n" in rest.strip() for one, rest in known)

    def _begin(self, there: CompletionRequest) -> None:
        uri = there.document.uri
        if (before := self._streams.pop(uri, None)) is not None:
            before.close()
        if (stream := self._ask(there)) is not None:
            self._streams[uri] = stream


def request_after(suggestion: Suggestion) -> CompletionRequest:
    """Return the request that comes when a suggestion has been accepted."""
    request, text = suggestion.request, suggestion.text
    plain = with_plain_line_ends(text)
    n_lines, place = plain.count("\n"), request.position
    column = len(plain) - plain.rfind("\n") - 1 if n_lines else place.column + len(plain)
    return evolve(
        request,
        prefix=request.prefix + text,
        suffix=request.suffix[suggestion.replaced :],
        position=Position(place.line + n_lines, column),
        trigger=Trigger.PREFETCH,
        selected=None,
    )


def _still_agrees(shown: Suggestion, view: CompletionRequest) -> bool:
    relation = relate(shown.request, view)
    return relation is not None and relation.may_come_to_agree(with_plain_line_ends(shown.text))


def _leads_to(stream: SharedStream, views: Sequence[CompletionRequest]) -> bool:
    """Is what was typed on the way to the place that was asked about?"""
    return any((trace := relate(view, stream.origin)) is not None and not trace.deleted for view in views)
