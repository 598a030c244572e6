"""An offered edit follows the user's: it moves, becomes smaller, is taken or contradicted, and never goes wrong."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.next_edit.line_change import LineChange, change_of
from fim_language_server.core.next_edit.minimal import minimal_span
from fim_language_server.core.next_edit.pending import OfferEnd, follow, place_of
from fim_language_server.core.next_edit.values import Replacement
from fim_language_server.core.values import Position

TEXTS = st.lists(
    st.sampled_from(["ab", "a", "scanner", " ", "\n", "\r\n", "\r", "(", "é", "👍", "x = 1\n"]), max_size=16
).map("".join)
NEW = st.lists(st.sampled_from(["a", "b", "scan", "\n", "\r\n", "()", ""]), max_size=4).map("".join)


@frozen
class Case:
    text: str
    offered: Replacement
    made: Replacement


def replaced(text: str, part: Replacement) -> str:
    return text[: part.start] + part.text + text[part.end :]


def whole(text: str, place: int) -> int:
    """Return an offset that is not inside of a line end."""
    return place - 1 if text[place - 1 : place + 1] == "\r\n" and place else place


@st.composite
def parts(draw: st.DrawFn, text: str) -> Replacement:
    first, last = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return Replacement(whole(text, first), whole(text, last), draw(NEW))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    text = draw(TEXTS)
    return Case(text, draw(parts(text)), draw(parts(text)))


def differs_in_one_way(text: str, wanted: str) -> bool:
    """Say whether one part alone can be said to differ: what is alike at the beginning and at the end is apart."""
    shorter = min(len(text), len(wanted))
    head = next((at for at in range(shorter) if text[at] != wanted[at]), shorter)
    tail = next((at for at in range(shorter) if text[-1 - at] != wanted[-1 - at]), shorter)
    return head + tail <= shorter


def lines_of(text: str) -> list[str]:
    lines = text.splitlines(keepends=True) if "\f" not in text else [text]
    return lines if lines and not lines[-1].endswith(("\n", "\r")) else [*lines, ""]


def applied(text: str, change: LineChange) -> str:
    """Apply a change of lines to a text that has its old lines there, which is checked."""
    lines = lines_of(text)
    old = list(change.old_lines)
    found = lines[change.first : change.first + len(old)]
    assert "".join(found) == "".join(old)
    return "".join([*lines[: change.first], *change.new_lines, *lines[change.first + len(old) :]])


@given(cases())
def test_an_offer_always_belongs_to_the_present_text(case: Case) -> None:
    """After any edit, what is left of an offer has the present text as its old lines, or is the wanted one."""
    after = replaced(case.text, case.made)
    offer, change = change_of(case.text, case.offered), change_of(case.text, case.made)
    assert applied(case.text, offer) == replaced(case.text, case.offered)
    moved = follow(offer, change)
    if moved is OfferEnd.TAKEN:
        assert after == replaced(case.text, case.offered)
    elif isinstance(moved, LineChange):
        wanted = applied(after, moved)
        is_clear = differs_in_one_way(case.text, replaced(case.text, case.offered))
        if is_clear and (case.made.end < case.offered.start or case.made.start > case.offered.end):
            shift = (
                len(case.made.text) - (case.made.end - case.made.start) if case.made.start < case.offered.start else 0
            )
            there = Replacement(case.offered.start + shift, case.offered.end + shift, case.offered.text)
            assert wanted in (replaced(after, there), replaced(case.text, case.offered))


@given(cases())
def test_its_place_in_columns_gives_the_offered_text(case: Case) -> None:
    """The smallest range of whole tokens, as a client gets it, makes the offered text."""
    place = place_of(change_of(case.text, case.offered))
    lines = lines_of(case.text)
    start = sum(map(len, lines[: place.start.line])) + place.start.column
    end = sum(map(len, lines[: place.end.line])) + place.end.column
    assert replaced(case.text, Replacement(start, end, place.text)) == replaced(case.text, case.offered)
    assert case.text[start:end] == place.old


@given(TEXTS, NEW.filter(bool), st.data())
def test_typing_what_is_offered_takes_it(text: str, new: str, data: st.DataObject) -> None:
    """Character by character, after deleting the old text or before it.

    On the way there may be a text in which it cannot be told what is meant, since it repeats itself: there the offer
    may be dropped.
    """
    drawn = data.draw(parts(text))
    wanted = replaced(text, Replacement(drawn.start, drawn.end, new))
    if wanted == text or "\r" in text + new:
        return
    part = minimal_span(text, wanted)
    offer: LineChange | OfferEnd = change_of(text, part)
    new = part.text
    steps = []
    if data.draw(st.booleans()):
        steps = [Replacement(part.start, part.end, "")] if part.end > part.start else []
        steps += [Replacement(part.start + i, part.start + i, c) for i, c in enumerate(new)]
    else:
        steps = [Replacement(part.start + i, part.start + i, c) for i, c in enumerate(new)]
        steps += [Replacement(part.start + len(new), part.end + len(new), "")]
    is_clear = True
    for step in steps:
        if isinstance(offer, OfferEnd):
            break
        offer = follow(offer, change_of(text, step))
        text = replaced(text, step)
        is_clear = is_clear and differs_in_one_way(text, wanted)
    assert offer is OfferEnd.TAKEN or (offer is OfferEnd.CONTRADICTED and not is_clear)


def typed(text: str, offer: LineChange, *steps: Replacement) -> LineChange | OfferEnd:
    moved: LineChange | OfferEnd = offer
    for step in steps:
        assert isinstance(moved, LineChange)
        moved = follow(moved, change_of(text, step))
        text = replaced(text, step)
    return moved


RENAME = "a = 1\nuse(scanner)\nb = 2\n"


@pytest.mark.parametrize(
    ("made", "end"),
    [
        (Replacement(10, 10, "my"), OfferEnd.CONTRADICTED),
        (Replacement(17, 17, "s"), OfferEnd.CONTRADICTED),
        (Replacement(12, 13, "X"), OfferEnd.CONTRADICTED),
        (Replacement(6, 19, ""), OfferEnd.CONTRADICTED),
        (Replacement(14, 17, ""), OfferEnd.TAKEN),
        (Replacement(10, 17, "scan"), OfferEnd.TAKEN),
    ],
)
def test_what_ends_a_rename(made: Replacement, end: OfferEnd) -> None:
    """`scanner` is to become `scan`: another word there contradicts, the word itself takes it."""
    offer = change_of(RENAME, Replacement(10, 17, "scan"))
    assert typed(RENAME, offer, made) is end


@pytest.mark.parametrize(
    ("made", "start", "old"),
    [
        (Replacement(0, 0, "# new\n"), Position(2, 4), "scanner"),
        (Replacement(0, 6, ""), Position(0, 4), "scanner"),
        (Replacement(6, 6, "x = "), Position(1, 8), "scanner"),
        (Replacement(18, 18, ".y"), Position(1, 4), "scanner"),
        (Replacement(19, 19, "  # why"), Position(1, 4), "scanner"),
        (Replacement(16, 17, ""), Position(1, 4), "scanne"),
        (Replacement(24, 24, "\nend"), Position(1, 4), "scanner"),
    ],
)
def test_what_only_moves_a_rename(made: Replacement, start: Position, old: str) -> None:
    """Edits elsewhere, in its line too, and going some way towards it."""
    moved = typed(RENAME, change_of(RENAME, Replacement(10, 17, "scan")), made)
    assert isinstance(moved, LineChange)
    place = place_of(moved)
    assert (place.start, place.old, place.text) == (start, old, "scan")
