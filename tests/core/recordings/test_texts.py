"""Documents followed from edit to edit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.recordings.text_records import KeptText, TextEdit
from fim_language_server.core.recordings.texts import FollowedText, LostTextError

TEXT = st.text(st.sampled_from("ab\r\n\u2028\x0c😀é"), max_size=20)


@given(
    text=TEXT, new=TEXT, places=st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))
)
def test_an_edit_by_lines_is_the_edit_by_offsets(text: str, new: str, places: tuple[int, int, int, int]) -> None:
    """The returned offsets make the same text, and lines stay split at LF, CRLF and CR alone."""
    line, column, end_line, end_column = places
    if (end_line, end_column) < (line, column):
        return
    followed = FollowedText.of(text)
    try:
        (done,) = followed.apply([TextEdit(line, column, end_line, end_column, KeptText(len(new), new))])
    except LostTextError:
        assert followed.text == text
        return
    assert followed.text == text[: done.start] + done.text + text[done.end :]
    assert followed.lines == FollowedText.of(followed.text).lines


def test_a_place_outside_of_the_document_is_refused() -> None:
    """Behind a line's end, and below the last line."""
    followed = FollowedText.of("ab\ncd")
    assert followed.offset(1, 2) == 5
    for line, column in ((0, 3), (2, 0)):
        with pytest.raises(LostTextError):
            followed.offset(line, column)


def test_edits_without_texts_cannot_be_followed() -> None:
    """A recording that has only lengths."""
    with pytest.raises(LostTextError, match="no texts"):
        FollowedText.of("ab").apply([TextEdit(0, 0, 0, 0, KeptText(3))])
