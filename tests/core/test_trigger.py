"""Whether a request deserves an answer."""

from __future__ import annotations

import pytest

from fim_language_server.core.trigger import TriggerOptions, decide, decide_asking
from fim_language_server.core.values import Skip, Trigger
from tests.fakes.requests import request_at

INVOKED = Trigger.INVOKED


@pytest.mark.parametrize(
    ("drawn", "automatic", "invoked"),
    [
        pytest.param("x = |", None, None, id="code"),
        pytest.param("|", Skip.EMPTY_DOCUMENT, None, id="an empty document"),
        pytest.param(" \n|\n", Skip.EMPTY_DOCUMENT, None, id="a blank document"),
        pytest.param("a\0b|", Skip.NOT_TEXT, Skip.NOT_TEXT, id="binary content"),
    ],
)
def test_what_is_answered(drawn: str, automatic: Skip | None, invoked: Skip | None) -> None:
    """Automatic requests are refused where an answer is almost never taken; explicit ones only where they must be."""
    assert decide(request_at(drawn), TriggerOptions()) is automatic
    assert decide(request_at(drawn, trigger=INVOKED), TriggerOptions()) is invoked


@pytest.mark.parametrize(
    ("drawn", "automatic"),
    [("foo|bar", Skip.MID_WORD), ("foo|(bar)", None), ("foo |bar", None), ("fo_|1", Skip.MID_WORD)],
)
def test_no_model_is_asked_inside_a_word(drawn: str, automatic: Skip | None) -> None:
    """What is known may be shown there: the letters before the cursor may be typed in front of another word."""
    assert decide(request_at(drawn), TriggerOptions()) is None
    assert decide_asking(request_at(drawn)) is automatic
    assert decide_asking(request_at(drawn, trigger=INVOKED)) is None


@pytest.mark.parametrize(
    ("options", "automatic", "invoked"),
    [
        (TriggerOptions(mode="off"), Skip.DISABLED, Skip.DISABLED),
        (TriggerOptions(mode="explicit"), Skip.EXPLICIT_ONLY, None),
        (TriggerOptions(languages={"python": False}), Skip.DISABLED_LANGUAGE, Skip.DISABLED_LANGUAGE),
        (TriggerOptions(languages={"*": False}), Skip.DISABLED_LANGUAGE, Skip.DISABLED_LANGUAGE),
        (TriggerOptions(languages={"*": False, "python": True}), None, None),
        (TriggerOptions(is_excluded=lambda document: document.path == "a.py"), Skip.EXCLUDED_FILE, Skip.EXCLUDED_FILE),
    ],
)
def test_what_the_settings_switch_off(options: TriggerOptions, automatic: Skip | None, invoked: Skip | None) -> None:
    """A secret file is refused to everybody; a quiet mode only to automatic requests."""
    assert decide(request_at("x = |"), options) is automatic
    assert decide(request_at("x = |", trigger=INVOKED), options) is invoked


def test_comments_can_be_left_alone() -> None:
    """With trigger.inComments off, an explicit request still asks."""
    options = TriggerOptions(in_comments=False)
    assert decide(request_at("# the |"), options) is Skip.IN_COMMENT
    assert decide(request_at("# the |", trigger=INVOKED), options) is None
    assert decide(request_at("x = 1|"), options) is None
