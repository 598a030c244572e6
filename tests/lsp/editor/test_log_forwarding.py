"""The editor's log gets what matters, and no flood."""

import logging

import pytest

from fim_language_server.lsp.editor.log_forwarding import MOST_INFO
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor

logger = logging.getLogger("fim_language_server.anything")


@pytest.fixture(autouse=True)
def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "fim_language_server")


async def test_levels_become_message_types_and_debug_stays_here() -> None:
    async with FakeEditor() as editor:
        logger.debug("d")
        logger.info("i %s", 1)
        logger.warning("w")
        logger.error("e")
        await settle()
        told = [(params["type"], params["message"]) for params in editor.notifications("window/logMessage")]
        assert told == [(3, "i 1"), (2, "w"), (1, "e")]


async def test_a_flood_of_information_is_cut_and_a_warning_passes() -> None:
    async with FakeEditor() as editor:
        for number in range(200):
            logger.info("%d", number)
        logger.warning("w")
        await settle()
        assert len(editor.notifications("window/logMessage")) == MOST_INFO + 1


async def test_a_traceback_stays_here() -> None:
    async with FakeEditor() as editor:
        try:
            raise ValueError("secret")
        except ValueError:
            logger.exception("it failed")
        await settle()
        assert [params["message"] for params in editor.notifications("window/logMessage")] == ["it failed"]
