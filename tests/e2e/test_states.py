"""What a client sees of the server's state and commands, over the wire: status, snooze, languages, reasons, choices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from tests.e2e.raw_client import (
    URI,
    RawClient,
    change,
    completion,
    did_change,
    did_open,
    insert_text,
    provider_options,
    request,
)

INVOKED = 1


@asynccontextmanager
async def editor(options: dict[str, Any]) -> AsyncIterator[RawClient]:
    client = await RawClient.stdio()
    try:
        await client.initialize(options)
        yield client
    finally:
        await client.kill()


async def status(client: RawClient, kind: str) -> dict[str, Any]:
    """Return the first status of a kind, waiting for it if it has not come yet."""
    while True:
        for message in client.others:
            if message.get("method") == "$/fim/status" and message["params"]["kind"] == kind:
                client.others.remove(message)
                return dict(message["params"])
        client.others.append(await client.read())


async def execute(client: RawClient, command: str, *arguments: object) -> Any:
    request_id = f"{command}{arguments}"
    client.send(request(request_id, "workspace/executeCommand", {"command": command, "arguments": list(arguments)}))
    return (await client.answer(request_id))["result"]


async def ask(client: RawClient, request_id: object, line: int, column: int, kind: int = 2) -> str | None:
    client.send(completion(request_id, line, column, kind=kind))
    return insert_text(await client.answer(request_id))


async def test_a_session_starts_waits_and_rests() -> None:
    """Each state comes by itself; a wait that a user notices is one."""
    async with FimServer("(1)", script=Script(first_byte_after=0.8)) as api, editor(provider_options(api.url)) as it:
        await status(it, "starting")
        ready = await status(it, "ready")
        assert ready == {
            "kind": "ready",
            "message": "",
            "provider": "mistral",
            "model": "codestral-latest",
            "seconds": None,
        }
        it.send(did_open("x = print"), completion(1, 0, 9))
        await status(it, "thinking")
        await status(it, "ready")
        assert insert_text(await it.answer(1)) == "(1)"


async def test_a_wrong_key_and_a_rate_limit_are_told_with_remedy_and_time() -> None:
    async with FimServer("(1)", script=Script(status=401, body={"detail": "Unauthorized"})) as api:
        async with editor(provider_options(api.url)) as it:
            it.send(did_open("x = print"), completion(1, 0, 9))
            assert "FIM_TEST_KEY" in (await status(it, "error"))["message"]
        api.script = Script(status=429, headers={"Retry-After": "30"})
        async with editor(provider_options(api.url)) as it:
            it.send(did_open("x = print"), completion(1, 0, 9))
            paused = await status(it, "paused")
            assert 25 <= paused["seconds"] <= 31


async def test_without_a_key_the_workspace_completes() -> None:
    async with editor({}) as it:
        offline = await status(it, "offline")
        assert offline["provider"] == "embedded"
        assert offline["message"]


async def test_three_texts_to_choose_from_and_each_is_an_insertion() -> None:
    """The model is asked at other temperatures; a popup's entry is extended by all of them."""
    texts = {None: "(1)", 0.7: "(2)", 1.0: "(3)"}

    def answer(body: Mapping[str, Any]) -> str:
        return texts[body.get("temperature")]

    async with FimServer(answer) as api, editor(provider_options(api.url)) as it:
        it.send(did_open("x = pri"), completion(1, 0, 7, kind=INVOKED))
        items = (await it.answer(1))["result"]["items"]
        assert [item["insertText"] for item in items] == ["(1)", "(2)", "(3)"]
        assert len({item["command"]["arguments"][0] for item in items}) == 3
        selected = {"text": "print", "range": change(0, 4, 7, "")["range"]}
        asked = completion(2, 0, 7, kind=INVOKED)
        asked["params"]["context"]["selectedCompletionInfo"] = selected
        it.send(asked)
        items = (await it.answer(2))["result"]["items"]
        assert [item["insertText"] for item in items] == ["print(1)", "print(2)", "print(3)"]
        assert all(item["range"] == selected["range"] for item in items)
        it.send(did_change(2, change(0, 7, 7, "n")))
        assert await ask(it, 3, 0, 8) == "t(1)", "typing the entry is answered with one text, and no request"
        assert len(api.completions) == 6


