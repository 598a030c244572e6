"""Which candidates are judged where more are found."""

from fim_language_server.embedded.candidates.line_candidate import LineCandidate
from fim_language_server.embedded.candidates.preselection import most_promising
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords

CORPUS = Corpus.empty()
WORDS = KnownWords(CORPUS, read_cursor(CORPUS.vocabulary, "width = 1\n", ""))


def candidate(text: str, weight: float) -> LineCandidate:
    return LineCandidate(text, (text,), weight)


def chosen(*candidates: LineCandidate) -> list[str]:
    """Return the texts that stay among forty others of weight 10."""
    others = [candidate(f"other{number}", 10) for number in range(40)]
    return [one.text for one in most_promising([*others, *candidates], WORDS)]


def test_few_candidates_all_stay_the_heaviest_first() -> None:
    """Whatever speaks against them."""
    some = [candidate("a", 1), candidate("b", 3), candidate("c", 2)]
    assert [one.text for one in most_promising(some, WORDS)] == ["b", "c", "a"]


def test_known_names_make_up_for_weight() -> None:
    """A name that stands near needs less weight than one that stands nowhere."""
    texts = chosen(candidate("width", 4), candidate("strange", 4))
    assert "width" in texts
    assert "strange" not in texts
    assert len(texts) == 24


def test_that_nothing_is_missing_is_always_possible() -> None:
    """Or the model babbles after finished statements."""
    assert "" in chosen(candidate("", 0.01))
