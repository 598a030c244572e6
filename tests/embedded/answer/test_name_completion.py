"""The rest of the one name that can be meant."""

import pytest

from fim_language_server.embedded.answer.name_completion import finish_name
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.search.cursor import read_cursor


def finished(text: str, source: str | None = None) -> str:
    corpus = Corpus.empty() if source is None else index_texts([("a.py", source)])
    return finish_name(corpus, read_cursor(corpus.vocabulary, *text.split("|")))


@pytest.mark.parametrize("access", [".", "?.", "->", "::"])
def test_a_name_used_twice_behind_a_receiver_is_finished(access: str) -> None:
    """Above or below the cursor, with and without a space before the receiver, in any language."""
    assert finished(f"me{access}width = 1\nif me{access}wi|\nx = me{access}width\n") == "dth"


@pytest.mark.parametrize(
    "text",
    [
        "me.width = 1\nme.wi|",  # once
        "me.width = me.width\nme.w|",  # too little typed
        "me.width = me.width\nme.widt|",  # too little left
        "me.width = me.width\nme.winter = 2\nme.wi|",  # another name, if only once
        "me.wi = me.width\nme.width = 1\nme.wi|",  # what is typed is a name, too
        "me.width = me.width\nyou.wi|",  # another receiver
        "width = width\nwi|",  # none
        "me.width = me.width\nme.wi|th",  # inside a name
        "me.width = me.width\nme.wi|2",
        "me.1234 = me.1234\nme.12|",  # a number
        "|",
        "me.|",
        ".wi|",
    ],
)
def test_where_the_name_is_not_certain_nothing_is_said(text: str) -> None:
    """A wrong name is worse than none."""
    assert finished(text) == ""


def test_in_a_large_workspace_lines_come_again_and_names_are_left_to_them() -> None:
    """A name alone is one more text to look past."""
    assert finished("me.width = me.width\nme.wi|", "x = 1\n" * 100) == "dth"
    assert finished("me.width = me.width\nme.wi|", "x = 1\n" * 6_000) == ""


def test_what_stands_behind_the_name_is_left_alone() -> None:
    """A bracket behind the cursor is no part of the name."""
    assert finished("me.width = me.width\nf(me.wi|)") == "dth"
