"""The buffer of an answer: the same text whatever its pieces, plain line ends, and no more than its limit."""

import itertools

import pytest

from fim_language_server.engine.answer_buffer import AnswerBuffer

TEXT = "a\r\nb\rc\n\r\nd"


@pytest.mark.parametrize("cuts", list(itertools.combinations(range(1, len(TEXT)), 2)))
def test_text_does_not_depend_on_where_the_answer_is_cut_into_pieces(cuts: tuple[int, int]) -> None:
    """A CR LF between two pieces is one line end."""
    buffer = AnswerBuffer()
    for begin, end in itertools.pairwise((0, *cuts, len(TEXT))):
        buffer.add(TEXT[begin:end])
    assert buffer.text == "a\nb\nc\n\nd"
    assert buffer.length == len(buffer.text)


def test_a_full_buffer_takes_no_more_and_is_cut_to_whole_lines() -> None:
    """The last line of a full buffer may be a part of one."""
    buffer = AnswerBuffer(max_chars=8)
    buffer.add("foo\n")
    assert not buffer.is_full
    buffer.add("bar baz")
    assert (buffer.text, buffer.is_full) == ("foo\nbar ", True)
    assert buffer.cut_to_whole_lines()
    assert buffer.text == "foo\n"


def test_a_buffer_without_a_whole_line_is_not_cut() -> None:
    """A first line of blanks is no line to keep."""
    buffer = AnswerBuffer(max_chars=5)
    buffer.add(" \nfoo bar")
    assert not buffer.cut_to_whole_lines()
    assert buffer.text == " \nfoo"
