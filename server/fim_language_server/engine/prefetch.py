"""Prefetching: the continuation of the shown text is requested before the user gets there.

Only where nothing is known behind the shown text, and its model was cut short and did not stop by itself. So it costs
a request that typing or accepting would cost anyway, but the user does not wait for it. Prefetching gives way to the
requests that the user waits for (`Trigger.PREFETCH`), shows no failure, and is cancelled as soon as the user types
something else.
"""

from __future__ import annotations

from attrs import define, evolve, field

from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import Relation, relate, with_plain_line_ends
from fim_language_server.core.values import Candidate, CompletionRequest, Position, Suggestion, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.running_streams import answering
from fim_language_server.engine.shared_stream import SharedStream

_PLACE = 160
"""Characters before a place by which it is told from others."""


@define(eq=False)
class Prefetcher:
    """The request for what follows the text last shown, of each document."""

    _requester: Requester = field(repr=False)
    _cache: CompletionCache = field(repr=False)
    _streams: dict[str, SharedStream] = field(factory=dict, init=False)
    _considered: dict[str, str] = field(factory=dict, init=False, repr=False)
    _shown: dict[str, Suggestion] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._requester.observers.append(self._candidate_ended)

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
        if self.find(there) is None and self._requester.running.find(there) is None and self._is_cut_short(there):
            self._begin(there)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the stream that is about to say what comes here or a little further on, like `RunningStreams.find`."""
        stream = self._streams.get(request.document.uri)
        return None if stream is None else answering(stream, request)

    def is_watching(self, uri: str) -> bool:
        """Would an edit of this document have anything to judge?"""
        return uri in self._streams or uri in self._shown

    def observe(self, edit: Edit) -> None:
        """Cancel what the user will not come to, judged by an edit."""
        stream = self._streams.get(edit.uri)
        if stream is not None and not (_leads_to(stream, edit) or stream.may_agree_with(edit)):
            self.close(edit.uri)
        shown = self._shown.get(edit.uri)
        if shown is not None and not _still_agrees(shown, edit):
            del self._shown[edit.uri]

    def close(self, uri: str | None = None) -> None:
        """Hang up what is under way for a document, or for all, and forget what was shown."""
        for one in [uri] if uri is not None else list(self._streams):
            if (stream := self._streams.pop(one, None)) is not None:
                stream.close()
            self._shown.pop(one, None)
            self._considered.pop(one, None)

    def _candidate_ended(self, candidate: Candidate) -> None:
        """Look again behind the shown text: no more of it is coming."""
        origin = candidate.origin
        if not candidate.finished or origin.trigger is not Trigger.AUTOMATIC:
            return
        self._considered.pop(origin.document.uri, None)
        if (suggestion := self._shown.get(origin.document.uri)) is not None:
            self.shown(suggestion)

    def _is_cut_short(self, there: CompletionRequest) -> bool:
        """Does what is known end here, with no whole line behind it, and not because the model ended it?"""
        known = list(self._cache.find(there, ()))
        return bool(known) and not any(one.ended or "\n" in rest.strip() for one, rest in known)

    def _begin(self, there: CompletionRequest) -> None:
        uri = there.document.uri
        if (before := self._streams.pop(uri, None)) is not None:
            before.close()
        if (stream := self._requester.begin_alternative(there)) is not None:
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


def _still_agrees(shown: Suggestion, edit: Edit) -> bool:
    text = with_plain_line_ends(shown.text)
    relations = edit.direct_relations_to(shown.request)
    return any(relation is not None and relation.may_come_to_agree(text) for relation in relations)


def _leads_to(stream: SharedStream, edit: Edit) -> bool:
    """Has the user typed a part of the way to the stream's place?"""
    ways = (relate(view, stream.origin) for view in edit.views)
    return any(way is not None and not way.deleted for way in ways)
