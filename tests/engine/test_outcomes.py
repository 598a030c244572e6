"""Every ghost text is counted once, with one outcome, whichever editor showed it."""

from __future__ import annotations

import itertools

import pytest
from attrs import evolve

from fim_language_server.core.edit import Edit
from fim_language_server.core.values import Source, Suggestion
from fim_language_server.engine.outcomes import REMEMBERED, OutcomeCounts, OutcomeLog
from tests.fakes.requests import URI, request_at

IDS = itertools.count()


def suggestion(drawn: str, text: str) -> Suggestion:
    return Suggestion(f"s{next(IDS)}", text, request_at(drawn), Source.PROVIDER)


def type_keys(log: OutcomeLog, keys: str, text: str, *, asks: bool) -> None:
    """Type after `x = `; an editor that asks is shown the rest of the text after each key."""
    for end in range(1, len(keys) + 1):
        log.observe(Edit([request_at(f"x = {keys[:end]}|")]))
        if asks and text.startswith(keys[:end]) and text != keys[:end]:
            log.shown(suggestion(f"x = {keys[:end]}|", text[end:]))


@pytest.mark.parametrize("asks", [True, False], ids=["asks at each key", "asks once"])
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("foo", OutcomeCounts(1, typed_through=1)),
        ("fog", OutcomeCounts(1, dismissed=1)),
        ("fo", OutcomeCounts(1)),
    ],
)
def test_editors_that_ask_at_each_key_and_those_that_do_not_count_alike(
    asks: bool, keys: str, expected: OutcomeCounts
) -> None:
    log = OutcomeLog()
    log.shown(suggestion("x = |", "foo"))
    type_keys(log, keys, "foo", asks=asks)
    assert log.statistics() == expected


@pytest.mark.parametrize("told", [True, False], ids=["runs the command", "does not"])
def test_an_acceptance_counts_once_whether_the_editor_tells_it_or_not(told: bool) -> None:
    log = OutcomeLog()
    shown = suggestion("x = |", "foo(a)")
    log.shown(shown)
    log.observe(Edit([request_at("x = foo(a)|")]))
    if told:
        log.accepted(shown.id)
    assert log.statistics() == OutcomeCounts(1, accepted=1)


def test_what_the_editor_tells_corrects_what_was_inferred() -> None:
    """An editor that indents the accepted text anew makes it look like another."""
    log = OutcomeLog()
    shown = suggestion("x = |", "foo(\n    a)")
    log.shown(shown)
    log.observe(Edit([request_at("x = foo(\n\ta)|")]))
    assert log.statistics() == OutcomeCounts(1, dismissed=1)
    log.accepted(shown.id)
    assert log.statistics() == OutcomeCounts(1, accepted=1)


def test_a_part_accepted_stays_one_when_the_rest_is_shown_and_not_wanted() -> None:
    log = OutcomeLog()
    log.shown(suggestion("x = |", "foo(a)"))
    log.observe(Edit([request_at("x = foo|")]))
    log.shown(suggestion("x = foo|", "(a)"))
    log.observe(Edit([request_at("x = foo.|")]))
    assert log.statistics() == OutcomeCounts(1, partly_accepted=1)


def test_another_text_in_its_place_ends_an_offer() -> None:
    log = OutcomeLog()
    log.shown(suggestion("x = |", "foo"))
    log.shown(suggestion("x = |", "bar"))
    assert log.statistics() == OutcomeCounts(2, dismissed=1)
    log.forget(URI)
    assert log.statistics() == OutcomeCounts(2, dismissed=2)


def test_of_several_texts_to_choose_from_one_is_enough() -> None:
    """Taking the second one is no failure of the first."""
    log = OutcomeLog()
    log.shown(*(suggestion("x = |", text) for text in ("foo(a)", "bar(a)", "baz(a)")))
    log.observe(Edit([request_at("x = b|")]))
    assert log.statistics() == OutcomeCounts(1)
    assert log.failures(URI) == 0
    log.observe(Edit([request_at("x = bar(a)|")]))
    assert log.statistics() == OutcomeCounts(1, accepted=1)


def test_documents_are_judged_apart() -> None:
    log = OutcomeLog()
    other = suggestion("x = |", "foo")
    other = evolve(other, request=request_at("x = |", uri="file:///project/b.py"))
    log.shown(suggestion("x = |", "foo"))
    log.shown(other)
    log.observe(Edit([request_at("x = g|")]))
    assert log.statistics() == OutcomeCounts(2, dismissed=1)
    assert log.is_watching("file:///project/b.py")
    assert not log.is_watching(URI)


def test_ids_are_forgotten_in_the_end() -> None:
    """An editor may tell late, but not for ever: memory is bounded."""
    log = OutcomeLog()
    first = suggestion("x = |", "foo")
    log.shown(first)
    for _ in range(REMEMBERED):
        log.shown(suggestion("x = |", "foo"))
    log.accepted(first.id)
    assert log.statistics() == OutcomeCounts(1)
