"""The moments of a recording at which a document was edited or asked about, with its text: for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.next_edit.values import Replacement
from fim_language_server.core.recordings.records import MadeRequest
from fim_language_server.core.recordings.text_records import ChangedText, ClosedText, OpenedText
from fim_language_server.core.recordings.texts import FollowedText, LostTextError
from fim_language_server.evaluation.recordings.reading import Recording

MOST_WORK: Final = 20_000_000_000
"""Code points that are joined to texts at most: a long session in a large file, and a minute."""


@frozen
class Moment:
    """A document just after it was opened or edited, or when a request was made in it.

    `edits` apply one after the other, with offsets in code points; none where the document was opened, or only a
    request was made. `cursor` is the offset of the request, else where the last edit ends. `text` is the text after
    the edits, and `seconds` the time since the recording began.
    """

    seconds: float
    document: int
    path: str
    language_id: str
    version: int
    edits: tuple[Replacement, ...] = field(repr=False)
    cursor: int
    text: str = field(repr=False)
    is_request: bool = False


@define
class _Open:
    record: OpenedText
    version: int
    followed: FollowedText


def moments(recording: Recording) -> Iterator[Moment]:
    """Yield the moments of a recording in their order; none where it was made without texts.

    A document of which an edit does not fit, as where lines of the file are missing, ends there.
    """
    documents: dict[int, _Open] = {}
    work = 0
    for record in recording.records if recording.origins.has_texts else ():
        if isinstance(record, OpenedText):
            if record.text.text is not None:
                followed = FollowedText.of(record.text.text)
                documents[record.document] = opened = _Open(record, record.version, followed)
                yield _moment(record.ms, opened, (), 0)
        elif isinstance(record, ClosedText):
            documents.pop(record.document, None)
        elif isinstance(record, ChangedText | MadeRequest) and record.document in documents:
            opened = documents[record.document]
            try:
                moment = _after(record, opened)
            except LostTextError:
                del documents[record.document]
                continue
            yield moment
            work += len(moment.text)
            if work > MOST_WORK:
                return


def _after(record: ChangedText | MadeRequest, opened: _Open) -> Moment:
    if isinstance(record, MadeRequest):
        return _moment(record.ms, opened, (), opened.followed.offset(record.line, record.column), is_request=True)
    edits = opened.followed.apply(record.edits)
    opened.version = record.version
    return _moment(record.ms, opened, edits, edits[-1].start + len(edits[-1].text) if edits else 0)


def _moment(
    ms: float, opened: _Open, edits: tuple[Replacement, ...], cursor: int, *, is_request: bool = False
) -> Moment:
    record = opened.record
    seconds, text = ms / 1_000, opened.followed.text
    return Moment(
        seconds, record.document, record.path, record.language_id, opened.version, edits, cursor, text, is_request
    )
