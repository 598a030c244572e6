"""Changed files over an index."""

from __future__ import annotations

from array import array

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.index.overlay import Overlay
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords


def over(*files: tuple[str, str]) -> Overlay:
    return Overlay.over(index_texts(files))


def tokens(overlay: Overlay, *texts: str) -> list[array[int]]:
    return [array("i", overlay.base.vocabulary.document(text)[0]) for text in texts]


def known(overlay: Overlay) -> set[str]:
    """Return what can follow `x = `."""
    cursor = read_cursor(overlay.base.vocabulary, "x = ", "")
    words = KnownWords(overlay.corpus, cursor)
    return {one.text.strip() for one in gather_candidates(overlay.corpus, cursor, "open.py", words) if not one.filled}


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
    assert known(overlay) == known(overlay.compacted()) == {"a3", "b3", "c2"}
    assert overlay.tokens == overlay.compacted().tokens == 9 + 3  # three lines of a mark, "x", " =" and a name


def test_a_change_takes_in_what_has_changed_only() -> None:
    """Whatever changed before: its segments are the same ones."""
    overlay = over(("a.py", "x = a\n"))
    for name in "bcd":
        overlay = overlay.with_changes({f"{name}.py": tokens(overlay, f"x = {name}\n")})
    again = overlay.with_changes({"d.py": tokens(overlay, "x = d2\n")})
    assert again.corpus.segments[:-1] == overlay.corpus.segments[:-1]
    assert known(again) == {"a", "b", "c", "d2"}


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4), st.booleans()), max_size=30))
def test_layers_stay_few_and_say_what_was_said_last(changes: list[tuple[int, int, bool]]) -> None:
    """However long the files are, whether they are deleted, and whenever the layers are compacted."""
    overlay = over(("0.py", "x = v0\n"), ("1.py", "x = v1\n"))
    expected = {"0.py": {"v0"}, "1.py": {"v1"}}
    for number, (file, lines, compact) in enumerate(changes):
        text = "".join(f"x = v{number}_{line}\n" for line in range(lines))
        overlay = overlay.with_changes({f"{file}.py": tokens(overlay, text) if text else []})
        expected[f"{file}.py"] = {f"v{number}_{line}" for line in range(lines)}
        if compact:
            overlay = overlay.compacted()
            assert len(overlay.layers) <= 2
    assert said(overlay) == sorted(value for values in expected.values() for value in values)


def said(overlay: Overlay) -> list[str]:
    """Return each place's value that is not hidden."""
    vocabulary = overlay.base.vocabulary
    values = [
        vocabulary.text(number)
        for segment in overlay.corpus.segments
        for number in segment.tokens[segment.shown(np.arange(len(segment.tokens), dtype=np.int32))].tolist()
    ]
    return sorted(value.strip() for value in values if value.startswith(" v"))


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
    copy, places = np.array(before.tokens), np.arange(len(before.tokens), dtype=np.int32)
    overlay.with_changes({"a.py": []})
    assert np.array_equal(before.shown(places), places)
    assert np.array_equal(before.tokens, copy)
    assert known(overlay) == {"old"}
