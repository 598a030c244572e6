"""What of an answer is still to come after some typing."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.typing_through import ANCHOR, MAX_TYPED, Relation, relate, with_selection
from fim_language_server.core.values import CompletionRequest, SelectedText
from tests.fakes.requests import request_at


@pytest.mark.parametrize(
    ("asked", "now", "text", "rest"),
    [
        pytest.param("a = |", "a = |", "foo()", "foo()", id="the same place"),
        pytest.param("a = |", "a = fo|", "foo()", "o()", id="two characters typed"),
        pytest.param("a = |", "a = foo()|", "foo()", "", id="all of it typed"),
        pytest.param("a = |", "a = g|", "foo()", None, id="typed something else"),
        pytest.param("a = |", "a = foo()x|", "foo()", None, id="typed past its end"),
        pytest.param("a = fo|", "a = |", "o()", "foo()", id="went back before the question"),
        pytest.param("a = |", "b = |", "foo()", None, id="the text before changed"),
        pytest.param("a = |\nx", "a = f|\ny", "foo()", None, id="the text after changed"),
        pytest.param("f|\n", "f(|)\n", "(a, b)", "a, b)", id="the editor closed a bracket"),
        pytest.param("f|\n", 'f("|")\n', '("a")', 'a")', id="the editor closed bracket and quote"),
        pytest.param("f|\n", "f|)\n", "(a)", None, id="a closer nobody opened is a change"),
        pytest.param("if (|)\nb", "if (a)|\nb", "a) {", " {", id="a closer typed over"),
        pytest.param("if (|)\nb", "if (a) {|\nb", "a) {", "", id="a text put over a closer"),
        pytest.param("f([|])\n", "f([1])|\n", "1]);", ";", id="two closers typed over"),
        pytest.param("f(|)\n", "f(a|\n", "a);", None, id="a closer deleted"),
        pytest.param("f(|x)\n", "f(a)|\n", "a);", None, id="more than closers gone"),
        pytest.param("if x:|", "if x:\r\n    |", "\n    y", "y", id="the document's line ends are its own affair"),
    ],
)
def test_what_is_still_to_come(asked: str, now: str, text: str, rest: str | None) -> None:
    """An answer is followed as long as the text its model saw is unchanged but for what was typed."""
    relation = relate(request_at(asked), request_at(now))
    assert (relation.remainder(text) if relation else None) == rest


def test_an_edit_outside_of_the_window_changes_nothing() -> None:
    """A line added far above shifts every position and no window."""
    body = "".join(f"line {n}\n" for n in range(200))
    asked = request_at(body + "a = |", window=300)
    now = request_at("import os\n" + body + "a = f|", window=300)
    assert relate(asked, now) == Relation(typed="f")


def test_another_document_is_another_question() -> None:
    """The same text in another file may mean something else."""
    assert relate(request_at("a|"), request_at("a|", uri="file:///b.py")) is None


def test_repeated_lines_do_not_confuse_the_place() -> None:
    """Where the lines before the cursor repeat, the whole window decides."""
    lines = "x = 1\n" * 60
    asked = request_at("start\n" + lines + "|", window=380)
    now = request_at("start\n" + lines + "x = 1\n|", window=380)
    assert relate(asked, now) == Relation(typed="x = 1\n")


@given(
    before=st.text("ab \n(", max_size=400),
    after=st.text("ab \n)", max_size=50),
    answer=st.text("ab \n", min_size=1, max_size=60),
    window=st.sampled_from([None, 200, 300]),
    data=st.data(),
)
def test_typing_an_answer_leaves_its_rest(
    before: str, after: str, answer: str, window: int | None, data: st.DataObject
) -> None:
    """Whatever the windows: the rest, appended to what was typed, has the answer's effect on the document."""
    n = data.draw(st.integers(0, len(answer)))
    asked = request_at(f"{before}|{after}", window=window)
    now = request_at(f"{before}{answer[:n]}|{after}", window=window)
    relation = relate(asked, now)
    assert relation is not None
    rest = relation.remainder(answer)
    assert rest is not None
    if window is None:
        assert before + answer[:n] + rest == before + answer
    else:  # In periodic text an equal window is an equal question, however it came about.
        assert answer.endswith(rest) or relation.typed == ""


