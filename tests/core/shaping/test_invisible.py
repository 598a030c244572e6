"""Characters that nobody sees are left out one by one, and stay where they are part of what is seen."""

from __future__ import annotations

import pytest

from fim_language_server.core.invisible_characters import INVISIBLE, TAGS, VARIATION_SELECTORS
from fim_language_server.core.shaping import ShapingOptions, shape
from tests.fakes.requests import request_at

ALL = [point for first, last in INVISIBLE for point in {first, (first + last) // 2, last} if point != 0x0D]


def shown(said: str, place: str = "x = |\n") -> str:
    return shape(request_at(place), said, ShapingOptions(), finished=True).text


@pytest.mark.parametrize("point", ALL)
@pytest.mark.parametrize("said", ["ad{}min + 1", "{}admin + 1", "admin + 1{}"])
def test_no_such_character_is_shown_in_a_document_without_them(point: int, said: str) -> None:
    assert shown(said.format(chr(point))) == "admin + 1"


ENGLAND = "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng") + "\U000e007f"


@pytest.mark.parametrize("emoji", ["❤\ufe0f", "👩\u200d💻", "👍🏽", ENGLAND, "1\ufe0f\u20e3"])
def test_an_emoji_stays_whole(emoji: str) -> None:
    assert shown(f"'{emoji}'") == f"'{emoji}'"


@pytest.mark.parametrize("point", [TAGS[0][0] + 0x41, VARIATION_SELECTORS[-1][0]])
def test_no_text_is_hidden_behind_an_emoji(point: int) -> None:
    assert shown(f"'❤\ufe0f{chr(point) * 8}'") == "'❤\ufe0f'"


@pytest.mark.parametrize("word", ["می\u200cخواهم", "क्\u200dष"])
def test_letters_keep_their_joiners(word: str) -> None:
    assert shown(f"'{word}'") == f"'{word}'"


@pytest.mark.parametrize("mark", ["\u200f", "\u202b", "\u2066"])
def test_a_document_that_has_such_characters_keeps_them(mark: str) -> None:
    assert shown(f"'{mark}b'", "a = '\u200ea'\nx = |\n") == f"'{mark}b'"
