"""What could stand at the cursor: continuations, cut where they meet the rest of the line."""

import pytest

from fim_language_server.embedded.candidates.gathering import LineCandidate, cut_at_tail, gather_candidates  # type: ignore[attr-defined]
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.text.lexer import split_tokens


def gather(text: str, *files: tuple[str, str], path: str = "open.py") -> dict[str, LineCandidate]:
    """Return the candidates by text, for a document with the cursor drawn as |, best first."""
    corpus = index_texts(files) if files else Corpus.empty()
    prefix, suffix = text.split("|")
    cursor = read_cursor(corpus.vocabulary, prefix, suffix)
    return {
        candidate.text: candidate for candidate in gather_candidates(corpus, cursor, path, KnownWords(corpus, cursor))
    }


@pytest.mark.parametrize(
    ("words", "tail", "expected"),
    [
        ("a, b)", "", "a, b)"),
        ("a, b)", ")", "a, b"),
        ("a, b):", "):", "a, b"),
        ("f(a), b)", ")", "f(a), b"),
        ("a, b)", "]", None),
        ("a, b", ")", None),
        ("value if x else y", " else y", "value if x"),
        ("value", " else y", None),
    ],
)
def test_a_continuation_ends_where_the_rest_of_the_line_begins(words: str, tail: str, expected: str | None) -> None:
    """At the first bracket it does not open itself, or where it says the tail."""
    cut = cut_at_tail(split_tokens(words), split_tokens(tail))
    assert (None if cut is None else "".join(cut[0])) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("logger.info(message)\nlogger.|", "info(message)"),
        ("logger.info(message)\nlogger.in|", "fo(message)"),
        ("logger.info(message)\nlogger.info(|)", "message"),
        ("a()\ntotal += 1\n\na()\n|", "total += 1"),
        ("a = compute(1)\nb = 2\na = com|", "pute(1)"),
        ("größe = höhe\ngröße =|", " höhe"),
        ("x = '😀'\nx = '|", "😀'"),
    ],
)
def test_the_document_itself_is_copied_from(text: str, expected: str) -> None:
    """After a word, within one, in brackets, at a fresh line; in any script."""
    assert expected in gather(text)


def test_the_workspace_is_copied_from() -> None:
    """What another file says after the same context."""
    assert "dumps(data)" in gather("text = json.|", ("other.py", "import json\ntext = json.dumps(data)\n"))


def test_the_open_documents_indexed_copy_is_not() -> None:
    """It holds what the user has just deleted."""
    file = ("pkg/open.py", "text = json.deleted()\n")
    assert gather("text = json.|", file, path="pkg/open.py") == {}
    assert "deleted()" in gather("text = json.|", file, path="pkg/other.py")


def test_a_line_is_carried_over_to_other_names() -> None:
    """The symmetrical line: what is done for width is done for height."""
    found = gather("def width(self):\n    return self._width\ndef height(self):\n    return|")
    assert " self._height" in found
    assert found[" self._height"].renamed == 1


def test_that_the_line_is_complete_is_a_candidate() -> None:
    """Otherwise the model would babble after finished statements."""
    assert "" in gather("x = 1\nf()\nx = 1|\nf()")


def test_the_cursors_own_unfinished_line_is_not_copied() -> None:
    """A match that runs into the cursor says nothing about what follows there."""
    assert gather("a, a, |") == {}


def test_agreement_with_the_following_lines_is_weighed() -> None:
    """Of two continuations the one that goes on as the document does is the better."""
    text = "begin()\none()\nend()\nbegin()\ntwo()\nstop()\nbegin()\n|\nstop()"
    first = next(iter(gather(text).values()))
    assert first.text == "two()"
    assert first.agreement > 0
