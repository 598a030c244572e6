"""Prefetching: the continuation of the shown text is requested before the user gets there.

This happens only where no text is known after the shown one, and where a limit ended that, not the model itself. So
it costs a request that typing or accepting would cost anyway, but the user does not wait for it. A prefetch has a lower
priority than the requests that the user waits for (`Trigger.PREFETCH`), shows no failure, and is cancelled as soon as
the user types something else.
"""

from __future__ import annotations

from attrs import define, evolve, field

from fim_language_server.core.edit import Edit
from fim_language_server.core.typing_through import Relation, relate, with_plain_line_ends
from fim_language_server.core.values import Candidate, CompletionRequest, Position, Suggestion, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.requester import Requester
from fim_language_server.engine.running_streams import match
from fim_language_server.engine.shared_stream import SharedStream

_PLACE = 160
"""Code points before a place that identify it."""


@define(eq=False)
class Prefetcher:
    """For each document, the stream of the text that follows the one shown last."""

    _requester: Requester = field(repr=False)
    _cache: CompletionCache = field(repr=False)
    _streams: dict[str, SharedStream] = field(factory=dict, init=False)
    _considered: dict[str, str] = field(factory=dict, init=False, repr=False)
    _shown: dict[str, Suggestion] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._requester.observers.append(self._candidate_ended)

    def shown(self, suggestion: Suggestion) -> None:
        """Request the text after an automatic suggestion, unless it is known or coming, or the model ended there."""
        request, uri = suggestion.request, suggestion.request.document.uri
        if request.trigger is not Trigger.AUTOMATIC:
            return
        self._shown[uri] = suggestion
        place = (request.prefix[-_PLACE:] + suggestion.text)[-_PLACE:]
        if self._considered.get(uri) == place:
            return
        self._considered[uri] = place
        following = request_after(suggestion)
        is_coming = self.find(following) is not None or self._requester.running.find(following) is not None
        if not is_coming and self._is_cut_short(following):
            self._begin(following)

    def find(self, request: CompletionRequest) -> tuple[SharedStream, Relation] | None:
        """Return the document's prefetch, if it may still answer `request`, and how the two requests relate."""
        stream = self._streams.get(request.document.uri)
        return None if stream is None else match(stream, request)

    def is_watching(self, uri: str) -> bool:
        """Is there a prefetch or a suggestion of this document that an edit may contradict?"""
        return uri in self._streams or uri in self._shown

    def observe(self, edit: Edit) -> None:
        """Cancel the prefetch of a text that the user will not reach after `edit`."""
        stream = self._streams.get(edit.uri)
        if stream is not None and not (_leads_to(stream, edit) or stream.may_agree_with(edit)):
            self.close(edit.uri)
        shown = self._shown.get(edit.uri)
        if shown is not None and not _still_agrees(shown, edit):
            del self._shown[edit.uri]

    def close(self, uri: str | None = None) -> None:
        """Cancel the prefetch of a document, or of all where `uri` is None, and forget its suggestion."""
        for closed in [uri] if uri is not None else list(self._streams):
            if (stream := self._streams.pop(closed, None)) is not None:
                stream.close()
            self._shown.pop(closed, None)
            self._considered.pop(closed, None)

    def _candidate_ended(self, candidate: Candidate) -> None:
        """Consider the shown suggestion again, because the stream of its text has ended."""
        origin = candidate.origin
        if not candidate.finished or origin.trigger is not Trigger.AUTOMATIC:
            return
        self._considered.pop(origin.document.uri, None)
        if (suggestion := self._shown.get(origin.document.uri)) is not None:
            self.shown(suggestion)

    def _is_cut_short(self, following: CompletionRequest) -> bool:
        """Did a limit end the known text here, with no whole line left of it?"""
        known = list(self._cache.find(following, ()))
        return bool(known) and not any(candidate.ended or "\n" in rest.strip() for candidate, rest in known)

    def _begin(self, following: CompletionRequest) -> None:
        uri = following.document.uri
        if (before := self._streams.pop(uri, None)) is not None:
            before.close()
        if (stream := self._requester.begin_alternative(following)) is not None:
            self._streams[uri] = stream


def request_after(suggestion: Suggestion) -> CompletionRequest:
    """Return the request that an editor would send after accepting `suggestion`."""
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
    """Is the stream's place still ahead of the cursor, with only typing between?"""
    relations = (relate(view, stream.origin) for view in edit.views)
    return any(relation is not None and not relation.deleted for relation in relations)
