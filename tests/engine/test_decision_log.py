"""Why a request was answered as it was: its way, its time, and nothing of its text."""

from __future__ import annotations

import json

from fim_language_server.core.values import (
    Chunk,
    Skip,
    Snippet,
    SnippetSource,
    Source,
    Started,
    Suggestion,
    Trigger,
)
from fim_language_server.engine.decision_log import MOST_WORDS, REMEMBERED, WITH_TEXT, DecisionLog
from tests.fakes.clock import FakeClock
from tests.fakes.engine_bench import bench
from tests.fakes.requests import URI, request_at


async def test_a_decision_tells_the_way_and_the_time_of_each_station() -> None:
    log, clock = DecisionLog(lambda: 1_700_000_000.25), FakeClock()
    request = request_at("secret = |")
    with log.follow(request, clock) as trace:
        trace.add_step("debounce")
        await clock.advance(0.05)
        trace.add_step("provider")
        await clock.advance(0.2)
        trace.end(Suggestion("1", "hidden", request, Source.PROVIDER, "codestral"))
    (decision,) = log.newest_first()
    told = decision.as_json()
    assert told["time"] == "2023-11-14T22:13:20.250+00:00"
    assert (told["uri"], told["line"], told["column"]) == (URI, 0, 9)
    assert (told["answer"], told["source"], told["model"]) == ("suggestion", "provider", "codestral")
    assert (told["characters"], told["ms"]) == (6, 250.0)
    assert told["way"] == [{"step": "debounce", "ms": 0.0}, {"step": "provider", "ms": 50.0}]
    assert not {"secret", "hidden"} & set(json.dumps(told).replace('"', " ").split())


def test_the_newest_comes_first_and_only_so_many_are_kept() -> None:
    log, clock = DecisionLog(), FakeClock()
    for line in range(REMEMBERED + 1):
        log.refused(request_at("\n" * line + "|"), Skip.EMPTY_DOCUMENT, clock)
    lines = [decision.line for decision in log.newest_first()]
    assert lines == list(range(REMEMBERED, 0, -1))


def test_a_request_that_was_cancelled_is_told_as_one() -> None:
    log = DecisionLog()
    try:
        with log.follow(request_at("|"), FakeClock()):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    (decision,) = log.newest_first()
    assert decision.as_json()["answer"] == "nothing"
    assert "cancelled" in decision.reason


async def test_the_models_own_reason_is_told() -> None:
    """Where it has one: the log, `fim.showWhy` and `complete` say why there is nothing."""
    async with bench() as it:
        asked = request_at("ab|", trigger=Trigger.INVOKED)
        answered = await it.ask_for(asked)
        await it.model.answers[0].send(Chunk(finish_reason="stop", silence="nothing resembles this place"))
        await it.model.answers[0].finish()
        assert await answered is Skip.NOTHING_NEW
        assert it.engine.decisions.reason(asked, Skip.NOTHING_NEW) == "nothing resembles this place"


def test_another_places_reason_is_not_this_ones() -> None:
    log, asked = DecisionLog(), request_at("ab|")
    log.refused(request_at("abc|"), Skip.MID_WORD, FakeClock())
    assert log.reason(asked, Skip.EMPTY_DOCUMENT) == Skip.EMPTY_DOCUMENT.value


PIECE = Snippet(
    "src/billing.py",
    "def pay():\n    key = KEY\n",
    source=SnippetSource.WORKSPACE,
    first_line=11,
    words=("pay", "sk_live_4f9a8b7c6d5e4f3a2b1c0d9e"),
)


async def test_the_pieces_that_were_sent_are_listed_without_their_text() -> None:
    """Path, lines, source, words and length; the text only where it is asked for, and no word that looks like a key."""
    async with bench() as it:
        answered = await it.ask_for(request_at("ab|", trigger=Trigger.INVOKED))
        await it.model.answers[0].send(Started(snippets=(PIECE,)))
        await it.model.answers[0].send(Chunk("c", "stop"))
        await it.model.answers[0].finish()
        await answered
        (decision,) = it.engine.decisions.newest_first()
    assert decision.as_json()["pieces"] == [
        {
            "path": "src/billing.py",
            "line": 11,
            "lines": 2,
            "characters": len(PIECE.text),
            "source": "a file of the workspace",
            "words": ["pay"],
        }
    ]
    listed = decision.as_json(with_text=True)["pieces"]
    assert isinstance(listed, list)
    assert [piece["text"] for piece in listed] == [PIECE.text]
    assert "KEY" not in f"{decision!r} {json.dumps(decision.as_json())}"
    assert "sk_live" not in f"{decision!r} {json.dumps(decision.as_json(with_text=True))}"


def test_a_piece_has_no_text_before_it_is_known_what_was_sent() -> None:
    """Secrets are replaced on the way to the provider: the piece that was to be sent may hold them."""
    log = DecisionLog()
    with log.follow(request_at("|"), FakeClock()) as trace:
        trace.note_snippets((PIECE,), None)
        trace.end(Skip.PROVIDER_FAILED)
    (decision,) = log.newest_first()
    assert [piece.path for piece in decision.pieces] == [PIECE.path]
    assert "KEY" not in json.dumps(decision.as_json(with_text=True))


def test_texts_are_kept_of_the_newest_decisions_only() -> None:
    """And of a piece that was chosen for many words only the first are named."""
    log = DecisionLog()
    piece = Snippet("a.py", "text\n", words=tuple(f"word{n}" for n in range(50)))
    for _ in range(WITH_TEXT + 3):
        with log.follow(request_at("|"), FakeClock()) as trace:
            trace.note_snippets((), Started(snippets=(piece,)))
    kept = [decision.pieces[0].text is not None for decision in log.newest_first()]
    assert kept == [True] * WITH_TEXT + [False] * 3
    assert all(len(decision.pieces[0].words) == MOST_WORDS for decision in log.newest_first())
