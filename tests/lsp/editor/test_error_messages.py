"""What the user sees of failures: what they can mend, once; the rest is logged, once for each outage."""

from typing import Any

import pytest

from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.error_messages import ErrorMessages
from fim_language_server.lsp.editor.progress import WorkDoneProgress
from fim_language_server.lsp.editor.status_line import StatusLine
from tests.fakes.clock import FakeClock


class Shown:
    """Keeps what is sent to the client."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def notify(self, method: str, params: Any = None) -> None:
        if method != "$/fim/status":
            assert method == "window/showMessage"
            self.messages.append(params.message)

    def send_request_async(self, method: str, params: Any = None) -> Any:
        raise AssertionError(method)


def status_and_shown() -> tuple[ErrorMessages, Shown]:
    shown = Shown()
    client = Client(shown)
    return ErrorMessages(
        client, WorkDoneProgress(client, "", lambda: 0.0, lambda work: None), StatusLine(client, FakeClock())
    ), shown


@pytest.mark.parametrize("kind", [AuthenticationError, RequestRejectedError])
def test_what_the_user_can_mend_is_shown_once(kind: type[ProviderError]) -> None:
    """Until settings change, or a request succeeds."""
    status, shown = status_and_shown()
    for reset in (lambda: None, status.provider_recovered, lambda: status.settings_changed([])):
        reset()  # type: ignore[no-untyped-call]
        status.provider_failed(kind("mistral", "Set MISTRAL_API_KEY."))
        status.provider_failed(kind("mistral", "Set MISTRAL_API_KEY."))
    assert shown.messages == ["Set MISTRAL_API_KEY."] * 3


@pytest.mark.parametrize("kind", [RateLimitedError, UnavailableError, StreamError])
def test_what_mends_itself_is_logged_once(kind: type[ProviderError], caplog: pytest.LogCaptureFixture) -> None:
    status, shown = status_and_shown()
    for _ in range(5):
        status.provider_failed(kind("mistral", "no answer"))
    assert shown.messages == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    status.provider_recovered()
    status.provider_failed(kind("mistral", "no answer"))
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2


def test_a_notice_is_shown_once_for_each_text() -> None:
    status, shown = status_and_shown()
    for text in ("retired in May", "retired in May", "renamed"):
        status.notice(text)
    assert shown.messages == ["retired in May", "renamed"]
