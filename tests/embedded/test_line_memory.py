"""A line on which a text was typed past asks for a likelier one."""

import pytest

from fim_language_server.embedded.line_memory import LineMemory


def typed(*lines: str, shown: str, path: str = "a.py") -> float:
    """Return what a text needs after a text was shown at the end of the first line and the others were typed."""
    memory = LineMemory()
    memory.least_probability("a.py", lines[0], 0.5)
    memory.show("a.py", lines[0], shown)
    for line in lines[1:-1]:
        memory.least_probability("a.py", line, 0.5)
    return memory.least_probability(path, lines[-1], 0.5)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("x\nre", "x\nret"), 0.5),  # typed along
        (("x\nre", "x\nrea"), 0.6),  # typed past
        (("x\nre", "x\nrea", "x\nread"), 0.6),  # once is once
        (("x\nre", "x\nreturn"), 0.5),
        (("x\nre", "x\nreturn x"), 0.6),  # it was to be all
        (("x\nre", "x\nr"), 0.5),  # gone back
        (("x\nre", "x\nrea\n"), 0.5),  # another line
        (("x\r\nre", "x\r\nrea"), 0.6),
    ],
)
def test_a_text_typed_past_raises_the_bar_for_its_line(lines: tuple[str, ...], expected: float) -> None:
    """Typing along with a text, and other lines, do not."""
    assert typed(*lines, shown="turn") == pytest.approx(expected)


def test_another_document_is_another_line() -> None:
    """Even where it says the same."""
    assert typed("re", "rea", shown="turn", path="b.py") == 0.5


def test_the_bar_stays_within_reach() -> None:
    """However often a line goes its own way, a sure text is shown; and a bar that is higher already stays."""
    memory = LineMemory()
    for place in range(20):
        memory.least_probability("a", "x" * place, 0.5)
        memory.show("a", "x" * place, "y")
    assert memory.least_probability("a", "x" * 20, 0.5) == 0.95
    assert memory.least_probability("a", "x" * 20, 0.99) == 0.99
