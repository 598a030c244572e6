"""Changed files over an index."""

from __future__ import annotations

from array import array

import numpy as np

from fim_language_server.embedded.candidates import gather_candidates
from fim_language_server.embedded.cursor import read_cursor
from fim_language_server.embedded.indexing import index_texts
from fim_language_server.embedded.overlay import Overlay


def over(*files: tuple[str, str]) -> Overlay:
    return Overlay.over(index_texts(files))


def tokens(overlay: Overlay, *texts: str) -> list[array[int]]:
    return [array("i", overlay.base.vocabulary.document(text)[0]) for text in texts]


def known(overlay: Overlay) -> set[str]:
    """Return what can follow `x = `."""
    cursor = read_cursor(overlay.base.vocabulary, "x = ", "")
    return {one.text.strip() for one in gather_candidates(overlay.corpus, cursor, "open.py") if not one.filled}


def test_a_changed_file_says_what_it_says_now() -> None:
    """Its old text is hidden; that of others is not."""
    overlay = over(("a.py", "x = old\n"), ("b.py", "x = other\n"))
    assert known(overlay) == {"old", "other"}
    overlay = overlay.with_changes({"a.py": tokens(overlay, "x = new\n")})
    assert known(overlay) == {"new", "other"}
    overlay = overlay.with_changes({"a.py": tokens(overlay, "x = newer\n")})
    assert known(overlay) == {"newer", "other"}
    overlay = overlay.with_changes({"a.py": []})
    assert known(overlay) == {"other"}


def test_files_change_one_after_the_other() -> None:
    """And back again; what changed earlier stays known."""
    overlay = over(("a.py", "x = a\n"), ("b.py", "x = b\n"))
    for name, value in (("a.py", "a2"), ("b.py", "b2"), ("b.py", "b3"), ("c.py", "c2"), ("a.py", "a3")):
        overlay = overlay.with_changes({name: tokens(overlay, f"x = {value}\n")})
    assert known(overlay) == {"a3", "b3", "c2"}
    assert overlay.tokens == 9 + 3  # three lines of a mark, "x", " =" and a name
    assert len(overlay.corpus.segments) == 3


def test_saving_one_file_again_sorts_that_file_only() -> None:
    """The segment of those that changed before it is the same one."""
    overlay = over(("a.py", "x = a\n"))
    overlay = overlay.with_changes({"b.py": tokens(overlay, "x = b\n")})
    overlay = overlay.with_changes({"c.py": tokens(overlay, "x = c\n")})
    again = overlay.with_changes({"c.py": tokens(overlay, "x = c2\n")})
    assert again.corpus.segments[:2] == overlay.corpus.segments[:2]
    assert known(again) == {"a", "b", "c2"}


def test_files_of_two_folders_may_share_a_name() -> None:
    """One text for each; both are known, and both are hidden when they change."""
    overlay = over(("a.py", "x = one\n"), ("a.py", "x = two\n"))
    assert known(overlay) == {"one", "two"}
    overlay = overlay.with_changes({"a.py": tokens(overlay, "x = one\n", "x = three\n")})
    assert known(overlay) == {"one", "three"}


def test_the_index_itself_is_never_changed() -> None:
    """A request under way may still be reading it."""
    overlay = over(("a.py", "x = old\n"))
    before = overlay.base.segments[0]
    copy = np.array(before.tokens)
    overlay.with_changes({"a.py": []})
    assert before.hidden is None
    assert np.array_equal(before.tokens, copy)
    assert known(overlay) == {"old"}
