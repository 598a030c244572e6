"""The figures of a report, from answers counted by hand; drawn with nothing from outside."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from fim_language_server.evaluation.page import make_page
from fim_language_server.evaluation.records import Answered, Record, Typed
from fim_language_server.evaluation.report import (
    Side,
    figures_of,
    make_report,
    money,
    quality_cells,
    typing_figures_of,
)
from fim_language_server.usage.record import Price

EVIL = "<script>alert(1)</script>"


def answer(kind: str, target: str, text: str, shown: str | None = None, **more: object) -> Answered:
    number = len(target) * 7 + len(text)
    return Answered("m", f"{kind}{number}{target}", kind, target, text, text if shown is None else shown, **more)  # type: ignore[arg-type]


ANSWERS = [
    answer("line", "return x", "return x", first_ms=10.0, total_ms=20.0, prompt_tokens=100, completion_tokens=2),
    answer("typed", "abcd", "abxx", total_ms=40.0, prompt_tokens=100, completion_tokens=4, tokens_are_estimated=True),
    answer("typed", "foo bar", "foo bar", shown="", total_ms=30.0),  # not sure enough to show it
    answer("mid", "y", "", total_ms=10.0, waited_ms=1_000.0),
]


def test_figures_by_hand() -> None:
    figures = figures_of(ANSWERS, Price(1.0, 10.0))
    assert figures.n == 4
    assert figures.exact == 50  # of all; silence is wrong
    assert figures.similarity == (100 + 50 + 100 + 0) / 4
    assert figures.shown == 50
    assert figures.right_when_shown == 50  # of two that were shown
    assert figures.saved_by_tab == 100 * 7 / 20  # "return x" by one key, of 20 characters
    assert figures.saved_by_words == 100 * (5 + 1) / 20
    assert (figures.first.p50, figures.total.p50, figures.total.p95) == (10.0, 20.0, 40.0)
    assert figures.wait.p95 == 1_000.0
    assert (figures.prompt_tokens, figures.completion_tokens, figures.tokens_are_estimated) == (200, 6, True)
    assert figures.usd == pytest.approx((200 * 1 + 6 * 10) / 1e6)


def test_what_was_not_shown_is_not_right() -> None:
    assert figures_of(ANSWERS[2:3], None).right_when_shown is None


def test_nothing_answered_is_no_error() -> None:
    figures = figures_of([], None)
    assert (figures.n, figures.exact, figures.total.p50, figures.usd) == (0, 0, None, None)
    assert quality_cells(figures) == ["0", "–", "–", "–", "–", "–", "–"]
    assert len(quality_cells(figures)) == len(quality_cells(figures_of(ANSWERS, None)))


def test_typing_figures_by_hand() -> None:
    lines = [Typed("m", "1", 10, 4, 2, True, 3, 100, 10), Typed("m", "2", 10, 10, 2, False, 5)]
    figures = typing_figures_of(lines, Price(10, 0))
    assert (figures.keystrokes_saved, figures.finished_by_tab, figures.accepted_per_ghost) == (30, 50, 25)
    assert (figures.requests, figures.usd) == (8, pytest.approx(0.001))  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("usd", "text"), [(None, "unknown"), (0.0, "$0"), (0.00123, "$0.0012"), (0.5, "$0.50"), (12, "$12.00")]
)
def test_money(usd: float | None, text: str) -> None:
    assert money(usd) == text


@pytest.fixture
def record() -> Record:
    record = Record({"seed": 7, "questions": "f00"})
    for each in ANSWERS:
        record.add(each)
    record.add(Typed("m", "1", 10, 4, 2, True, 3))
    return record


def test_kinds_and_all_together(record: Record) -> None:
    (result,) = make_report(record, [Side("m", "model", None)], 4).results
    assert {kind: figures.n for kind, figures in result.figures.items()} == {"line": 1, "typed": 2, "mid": 1, "all": 4}


def test_a_report_knows_whether_it_is_whole(record: Record) -> None:
    assert make_report(record, [Side("m", "", None)], 4).is_whole
    assert not make_report(record, [Side("m", "", None)], 5).is_whole
    assert not make_report(record, [Side("m", "", None, "gone")], 4).is_whole
    assert not make_report(record, [Side("other", "", None)], 4).is_whole


def test_json_holds_figures_and_no_code(record: Record) -> None:
    told = json.dumps(make_report(record, [Side("m", "model", None)], 4).to_json(), allow_nan=False)
    assert "return x" not in told
    (result,) = json.loads(told)["results"]
    assert result["kinds"]["all"]["exact"] == 50.0
    assert result["typing"]["keystrokes_saved"] == 60.0


class Checker(HTMLParser):
    """Collects tags that refer to something, and sees that tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [tag for name, _ in attrs if name in {"src", "href", "xlink:href", "onload", "onclick"}]
        if tag in {"script", "link", "iframe", "img"}:
            self.references.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_outside(record: Record) -> None:
    """No script, no link, no image; what users name is text, not markup."""
    report = make_report(record, [Side("m", EVIL, None, EVIL), Side(EVIL, "", None)], 4)
    page = make_page(report, EVIL)
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    assert checker.references == []
    assert not re.search(r"url\(|@import|https?://", page)
    assert page.count("<svg") == 4
    assert "50.0 ± " in page


def test_the_page_of_nothing_is_a_page() -> None:
    """After Ctrl-C at once."""
    page = make_page(make_report(Record({}), [Side("m", "", None)], 4), "title")
    assert "0 of 4 holes answered" in page
    assert "nan" not in page
