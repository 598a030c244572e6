"""What the editor has waited itself before it asks."""

from __future__ import annotations

import pytest

from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.client_pace import NEOVIM_MS, ClientPace
from tests.fakes.clock import FakeClock
from tests.fakes.editor import FakeEditor, completion_params, edit


async def test_the_time_since_the_edit_was_waited_once() -> None:
    """The next request is a cursor's, say: nobody knows how long that waited."""
    clock = FakeClock()
    pace = ClientPace(clock)
    assert pace.waited_ms("a") == 0
    pace.edited("a")
    await clock.advance(0.05)
    assert pace.waited_ms("a") == 50
    assert pace.waited_ms("a") == 0


async def test_an_edit_of_another_document_says_nothing() -> None:
    """Nor does the one before it."""
    clock = FakeClock()
    pace = ClientPace(clock)
    pace.edited("a")
    pace.edited("b")
    await clock.advance(0.05)
    assert pace.waited_ms("a") == 0


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ({"name": "Neovim", "version": "0.12.0"}, NEOVIM_MS),
        ({"name": "Neovim", "version": "v0.13.0-dev+1"}, NEOVIM_MS),
        ({"name": "Neovim", "version": "0.11.4"}, 0),
        ({"name": "Neovim"}, 0),
        ({"name": "Visual Studio Code", "version": "1.139.1"}, 0),
        (None, 0),
    ],
)
def test_neovim_is_known_by_its_name(client: object, expected: int) -> None:
    """It tells of a change only when it asks, so its wait is not to be seen."""
    assert ClientFeatures.from_initialize({"clientInfo": client}).wait_ms == expected


def test_where_the_plugin_draws_neovim_does_not_wait() -> None:
    """The plugin for Neovim says that it draws line ends, which Neovim's own drawing does not."""
    draws = {"experimental": {"fim": {"lineEnds": True}}}
    client = {"name": "Neovim", "version": "0.12.4"}
    assert ClientFeatures.from_initialize({"clientInfo": client, "capabilities": draws}).wait_ms == 0


async def test_a_known_wait_is_the_least() -> None:
    """What is measured may be more."""
    clock = FakeClock()
    pace = ClientPace(clock, known_ms=NEOVIM_MS)
    assert pace.waited_ms("a") == NEOVIM_MS
    pace.edited("a")
    await clock.advance(0.3)
    assert pace.waited_ms("a") == 300


async def test_a_request_says_how_long_it_was_held_back() -> None:
    """From the change to the request, as the server saw both."""
    clock = FakeClock()
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.server.session.completer.pace = ClientPace(clock)
        editor.open("a")
        editor.change(edit((0, 1), (0, 1), "b"))
        await clock.advance(0.05)
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 2))
        await editor.ask("textDocument/inlineCompletion", completion_params(0, 2))
        assert [request.waited_ms for request in editor.engine.requests] == [50, 0]
