"""The measure of damaged text is right about what is damage, and finds none of it at ordinary places of real code."""

from __future__ import annotations

import pytest

from benchmarks.damage_corpus import read_corpus
from benchmarks.damage_models import MODELS, Verdict, damage_of, says, shown_of, with_line_ends
from benchmarks.damage_places import Code, Place, cut
from benchmarks.shaping_damage import ORDINARY, verdicts

CODE = Code("c", "a.c", ("void f(int x) {", "  if (x > 0) {", "    g(x);", "    h();", "  }", "}", "", "int y = 1;"))


@pytest.mark.parametrize(
    ("truth", "shown", "expected"),
    [
        ("a();\n  b();", "a();\n  b();", None),
        ("a();\n  b();", "a();", None),
        ("a();\n  b();  ", "a();\n  b();", None),
        ("a();\n  b();", "", "dropped"),
        ("a();\n  b();", "a();\n  b", "cut inside a line"),
        ("a();", "a", "cut inside a line"),
        ("a", "a)", "doubled"),
        ("a", "b", "altered"),
    ],
)
def test_what_damage_is(truth: str, shown: str, expected: str | None) -> None:
    assert damage_of(Place("fresh line", "c", "", truth, "\n"), shown) == expected


def test_a_closer_that_the_editor_put_there_ends_what_is_right() -> None:
    place = Place("auto-closed bracket", "c", "if (", "x > 0) {", ")\n", right="x > 0")
    assert damage_of(place, "x > 0") is None
    assert damage_of(place, "x > 0) {") == "altered"


def test_every_place_is_cut_out_of_its_file() -> None:
    whole = "\n".join(CODE.lines) + "\n"
    places = cut([CODE], 200, seed=1)
    assert {place.kind for place in places} >= {*ORDINARY, "auto-closed bracket", "closer stands below"}
    for place in places:
        if place.right is None and not place.silent:
            assert place.prefix + place.truth + place.suffix in (whole, whole[:-1])


def test_the_models_go_on_with_what_follows() -> None:
    place = Place("mid-line", "c", "f(", "x", ");\n  g();\n")
    assert [says(place, model) for model in MODELS] == ["x", "x);\n  g();\n", "x);"]
    assert says(Place("fresh line", "c", "", "f();", "\n\n  g();\n"), MODELS[2]) == "f();\n  g();"


def test_many_languages_are_cut() -> None:
    assert len({code.language for code in read_corpus(seed=1)}) >= 8


def test_ordinary_places_of_real_code_are_not_damaged() -> None:
    found = [one for one in verdicts(seed=7, count=600) if one.model == MODELS[0] and one.place.kind in ORDINARY]
    assert len(found) > 100
    assert sum(one.damage is not None for one in found) <= 1


INDENTED = {"own indentation again", "one space before the tab stop"}


@pytest.fixture(scope="module")
def judged() -> list[Verdict]:
    return [one for one in verdicts(seed=3, count=640) if one.place.kind not in INDENTED]


@pytest.mark.parametrize(("model", "most"), [(MODELS[0], 0.01), (MODELS[1], 0.03), (MODELS[2], 0.03)])
def test_right_text_of_real_code_is_seldom_damaged(judged: list[Verdict], model: str, most: float) -> None:
    """At directed places, where every filter has something to say."""
    found = [one for one in judged if one.model == model]
    damaged = [(one.place.kind, one.place.language, one.said, one.shown) for one in found if one.damage]
    assert len(found) > 400
    assert len(damaged) <= most * len(found), damaged


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_line_ends_change_nothing(judged: list[Verdict], eol: str) -> None:
    """Neither the document's nor the model's: the text shown has the document's."""
    for one in judged[::7]:
        place = with_line_ends(one.place, eol)
        for said in (one.said, one.said.replace("\n", eol)):
            early, whole = shown_of(place, said)
            assert (plain(early), plain(whole)) == tuple(map(plain, shown_of(one.place, one.said)))


def test_pieces_change_nothing(judged: list[Verdict]) -> None:
    """An answer that comes in one piece is shown as one that comes in many."""
    differing = []
    for one in judged:
        early, whole = shown_of(one.place, one.said)
        if early != whole:
            differing.append((one.place.kind, one.place.language, one.said, early, whole))
    assert len(differing) <= 0.01 * len(judged), differing


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
