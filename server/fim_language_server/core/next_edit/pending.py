"""An edit that is offered, while the user goes on editing: moved, made smaller, taken or contradicted."""

from __future__ import annotations

import enum

from attrs import evolve, frozen

from fim_language_server.core.next_edit.line_change import LineChange, block_lines
from fim_language_server.core.next_edit.minimal import common_start, minimal_span
from fim_language_server.core.values import Position


class OfferEnd(enum.Enum):
    """An end of an offered edit that a change of the document has brought about."""

    TAKEN = "taken"  # the document has the edit's text now
    CONTRADICTED = "contradicted"  # something else stands there now


@frozen
class PlacedText:
    """A text for the range between two places of a document, whose columns count code points."""

    start: Position
    end: Position
    text: str
    old: str = ""


def follow(offer: LineChange, change: LineChange) -> LineChange | OfferEnd:
    """Return an offered change of the text before `change` as one of the text after it, or its end.

    A change elsewhere only moves it. One that goes some way towards the offered text makes it smaller.
    """
    if change.first >= offer.old_end:
        return offer
    if change.old_end <= offer.first:
        return evolve(offer, first=offer.first + change.added)
    first = min(offer.first, change.first)
    before = _joined(first, offer, change)
    end = first + len(before)
    wanted = [*before[: offer.first - first], *offer.new_lines, *before[len(before) - (end - offer.old_end) :]]
    now = [*before[: change.first - first], *change.new_lines, *before[len(before) - (end - change.old_end) :]]
    text, target, present = "".join(before), "".join(wanted), "".join(now)
    if present == target:
        return OfferEnd.TAKEN
    left = target if _agrees(text, target, present) else _moved_in_lines(text, target, present)
    if left is None:
        return OfferEnd.CONTRADICTED
    is_last = not now or not now[-1].endswith(("\n", "\r"))
    return LineChange(first, tuple(now), block_lines(left, is_last=is_last))


def place_of(offer: LineChange) -> PlacedText:
    """Return an offered change as the smallest text of whole tokens, and its range."""
    old = offer.old_text
    span = minimal_span(old, offer.new_text)
    return PlacedText(_position(offer, span.start), _position(offer, span.end), span.text, old[span.start : span.end])


def _position(offer: LineChange, offset: int) -> Position:
    line = offer.first
    for text in offer.old_lines:
        if offset < len(text) or line == offer.old_end - 1:
            if offset == len(text) and text.endswith(("\n", "\r")):
                return Position(line + 1, 0)
            return Position(line, offset)
        offset -= len(text)
        line += 1
    return Position(line, offset)


def _joined(first: int, offer: LineChange, change: LineChange) -> list[str]:
    """Return the lines from `first` on that the one or the other touches, which overlap, in the text before both."""
    lower, upper = (offer, change) if offer.first <= change.first else (change, offer)
    lines = [*lower.old_lines, *upper.old_lines[max(0, lower.old_end - upper.first) :]]
    assert first == lower.first
    return lines


def _moved_in_lines(text: str, target: str, present: str) -> str | None:
    """Return the target with the user's change in it, where that is apart from the offered one; None where it is not.

    The three texts are that before both, the offered one, and that after the user's change. A change that touches the
    words which the offer replaces is not apart from it.
    """
    offered, (start, end) = minimal_span(text, target), _span(text, present)
    if end < offered.start or (end == offered.start and _is_apart(text, end)):
        return present[: len(present) - (len(text) - end)] + target[end:]
    if offered.end < start or (start == offered.end and _is_apart(text, start)):
        return target[: len(target) - (len(text) - start)] + present[start:]
    return None


def _is_apart(text: str, at: int) -> bool:
    """Say whether a line ends at a place: changes that meet there are not of one word or expression."""
    return text[at - 1 : at] in ("\n", "\r")


def _span(old: str, new: str) -> tuple[int, int]:
    """Return the start and end, in `old`, of the part in which two texts differ."""
    start = common_start(old, new)
    return start, len(old) - common_start(old[start:][::-1], new[start:][::-1])


def _agrees(text: str, target: str, present: str) -> bool:
    """Say whether `present` lies on a way on which a user gets from `text` to `target`.

    The user writes the new text before the old one, or deletes the old one first, from either side.
    """
    words, (start, end) = minimal_span(text, target), _span(text, target)
    if _is_written_before(text, target, present, words.start, words.end):
        return True
    spans = dict.fromkeys([(words.start, words.end), (start, end)])
    return any(_is_written_behind(text, target, present, *span) for span in spans)


def _is_written_before(text: str, target: str, present: str, start: int, end: int) -> bool:
    """Say whether `present` is the beginning of `target` and then the end of `text`.

    The two meet between `start` and `end`, the words that are replaced, or where texts that repeat themselves may as
    well be said to differ.
    """
    head, tail = common_start(text, target), len(text) - common_start(text[::-1], target[::-1])
    lowest, highest = min(start, head, tail), max(end, head, tail)
    written, kept = common_start(target, present), common_start(text[::-1], present[::-1])
    least = max(lowest, len(present) - kept)
    return least <= min(written, highest - len(text) + len(present))


def _is_written_behind(text: str, target: str, present: str, start: int, end: int) -> bool:
    """Say whether the old text from `start` to `end` is cut at its end, and the new one begun behind what is left."""
    head, tail = text[:start], text[end:]
    if not (present.startswith(head) and present.endswith(tail)) or len(present) < len(head) + len(tail):
        return False
    old, new, now = (whole[start : len(whole) - len(tail)] for whole in (text, target, present))
    kept = min(common_start(old, now), max(0, len(old) - 1))
    return any(new.startswith(now[size:]) for size in range(kept, -1, -1))
