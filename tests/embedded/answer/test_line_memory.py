"""What typing says about the texts that were shown on a line."""

import pytest

from fim_language_server.core.typing_through import DOUBTED_AFTER
from fim_language_server.embedded.answer.line_memory import KeptLine, LineMemory


def shown(text: str, *, prefix: str) -> LineMemory:
    """Return the memory of who was shown a text at the end of a prefix."""
    memory = LineMemory()
    memory.follow("a.py", prefix, "\n")
    memory.show(text, "\n", 0.7)
    return memory


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        (("x\nret",), 0),  # typed along
        (("x\nrea",), 1),  # typed past
        (("x\nrea", "x\nread"), 1),  # once is once
        (("x\nreturn",), 0),
        (("x\nreturn x",), 1),  # it was to be all
        (("x\nr",), 0),  # gone back
        (("x\nrea\n",), 0),  # another line
    ],
)
def test_a_text_is_typed_past_where_the_line_goes_another_way(prefixes: tuple[str, ...], expected: int) -> None:
    """Typing along with a text, and other lines, do not count."""
    memory = shown("turn", prefix="x\nre")
    for prefix in prefixes:
        memory.follow("a.py", prefix, "\n")
    assert memory.typed_past == expected


def test_another_document_is_another_line() -> None:
    """Even where it says the same."""
    memory = shown("turn", prefix="re")
    memory.follow("b.py", "rea", "\n")
    assert memory.typed_past == 0


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_text_that_is_typed_into_stays(line_end: str) -> None:
    """What is left of it, as sure as it was."""
    memory = shown("turn", prefix=f"x{line_end}re")
    assert memory.follow("a.py", f"x{line_end}ret", "\n") == KeptLine("urn", 0.7, is_doubted=False)


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("re", "\n"), ("return", "\n"), ("r", "\n"), ("rea", "\n"), ("ret", ")\n")],
    ids=["the same place", "all typed", "gone back", "typed past", "other text behind"],
)
def test_nothing_stays_where_nothing_is_typed_into(prefix: str, suffix: str) -> None:
    """The model may know better by now, or the text is not shown any more."""
    assert shown("turn", prefix="re").follow("a.py", prefix, suffix) is None


def test_a_text_typed_into_for_long_is_doubted_until_it_is_shown_again() -> None:
    """From then on it is as long again before the next doubt."""
    text = "abcdefghijklmnop"
    memory, doubts = shown(text, prefix=""), []
    for typed in range(1, 12):
        kept = memory.follow("a.py", text[:typed], "\n")
        assert kept is not None
        if kept.is_doubted:
            doubts.append(typed)
            memory.show(kept.text, "\n", kept.confidence)
    assert doubts == [DOUBTED_AFTER, 2 * DOUBTED_AFTER]


def test_what_is_doubted_gives_way() -> None:
    """To what else begins like the line; the longer it was typed into in vain, the more."""
    memory, weighed = shown("foo(alpha)", prefix=""), []
    for typed in (4, 8):
        kept = memory.follow("a.py", "foo(alpha)"[:typed], "\n")
        assert kept is not None
        weighed.append(memory.reweight([kept.text, "other"], [0.6, 0.3]))
        memory.show(kept.text, "\n", kept.confidence)
    assert weighed[:2] == [pytest.approx([0.15 / 0.55, 0.3 / 0.55]), pytest.approx([0.6 / 16 / 0.4375, 0.3 / 0.4375])]
    assert all(sum(probabilities) < 1 for probabilities in weighed)


def test_of_a_text_with_a_block_the_line_is_doubted() -> None:
    """Further candidates are lines."""
    memory = shown("if foo:\n    bar()", prefix="")
    kept = memory.follow("a.py", "if f", "\n")
    assert kept == KeptLine("oo:\n    bar()", 0.7, is_doubted=True)
    assert memory.reweight(["oo:"], [0.8])[0] < 0.8
