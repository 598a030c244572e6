"""A client that asks without end, and may not even read, costs a bounded number of requests under way."""

from __future__ import annotations

import asyncio

from fim_language_server.core.values import CompletionRequest, Skip, Suggestion
from fim_language_server.lsp.wire.running_requests import MOST_RUNNING
from tests.fakes.clock import settle
from tests.fakes.editor import FakeEditor, completion_params


async def wait_for_ever(request: CompletionRequest) -> Suggestion | Skip:
    await asyncio.Event().wait()
    raise AssertionError


async def test_the_oldest_is_answered_with_nothing_where_one_more_comes() -> None:
    async with FakeEditor(wait_for_ever) as editor:
        await editor.initialize()
        asked = []
        for number in range(MOST_RUNNING + 40):
            uri = f"file:///project/{number}.py"
            editor.open("ab\n", uri)
            asked.append(editor.request("textDocument/inlineCompletion", completion_params(0, 1, uri)))
            await settle()
        answers = {told["id"]: told for told in editor.received if told.get("id") in asked}
        assert sorted(answers) == asked[:40]
        assert all(answer["result"] is None for answer in answers.values())


async def test_a_request_that_has_ended_does_not_count() -> None:
    async with FakeEditor() as editor:
        await editor.initialize()
        editor.open("ab\n")
        for _ in range(2 * MOST_RUNNING):
            answer = await editor.ask("textDocument/inlineCompletion", completion_params(0, 1))
            assert answer["result"]["items"]
