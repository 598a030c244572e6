"""What a status line shows: one state, told at the start and at every change, and never twice in a row."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field

from fim_language_server.app.company_files import CompanySettings
from fim_language_server.engine.health import Pause
from fim_language_server.errors import AuthenticationError, RateLimitedError, RequestRejectedError, StreamError
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.status_line import Resting, StatusKind, StatusLine, resting_state
from fim_language_server.settings import parse_settings
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import FakeEditor, completion_params

READY = Resting(StatusKind.READY, "", "mistral", "codestral")
OFF = Resting(StatusKind.DISABLED, "off", "mistral", "codestral")
WRONG_KEY = AuthenticationError("mistral", "Set MISTRAL_API_KEY.")
SLOW_DOWN = RateLimitedError("mistral", "Too many requests.")


@define
class Told:
    """Keeps what a status line sends."""

    states: list[dict[str, Any]] = field(factory=list)

    def notify(self, method: str, params: Any = None) -> None:
        assert method == "$/fim/status"
        self.states.append(params)

    def send_request_async(self, method: str, params: Any = None) -> Any:
        raise AssertionError(method)

    @property
    def kinds(self) -> list[str]:
        return [state["kind"] for state in self.states]


def line() -> tuple[StatusLine, Told, FakeClock]:
    told, clock = Told(), FakeClock()
    return StatusLine(Client(told), clock), told, clock


def test_it_starts_and_then_rests() -> None:
    """With whom it completes by, and nothing twice."""
    status, told, _ = line()
    status.send()
    status.rest(READY)
    status.rest(READY)
    expected = {"kind": "ready", "message": "", "provider": "mistral", "model": "codestral", "seconds": None}
    assert told.kinds == ["starting", "ready"]
    assert told.states[-1] == expected


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("embedded", "Completes from the open workspace."),
        ("auto", "set CODESTRAL_API_KEY or MISTRAL_API_KEY"),
        ("langdock", "langdock cannot be used as it is set"),
    ],
)
def test_where_the_embedded_model_stands_in_the_status_says_what_to_set(kind: str, said: str) -> None:
    """Without a key most people see this line first."""
    settings, _ = parse_settings({"provider": {"kind": kind}}, ["auto", "embedded", "langdock"])
    made = SimpleNamespace(provider_name="embedded", model="", settings=settings, company=CompanySettings())
    state = resting_state(made)  # type: ignore[arg-type]
    assert state.kind is StatusKind.OFFLINE
    assert said in state.message


@pytest.mark.parametrize("error", [WRONG_KEY, RequestRejectedError("mistral", "No such model.")])
async def test_a_mistake_to_mend_stays_until_a_request_succeeds(error: Any) -> None:
    """The message carries the remedy."""
    status, told, clock = line()
    status.rest(READY)
    status.failed(error, Pause(60))
    await clock.advance(100)
    assert told.states[-1]["message"] == error.message
    status.recovered()
    assert told.kinds == ["ready", "error", "ready"]


async def test_a_pause_ends_by_itself_and_tells_how_long_it_lasts() -> None:
    status, told, clock = line()
    status.rest(READY)
    status.failed(SLOW_DOWN, Pause(12.3))
    assert told.states[-1] == {**told.states[0], "kind": "paused", "message": SLOW_DOWN.message, "seconds": 13}
    await clock.advance(12.4)
    assert told.kinds == ["ready", "paused", "ready"]


@pytest.mark.parametrize(
    ("stand_in", "kind", "who"), [("embedded", "offline", "workspace"), ("ollama", "ready", "ollama")]
)
async def test_in_a_pause_it_says_who_completes_meanwhile(stand_in: str, kind: str, who: str) -> None:
    """With what is the matter, and for how long."""
    status, told, clock = line()
    status.rest(READY)
    status.failed(SLOW_DOWN, Pause(12.3, stand_in))
    state = told.states[-1]
    assert (state["kind"], state["seconds"]) == (kind, 13)
    assert SLOW_DOWN.message in state["message"]
    assert who in state["message"]
    await clock.advance(12.4)
    assert told.states[-1] == told.states[0]


def test_a_pause_too_short_to_read_is_not_shown() -> None:
    status, told, _ = line()
    status.rest(READY)
    status.failed(StreamError("mistral", "broken"), Pause(0.5))
    assert told.kinds == ["ready"]


async def test_snoozing_ends_by_itself_or_when_told() -> None:
    status, told, clock = line()
    status.rest(READY)
    status.snooze(300)
    assert (told.states[-1]["kind"], told.states[-1]["seconds"], status.is_snoozed) == ("snoozed", 300, True)
    await clock.advance(300.1)
    assert not status.is_snoozed
    status.snooze(300)
    status.snooze(0)
    assert told.kinds == ["ready", "snoozed", "ready", "snoozed", "ready"]
    assert not status.is_snoozed


async def test_only_a_long_wait_shows_that_a_model_is_waited_for() -> None:
    status, told, clock = line()
    status.rest(READY)
    with status.waiting():
        await clock.advance(0.25)
    await clock.advance(1)
    assert told.kinds == ["ready"]
    with status.waiting():
        await clock.advance(0.35)
        assert told.kinds == ["ready", "thinking"]
    await clock.advance(0.1)
    assert told.kinds == ["ready", "thinking", "ready"]


async def test_requests_that_take_over_from_each_other_are_one_wait() -> None:
    """An editor cancels a request a moment before it sends the next."""
    status, told, clock = line()
    status.rest(READY)
    for _ in range(4):
        with status.waiting():
            await clock.advance(0.1)
        await clock.advance(0.02)
    assert told.kinds == ["ready", "thinking"]


async def test_answers_known_at_once_are_no_wait_however_many() -> None:
    status, told, clock = line()
    status.rest(READY)
    for _ in range(20):
        with status.waiting():
            pass
        await clock.advance(0.08)
    assert told.kinds == ["ready"]


def _fail(status: StatusLine) -> None:
    status.failed(WRONG_KEY, Pause(60))


def _pause(status: StatusLine) -> None:
    status.failed(SLOW_DOWN, Pause(60))


def _snooze(status: StatusLine) -> None:
    status.snooze(60)


def _switch_off(status: StatusLine) -> None:
    status.rest(OFF)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([_pause, _fail], "error"),
        ([_fail, _pause], "error"),
        ([_fail, _snooze], "snoozed"),
        ([_snooze, _pause], "snoozed"),
        ([_snooze, _switch_off], "disabled"),
        ([_switch_off, _snooze], "disabled"),
    ],
)
def test_of_several_states_the_most_telling_is_shown(
    happened: list[Callable[[StatusLine], None]], expected: str
) -> None:
    status, told, _ = line()
    status.rest(READY)
    for happen in happened:
        happen(status)
    assert told.kinds[-1] == expected


def test_new_settings_make_old_failures_old() -> None:
    status, told, _ = line()
    status.rest(READY)
    status.failed(WRONG_KEY, Pause(60))
    status.rest(READY)
    assert told.kinds == ["ready", "error", "ready"]


async def test_nothing_is_said_after_the_end() -> None:
    status, told, clock = line()
    status.rest(READY)
    status.snooze(5)
    status.close()
    await clock.advance(10)
    assert told.kinds == ["ready", "snoozed"]


@pytest.mark.parametrize(
    ("provider", "settings", "expected"),
    [
        ("mistral", {}, ("ready", False)),
        ("mistral", {"trigger": {"mode": "explicit"}}, ("ready", True)),
        ("mistral", {"trigger": {"mode": "off"}}, ("disabled", True)),
        ("embedded", {}, ("offline", True)),
        ("embedded", {"provider": {"kind": "embedded"}}, ("offline", True)),
    ],
)
async def test_a_session_tells_where_it_starts_from(provider: str, settings: Any, expected: tuple[str, bool]) -> None:
    async with FakeEditor() as editor:
        editor.application.provider_name = provider
        await editor.initialize(options=settings)
        states = editor.notifications("$/fim/status")
        assert [state["kind"] for state in states] == ["starting", expected[0]]
        assert bool(states[-1]["message"]) is expected[1]


async def test_a_server_that_cannot_start_completing_says_so() -> None:
    async with FakeEditor() as editor:
        editor.load_error = ImportError("half installed")
        await editor.initialize()
        assert editor.notifications("$/fim/status")[-1]["kind"] == "error"
        editor.open("a")
        editor.request("textDocument/inlineCompletion", completion_params(0, 1))
        await settle()
