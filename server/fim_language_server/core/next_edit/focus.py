"""The part of a question that one request to a model carries: whole lines around the cursor, and plain line ends.

A model is asked about a part of a document, of which all line ends are LF, and answers with offsets in that part.
`Focus.placed` turns an edit of the part into one of the document.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from attrs import evolve, field, frozen

from fim_language_server.core.next_edit.values import DocumentText, NextEdit, NextEditQuestion, PastEdit, Replacement
from fim_language_server.core.typing_through import with_plain_line_ends


@frozen
class QuestionLimits:
    """Most code points of each part of a question that a request carries."""

    before: int
    after: int
    others: int
    history: int
    """Of the edits of the past; those of other documents are left out where `others` is 0."""


@frozen
class Focus:
    """A question cut to size, with the way back to its document.

    `judged_above` and `judged_below` are the document's text beside the part, by which its secrets are told; they are
    never sent.
    """

    question: NextEditQuestion
    start: int
    judged_above: str = field(default="", repr=False)
    judged_below: str = field(default="", repr=False)
    _line_end: str = "\n"
    _crlf: Sequence[int] = field(default=(), repr=False)
    """Offsets in the part of the line ends that have two characters in the document."""

    def placed(self, edit: NextEdit) -> NextEdit:
        """Return an edit of the part as an edit of the document, with the document's own line ends."""
        part = edit.replacement
        text = part.text.replace("\n", self._line_end) if self._line_end != "\n" else part.text
        return evolve(edit, replacement=Replacement(self._offset(part.start), self._offset(part.end), text))

    def _offset(self, offset: int) -> int:
        return self.start + offset + bisect_left(self._crlf, offset)


def focus(question: NextEditQuestion, limits: QuestionLimits, margin: int = 0) -> Focus | None:
    """Return the question cut to its limits; None where the cursor's line alone is longer.

    `margin` is the number of code points beside the part that are kept to judge its secrets.
    """
    text, cursor = question.document.text, question.cursor
    if not 0 <= cursor <= len(text):
        return None
    start = _line_start_after(text, max(0, cursor - limits.before))
    stop = _line_stop_before(text, min(len(text), cursor + limits.after))
    if start > cursor or stop < cursor or "\n" in text[cursor:start] or _is_inside_line_end(text, cursor):
        return None
    raw = text[start:stop]
    plain = with_plain_line_ends(raw)
    crlf = _two_character_ends(raw)
    ahead = text[:start]
    first_line = question.document.first_line + _count_line_ends(ahead)
    others, history = _others(question, limits), _history(question, limits)
    document = evolve(question.document, text=plain, first_line=first_line)
    place = len(with_plain_line_ends(raw[: cursor - start]))
    return Focus(
        NextEditQuestion(document, question.version, place, history, others),
        start,
        with_plain_line_ends(text[max(0, start - margin) : start]),
        with_plain_line_ends(text[stop : stop + margin]),
        _usual_line_end(raw or text[: limits.before]),
        crlf,
    )


def _count_line_ends(text: str) -> int:
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)


def _line_start_after(text: str, at: int) -> int:
    """Return the first start of a line at or after a place; the text's length where none follows."""
    if at == 0 or text[at - 1] == "\n" or (text[at - 1] == "\r" and text[at : at + 1] != "\n"):
        return at
    ends = [place for place in (text.find("\n", at), text.find("\r", at)) if place >= 0]
    if not ends:
        return len(text) + 1
    first = min(ends)
    return first + 2 if text[first : first + 2] == "\r\n" else first + 1


def _line_stop_before(text: str, at: int) -> int:
    """Return the last end of a line (before its line end) at or before a place; -1 where there is none."""
    if at == len(text) or (text[at] in "\r\n" and not _is_inside_line_end(text, at)):
        return at
    last = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at))
    return last - 1 if last > 0 and text[last - 1 : last + 1] == "\r\n" else last


def _is_inside_line_end(text: str, at: int) -> bool:
    return text[at - 1 : at + 1] == "\r\n" if at else False


def _two_character_ends(raw: str) -> tuple[int, ...]:
    """Return the offsets in the plain text of the line ends that are CRLF in the raw one."""
    found: list[int] = []
    at = raw.find("\r\n")
    while at >= 0:
        found.append(at - len(found))
        at = raw.find("\r\n", at + 2)
    return tuple(found)


def _usual_line_end(text: str) -> str:
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda end: counts[end])


def _others(question: NextEditQuestion, limits: QuestionLimits) -> tuple[DocumentText, ...]:
    """Return the other documents, the one used last first, each cut to the lines around its last edit."""
    room, taken = limits.others, []
    for other in question.others:
        if room <= 0:
            break
        if other.uri == question.document.uri:
            continue
        line = next((edit.line for edit in reversed(question.history) if edit.uri == other.uri), other.first_line)
        part = _part_of(other, max(0, line - other.first_line), min(room, max(1, limits.others // 2)))
        if part is not None:
            taken.append(part)
            room -= len(part.text)
    return tuple(taken)


def _part_of(other: DocumentText, line: int, chars: int) -> DocumentText | None:
    """Return lines of a document around one of its lines, as many as there is room for; None where there is none."""
    lines = with_plain_line_ends(other.text).split("\n")
    first = end = min(line, len(lines) - 1)
    while end < len(lines) and chars - len(lines[end]) - 1 >= 0 and end - first < 400:
        chars -= len(lines[end]) + 1
        end += 1
        if first > 0 and chars - len(lines[first - 1]) - 1 >= 0:
            first -= 1
            chars -= len(lines[first]) + 1
    text = "\n".join(lines[first:end])
    return evolve(other, text=text, first_line=other.first_line + first) if text.strip() else None


def _history(question: NextEditQuestion, limits: QuestionLimits) -> tuple[PastEdit, ...]:
    """Return the newest edits that there is room for, the oldest first."""
    room, taken = limits.history, []
    for edit in reversed(question.history):
        if edit.uri != question.document.uri and not limits.others:
            continue
        room -= sum(len(line) + 1 for line in (*edit.above, *edit.old_lines, *edit.new_lines, *edit.below))
        if room < 0:
            break
        taken.append(edit)
    return tuple(reversed(taken))
