"""An argument added to two calls of a function: which other calls get it."""

from __future__ import annotations

import pytest

from tests.fakes.edited import offered

ADDED = {
    "a keyword, whatever the other arguments are": (
        "read(aa)\nx = read(bb, 2)\ny = f(read(cc), read(dd, mode=3))\n",
        ("read(aa)", "read(aa, sure=True)"),
        ("read(bb, 2)", "read(bb, 2, sure=True)"),
        "read(aa, sure=True)\nx = read(bb, 2, sure=True)\ny = f(read(cc, sure=True), read(dd, mode=3, sure=True))\n",
    ),
    "a value, where there are as many arguments": (
        "read(aa)\nx = read(f(b))\ny = read(cc)\nread(dd, 1)\n",
        ("read(aa)", "read(aa, path)"),
        ("read(f(b))", "read(f(b), path)"),
        "read(aa, path)\nx = read(f(b), path)\ny = read(cc, path)\nread(dd, 1)\n",
    ),
}


@pytest.mark.parametrize("case", ADDED.values(), ids=ADDED)
def test_an_argument_that_was_added_twice_is_added_to_other_calls(
    case: tuple[str, tuple[str, str], tuple[str, str], str],
) -> None:
    """A call that has it is left alone."""
    text, first, second, result = case
    once = text.replace(*first)
    assert offered(text, once, once.replace(*second)) == result


QUIET = (
    "write(cc)\nwrite(dd)\n",  # another function
    "def read(one): ...\n",  # its definition
    "read(\n    cc)\n",  # it goes on in the next line
    "read(cc, sure=False)\n",  # it has the argument
    '"read(cc)"  # read(dd)\n',  # no code
    "read()\n",  # it has no arguments at all
)


@pytest.mark.parametrize("rest", QUIET)
def test_what_is_no_such_call_is_left_alone(rest: str) -> None:
    """Silence is better there."""
    text = f"read(aa)\nx = read(bb, 2)\n{rest}"
    once = text.replace("read(aa)", "read(aa, sure=True)")
    twice = once.replace("read(bb, 2)", "read(bb, 2, sure=True)")
    assert offered(text, once, twice) == twice
