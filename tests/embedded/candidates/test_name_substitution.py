"""Names that are known here, in lines from elsewhere."""

import pytest

from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.text.names import is_name


def filled(text: str) -> set[str]:
    """Return the candidates with a name put in; the cursor is drawn as |."""
    corpus = Corpus.empty()
    prefix, suffix = text.split("|")
    cursor = read_cursor(corpus.vocabulary, prefix, suffix)
    candidates = gather_candidates(corpus, cursor, "x.py", KnownWords(corpus, cursor))
    return {candidate.text for candidate in candidates if candidate.filled}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("counter = 1\nif a:\n    send(total)\nif b:\n    send(co|", "unter)"),
        ("f(x)\nself.height = 1\nx = self.width\ny = self.he|", "ight"),
        ("def f(one):\n    return one\ndef g(first, second):\n    return |", "second"),
        ("def f(one):\n    x\n    return one\ndef g(|):\n    other()", "other"),
        ("p.alpha()\nq.run(p)\np.beta\nq.stop(q)\np.|", "beta(p)"),
    ],
)
def test_a_name_that_is_known_is_put_in(text: str, expected: str) -> None:
    """One that begins as the word at the cursor, one of the receiver's, one near, or one that is used below only."""
    assert expected in filled(text)


def test_keywords_are_not_replaced() -> None:
    """They are the shape of the line."""
    assert not any(text.startswith("value") for text in filled("value = 1\nif a:\n    return None\nif b:\n    |"))


@pytest.mark.parametrize(
    ("word", "expected"), [("a", True), ("_a", True), ("$a", True), ("1", False), ("(", False), ("", False)]
)
def test_names_begin_as_names_do(word: str, expected: bool) -> None:
    """Keywords are names here."""
    assert is_name(word) is expected