async def test_after_a_part_was_accepted_the_rest_is_offered_without_a_request() -> None:
    """Word by word, by an editor that sends nothing but the edit."""
    async with FimServer("total + amount") as api, editor(provider_options(api.url)) as it:
        it.send(did_open("return "))
        assert await ask(it, 1, 0, 7) == "total + amount"
        it.send(did_change(2, change(0, 7, 7, "total ")))
        assert await ask(it, 2, 0, 13) == "+ amount"
        it.send(did_change(3, change(0, 13, 13, "+ ")))
        assert await ask(it, 3, 0, 15) == "amount"
        assert len(api.completions) == 1


async def test_a_bracket_that_the_editor_closes_itself_keeps_the_request() -> None:
    """Both characters come as one change; the cursor is between them."""
    slow = Script(per_token=0.05, first_byte_after=0.3)
    async with FimServer("(total, amount)", script=slow) as api, editor(provider_options(api.url)) as it:
        it.send(did_open("x = f"), completion(1, 0, 5))
        await api.wait_for_completions(1)
        it.send(did_change(2, change(0, 5, 5, "()")), completion(2, 0, 6))
        assert (await it.answer(1))["result"] is None
        assert insert_text(await it.answer(2)) == "total, amount"
        assert len(api.completions) == 1


async def test_commands_snooze_switch_off_and_explain() -> None:
    async with FimServer("(1)") as api, editor(provider_options(api.url)) as it:
        it.send(did_open("x = print"))
        assert await ask(it, 1, 0, 9) == "(1)"
        assert await execute(it, "fim.snooze", 5) is None
        assert (await status(it, "snoozed"))["seconds"] == 300
        assert await ask(it, 2, 0, 9) is None
        assert await ask(it, 3, 0, 9, INVOKED) == "(1)"
        await execute(it, "fim.snooze", 0)
        assert await execute(it, "fim.toggleLanguage", "python") == {"language": "python", "enabled": False}
        assert await ask(it, 4, 0, 9, INVOKED) is None
        assert await execute(it, "fim.toggleLanguage", "python") == {"language": "python", "enabled": True}
        assert await ask(it, 5, 0, 9) == "(1)"
        why = await execute(it, "fim.showWhy")
        assert [(one["answer"], one["source"], one["trigger"]) for one in why] == [
            ("suggestion", "provider", "automatic"),
            ("nothing", None, "invoked"),
            ("suggestion", "cache", "invoked"),
            ("nothing", None, "automatic"),
            ("suggestion", "provider", "automatic"),
        ]
        assert {one["uri"] for one in why} == {URI}
        assert why[0]["way"][-1]["step"] == "provider"


@pytest.mark.parametrize(
    ("trigger", "text", "automatic", "invoked"),
    [
        ({"mode": "explicit"}, "x = print", None, "(1)"),
        ({"mode": "off"}, "x = print", None, None),
        ({"languages": {"python": False}}, "x = print", None, None),
        ({"languages": {"*": False, "python": True}}, "x = print", "(1)", "(1)"),
        ({"inComments": False}, "# call pr", None, "(1)"),
        ({"inComments": True}, "# call pr", "(1)", "(1)"),
    ],
    ids=str,
)
async def test_triggers_are_honoured(
    trigger: dict[str, Any], text: str, automatic: str | None, invoked: str | None
) -> None:
    async with FimServer("(1)") as api:
        options = provider_options(api.url)
        options["trigger"] |= trigger
        async with editor(options) as it:
            it.send(did_open(text))
            assert await ask(it, 1, 0, len(text)) == automatic
            assert await ask(it, 2, 0, len(text), INVOKED) == invoked
