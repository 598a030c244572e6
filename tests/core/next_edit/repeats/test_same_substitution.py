"""A change that was made twice: the places where it is offered again, and those where it is not."""

from __future__ import annotations

import pytest

from tests.fakes.edited import first_line, offered

REPEATED = {
    "a call": (
        "foo.bar(1, a)\nfoo.bar(2, b)\nfoo.bar(3, c)\nbaz.bar(4)\n",
        ("bar(1", "baz(1"),
        ("bar(2", "baz(2"),
        "foo.baz(1, a)\nfoo.baz(2, b)\nfoo.baz(3, c)\nbaz.bar(4)\n",
    ),
    "a literal": (
        'open(a, mode="old")\nopen(b, mode="old")\nopen(c, mode="old")\n',
        ('a, mode="old"', 'a, mode="new"'),
        ('b, mode="old"', 'b, mode="new"'),
        'open(a, mode="new")\nopen(b, mode="new")\nopen(c, mode="new")\n',
    ),
    "a word put in": (
        "x = load(of, a)\ny = load(of, b)\n\nz  =  load(of, c)\n",
        ("= load(of, a", "= await load(of, a"),
        ("= load(of, b", "= await load(of, b"),
        "x = await load(of, a)\ny = await load(of, b)\n\nz  =  await load(of, c)\n",
    ),
    "a word taken out": (
        "x = self.load(a)\ny = self.load(b)\n    z = self.load(c)\n",
        ("self.load(a", "load(a"),
        ("self.load(b", "load(b"),
        "x = load(a)\ny = load(b)\n    z = load(c)\n",
    ),
}


@pytest.mark.parametrize("case", REPEATED.values(), ids=REPEATED)
def test_a_change_made_twice_is_offered_where_the_tokens_around_are_the_same(
    case: tuple[str, tuple[str, str], tuple[str, str], str],
) -> None:
    """Blanks stay as they are spelled there."""
    text, first, second, result = case
    once = text.replace(*first)
    assert offered(text, once, once.replace(*second)) == result


def test_an_argument_is_changed_in_calls_of_the_same_function_only() -> None:
    """A keyword of that name means another thing in another call."""
    text = "read(aa, mode=1)\nread(bb, mode=2)\nread(cc, mode=3)\nopen(dd, mode=4)\n"
    once = text.replace("aa, mode", "aa, kind")
    twice = once.replace("bb, mode", "bb, kind")
    assert offered(text, once, twice) == twice.replace("cc, mode", "cc, kind")


def test_no_part_of_a_change_is_offered_that_leaves_a_bracket_open() -> None:
    """Both brackets come, or none."""
    text = "def f(aa: Name = None, bb: Name = None): ...\nname: Name = None\nkind: Name = None\nlast: Name = None\n"
    once = text.replace("name: Name", "name: Maybe[Name]")
    assert offered(text, once, once.replace("kind: Name", "kind: Maybe[Name]")).count("Maybe[Name]") >= 3
    result = offered(text, once, once.replace("kind: Name", "kind: Maybe[Name]"))
    assert result.count("[") == result.count("]")


def test_one_example_tells_nothing() -> None:
    """The user may mean that place only."""
    text = "foo.bar(1)\nfoo.bar(2)\n"
    once = text.replace("bar(1", "baz(1")
    assert offered(text, once) == once


def test_numbers_are_not_replaced_by_the_same_number() -> None:
    """`64` means another thing in each line."""
    text = "a_hits: Final = 64\nb_hits: Final = 64\nc_hits: Final = 64\n"
    once = text.replace("a_hits: Final = 64", "a_hits: Final = 48")
    twice = once.replace("b_hits: Final = 64", "b_hits: Final = 48")
    assert offered(text, once, twice) == twice


def test_a_change_that_was_taken_back_once_is_not_offered() -> None:
    """Changing two places and one of them back says that it is not wanted everywhere."""
    text = "foo.bar(1)\nfoo.bar(2)\nfoo.bar(3)\nfoo.bar(4)\n"
    steps = [text, text.replace("bar(1", "baz(1")]
    steps.append(steps[-1].replace("bar(2", "baz(2"))
    assert first_line(*steps) == 2
    steps.append(steps[-1].replace("baz(2", "bar(2"))
    assert first_line(*steps) is None
