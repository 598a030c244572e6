"""Relation of a request to an earlier one: the text typed since, and the remainder of the earlier answer.

An answer stays good as long as the text its model saw is unchanged but for what was typed at the cursor. That is
judged on the windows of the two requests, not on positions or versions: edits elsewhere (an import added above,
a formatter far below) cost nothing, and the same place found again is the same place.
"""

from __future__ import annotations

import re

from attrs import evolve, frozen

from fim_language_server.core.values import CompletionRequest

ANCHOR = 160
"""Code points before the cursor that are searched for; the whole window is compared where they are found."""
MAX_TYPED = 2_000
"""Code points of typing for which an answer is followed."""
MAX_DELETED = 200
"""Code points that may be deleted before an answer's place until it is no longer offered."""
DOUBTED_AFTER = 4
"""Code points typed into a text that its model was sure of to some degree, until that model is asked again: who wanted
the text might have taken it by then."""
MAX_TYPED_OVER = 8
"""The most closers behind the cursor that may be typed over, or replaced."""
_CLOSERS = frozenset(")]}>\"'`;,: ")
_LINE_END = re.compile(r"(?:\r\n|\r|\n)[ \t]*")
_PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`", "<": ">"}


@frozen
class Relation:
    """Relation of a request to an earlier one: text `typed` after its cursor, or `deleted` before it.

    Line ends are "\\n".
    """

    typed: str = ""
    deleted: str = ""

    def remainder(self, text: str) -> str | None:
        """Return what of `text`, the earlier request's answer, is still to come; None where the user went elsewhere.

        "" means that all of it has been typed. `text` has its line ends as "\\n".
        """
        if self.deleted:
            return self.deleted + text
        return text[len(self.typed) :] if text.startswith(self.typed) else None

    def may_come_to_agree(self, text: str) -> bool:
        """Could the answer, of which `text` has arrived, still turn out to be what is being typed?"""
        return self.typed.startswith(text) or text.startswith(self.typed)


def relate(origin: CompletionRequest, request: CompletionRequest) -> Relation | None:
    """Return how `request` stands to the earlier `origin`, or None where an answer to it says nothing here."""
    if origin.document.uri != request.document.uri:
        return None
    typed = _text_between(origin, request)
    if typed is not None:
        return Relation(typed=with_plain_line_ends(typed)) if _same_suffix(origin, request, typed) else None
    deleted = _text_between(request, origin)
    if deleted and len(deleted) <= MAX_DELETED and request.suffix == origin.suffix:
        return Relation(deleted=with_plain_line_ends(deleted))
    return None


def with_selection(request: CompletionRequest) -> CompletionRequest:
    """Return the request as if the entry selected in the completion popup had been accepted."""
    selected = request.selected
    if selected is None or not selected.text.startswith(selected.replaced):
        return request
    return evolve(request, prefix=request.prefix + selected.text[len(selected.replaced) :])


def with_plain_line_ends(text: str) -> str:
    r"""Return the text with each of the three line ends of LSP (`\r\n`, `\r`, `\n`) as `\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _text_between(earlier: CompletionRequest, later: CompletionRequest) -> str | None:
    """Return the text that `later`'s prefix has after `earlier`'s; None where it does not continue it."""
    before, now = earlier.prefix, later.prefix
    if earlier.prefix_is_whole and later.prefix_is_whole:
        extra = len(now) - len(before)
        return now[len(before) :] if 0 <= extra <= MAX_TYPED and now.startswith(before) else None
    anchor = before[-ANCHOR:]
    limit = max(0, len(now) - MAX_TYPED - len(anchor))
    found = now.rfind(anchor, limit)
    while found >= 0:
        end = found + len(anchor)
        if _same_end(earlier, later, end):
            return now[end:]
        found = now.rfind(anchor, limit, end - 1)
    return None


def _same_end(earlier: CompletionRequest, later: CompletionRequest, end: int) -> bool:
    """Does `later`'s prefix up to `end` show the text that `earlier`'s shows, as far as both windows reach?"""
    before = earlier.prefix
    if (end > len(before) and earlier.prefix_is_whole) or (end < len(before) and later.prefix_is_whole):
        return False
    common = min(end, len(before))
    return before.endswith(later.prefix[end - common : end])


def _same_suffix(origin: CompletionRequest, request: CompletionRequest, typed: str) -> bool:
    """Is the text after the cursor the same, but for what the editor put there by itself?

    It closes brackets and quotes, and on Enter between the two puts the closing one on a line of its own.
    """
    before, now = origin.suffix, request.suffix
    if now == before:
        return True
    if _LINE_END.search(typed) and (new_line := _LINE_END.match(now)) is not None:
        pushed = now[new_line.end() :]
        if _is_suffix(before.lstrip(" \t"), pushed, request) or _is_closed(before, pushed, request, typed):
            return True
    if _is_closed(before, now, request, typed):
        return True
    return _is_typed_over(before, now, typed, reaches_end=origin.suffix_is_whole and request.suffix_is_whole)


def _is_closed(before: str, now: str, request: CompletionRequest, typed: str) -> bool:
    """Is `now` the text `before` behind one to three closers whose openers were typed?"""
    for closed, character in enumerate(now[:3], start=1):
        if not any(_PAIRS.get(opener) == character for opener in typed):
            break
        if _is_suffix(before, now[closed:], request):
            return True
    return False


def _is_suffix(before: str, rest: str, request: CompletionRequest) -> bool:
    return before.startswith(rest) and (len(rest) == len(before) or not request.suffix_is_whole)


def _is_typed_over(before: str, now: str, typed: str, *, reaches_end: bool) -> bool:
    """Is what follows the cursor short of closers only that were typed, or accepted, over those behind the cursor?"""
    for closed in range(1, min(len(before), MAX_TYPED_OVER) + 1):
        if before[closed - 1] not in _CLOSERS:
            break
        rest = before[closed:]
        is_same = now == rest if reaches_end else now.startswith(rest) or rest.startswith(now)
        if is_same and _is_subsequence(before[:closed], typed):
            return True
    return False


def _is_subsequence(part: str, whole: str) -> bool:
    characters = iter(whole)
    return all(character in characters for character in part)
