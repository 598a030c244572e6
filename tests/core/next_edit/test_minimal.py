"""Minimal replacements: they make the new text exactly, and cut no character and no line end in two."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.next_edit.minimal import apply, minimal_replacements, minimal_span
from fim_language_server.core.next_edit.values import Replacement

WORDS = st.sampled_from(["a", "ab", "scan", "scanner", " ", "\t", "\n", "\r\n", "\r", "(", ", ", "x_1", "12"])
CHARACTERS = st.sampled_from(
    [
        "é",
        "e\u0301",
        "\u0301",
        "👍",
        "👍🏽",
        "👩\u200d💻",
        "\u200d",
        "🇩🇪",
        "🇩",
        "न",
        "ि",
        "\ufe0f",
        "\ud83d",
        "\ude00",
        "ᄀ",
    ]
)
TEXTS = st.lists(WORDS | CHARACTERS, max_size=14).map("".join)


def is_boundary(text: str, at: int) -> bool:
    """Say whether a character and a line end may end before an offset, by the rules of UAX #29 that are kept."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    if before in "\r\n":
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\u200d" in (before, after):
        return False
    return not ("\U0001f3fb" <= after <= "\U0001f3ff")


@given(TEXTS, TEXTS)
def test_applying_gives_the_new_text(old: str, new: str) -> None:
    """Exactly, in order and without overlap; one span does it, too."""
    parts = minimal_replacements(old, new)
    assert apply(old, parts) == new
    assert apply(old, [minimal_span(old, new)]) == new
    assert all(one.end < other.start for one, other in itertools.pairwise(parts))
    assert bool(parts) == (old != new)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_character_is_cut_in_two(head: str, old: str, new: str, tail: str) -> None:
    """Neither in the old text nor, where text is left standing beside it, in the new one."""
    before, after = head + old + tail, head + new + tail
    moved = 0
    for part in minimal_replacements(before, after):
        assert is_boundary(before, part.start)
        assert is_boundary(before, part.end)
        assert is_boundary(after, part.start + moved)
        moved += len(part.text) - (part.end - part.start)
        assert is_boundary(after, part.end + moved)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("use(scanner)", "use(scan)", [Replacement(4, 11, "scan")]),
        ("f(a)\n", "f(a, b)\n", [Replacement(3, 3, ", b")]),
        ("x = a + a", "x = b + b", [Replacement(4, 5, "b"), Replacement(8, 9, "b")]),
        ("a\r\nb", "a\nb", [Replacement(1, 3, "\n")]),
        ("cafe\u0301", "cafe", [Replacement(0, 5, "cafe")]),
        ("a\nb\nc\n", "a\nc\n", [Replacement(2, 4, "")]),
        ("same", "same", []),
    ],
)
def test_replacements_are_of_tokens(old: str, new: str, parts: list[Replacement]) -> None:
    """A word is replaced as a whole, and what did not change stands."""
    assert list(minimal_replacements(old, new)) == parts


def test_long_texts_are_compared_from_both_ends_only() -> None:
    """Comparing token by token takes the square of their number."""
    old = "begin " + "a b " * 2_000 + "end"
    new = "begin " + "b a " * 2_000 + "end"
    (part,) = minimal_replacements(old, new)
    assert apply(old, [part]) == new
    assert part.start >= len("begin ")
