"""The model that knows what comes."""

from __future__ import annotations

from benchmarks.oracle import WRONG, Oracle, Place

ABOVE = "".join(f"line_{n} = {n}\n" for n in range(40))


def oracle_at(*places: Place, miss: float = 0.0) -> Oracle:
    oracle = Oracle(miss, seed=1)
    for place in places:
        oracle.stand(place)
    return oracle


def test_it_knows_the_place_by_the_text_around_it() -> None:
    """Whatever stands above, and however much of it is sent."""
    oracle = oracle_at(Place(ABOVE + "x = ", "\nend\n", "one()"), Place(ABOVE + "x = o", "\nend\n", "ne()"))
    assert oracle({"prompt": ABOVE[-300:] + "x = o", "suffix": "\nend"}) == "ne()"
    assert oracle({"prompt": "+++++ b.py\nb\n+++++ a.py\n" + ABOVE + "x = ", "suffix": "\nend\n"}) == "one()"


def test_it_knows_a_place_that_is_yet_to_come() -> None:
    """A prompt that goes on as the user will is answered with what follows."""
    oracle = oracle_at(Place(ABOVE + "x = ", "\nend\n", "one()\ny = 2"))
    assert oracle({"prompt": ABOVE + "x = one()\n", "suffix": "\nend\n"}) == "y = 2"
    assert oracle({"prompt": ABOVE + "x = two", "suffix": "\nend\n"}) == ""


def test_it_says_nothing_where_the_text_behind_is_another() -> None:
    """Half a place is no place."""
    assert oracle_at(Place(ABOVE + "x = ", "\nend\n", "one()"))({"prompt": ABOVE + "x = ", "suffix": "\nother"}) == ""


def test_it_goes_wrong_at_the_same_place_wherever_it_is_asked() -> None:
    """So that asking once more is no second chance; and what is right before it stays right."""
    oracle = Oracle(0.3, seed=3)
    text = "value = compute(first, second)"
    answers = [oracle.go_wrong(ABOVE + text[:n], text[n:]) for n in range(len(text))]
    turns = {n + len(answer) - len(WRONG) for n, answer in enumerate(answers) if answer.endswith(WRONG)}
    first = min(turns)
    assert all(n + len(answers[n]) - len(WRONG) == first for n in range(first + 1))
    assert all(text[n:].startswith(answer.removesuffix(WRONG)) for n, answer in enumerate(answers))


def test_its_misses_are_as_frequent_as_told() -> None:
    """Never, always, and a chance in between."""
    assert Oracle(0.0, 1).go_wrong("", "a b c") == "a b c"
    assert Oracle(1.0, 1).go_wrong("", "a b c") == WRONG
    tokens = [Oracle(0.08, 1).go_wrong(f"{n}\n", "word") for n in range(2_000)]
    assert 0.05 < tokens.count(WRONG) / len(tokens) < 0.11