def test_selecting_in_the_popup_reads_as_if_accepted() -> None:
    """With an entry selected, the question is what follows that entry."""
    request = evolve(request_at("self.na|"), selected=SelectedText("name_of", "na"))
    assert with_selection(request).prefix == "self.name_of"
    odd = evolve(request, selected=SelectedText("other", "na"))
    assert with_selection(odd) == odd


@pytest.mark.parametrize("pair", ["{}", "()", "[]", "<div></div>", "do end"])
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["", "  ", "    ", "\t"])
def test_enter_between_an_opener_and_its_closer(pair: str, eol: str, indent: str) -> None:
    """The editor puts the closer on a line of its own; what was known of the body is used."""
    middle = pair.index("><") + 1 if "><" in pair else pair.find(" ") if " " in pair else 1
    opener, closer = f"{indent}f {pair[:middle]}", pair[middle:]
    asked = request_at(f"{opener}|{closer}{eol}")
    now = request_at(f"{opener}{eol}{indent}  |{eol}{indent}{closer.lstrip()}{eol}")
    relation = relate(asked, now)
    assert relation is not None
    assert relation.remainder(f"\n{indent}  return 1") == "return 1"


def test_enter_between_brackets_that_were_typed_since() -> None:
    relation = relate(request_at("f |\n"), request_at("f {\n  |\n}\n"))
    assert relation is not None
    assert relation.remainder("{\n  return 1\n}") == "return 1\n}"


def test_another_line_below_is_another_place() -> None:
    assert relate(request_at("f {|}\n"), request_at("f {\n  |\n  g()\n}\n")) is None


def windows_of(text: str, shift: str, window: int) -> tuple[CompletionRequest, CompletionRequest]:
    """Return the requests before and after `shift` was typed at the end of the text, through windows of one size."""
    return request_at(f"{text}|", window=window), request_at(f"{text}{shift}|", window=window)


def test_of_several_places_that_look_alike_the_whole_window_picks_one() -> None:
    """The last characters stand twice in the later window; only one place has the earlier window's text before it."""
    same = "y" * ANCHOR
    asked, now = windows_of(f"{'a' * 50}{same}", f"{'b' * 50}{same}", 400)
    assert relate(asked, now) == Relation(typed="b" * 50 + same)


def test_text_that_only_ends_alike_is_another_place() -> None:
    """The last characters are found, and what stands before them differs within both windows."""
    same = "y" * ANCHOR
    asked = request_at("p" * 500 + "first" + same + "|", window=300)
    now = request_at("p" * 500 + "other" + same + "x|", window=300)
    assert relate(asked, now) is None


def test_a_whole_document_is_not_the_end_of_a_longer_one() -> None:
    """A text whose window begins with the document fits no place that has more text before it, and the reverse."""
    short, long = "z" * 200, "q" * 300 + "z" * 200
    whole, cut = request_at(f"{short}|"), request_at(f"{long}x|", window=400)
    assert relate(whole, cut) is None
    assert relate(request_at(f"{long}|", window=400), request_at(f"{short}x|")) is None


@pytest.mark.parametrize(("length", "follows"), [(MAX_TYPED, True), (MAX_TYPED + 1, False)])
@pytest.mark.parametrize("window", [None, 6_000])
def test_an_answer_is_followed_so_far(length: int, follows: bool, window: int | None) -> None:
    """MAX_TYPED code points, whether or not the windows hold the whole document."""
    before = "".join(f"line {number}\n" for number in range(2_000))
    asked = request_at(f"{before}|", window=window)
    now = request_at(f"{before}{'t' * length}|", window=window)
    assert (relate(asked, now) is not None) is follows
