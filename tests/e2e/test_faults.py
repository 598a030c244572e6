"""Whatever is wrong behind the server: every key is answered, one message at most is shown, and it mends itself."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, insert_text, provider_options

CERTIFICATES = Path(__file__).parents[1] / "fakes" / "certificates"
KEYS = "compute"
INVOKED = 1


@asynccontextmanager
async def editor(options: dict[str, Any]) -> AsyncIterator[RawClient]:
    client = await RawClient.stdio()
    try:
        await client.initialize(options)
        yield client
    finally:
        await client.kill()


async def type_keys(client: RawClient) -> list[str | None]:
    """Type a word, asking after each key; return the answers."""
    client.send(did_open("x = "))
    answers = []
    for n, key in enumerate(KEYS):
        client.send(did_change(n + 2, change(0, 4 + n, 4 + n, key)), completion(n, 0, 5 + n))
        answers.append(insert_text(await client.answer(n)))
    return answers


def shown(client: RawClient) -> list[str]:
    """Return what was put before the user's eyes."""
    return [it["params"]["message"] for it in client.others if it.get("method") == "window/showMessage"]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param(Script(status=401, body={"detail": "Unauthorized"}), "FIM_TEST_KEY", id="wrong key"),
        pytest.param(Script(status=404, body={"detail": "Not Found"}), "provider.url", id="no such path"),
        pytest.param(Script(status=422, body={"detail": [{"loc": ["body", "n"], "msg": "extra"}]}), "n", id="422"),
        pytest.param(Script(status=429, headers={"Retry-After": "30"}), None, id="rate limited"),
        pytest.param(Script(status=500, body="oops"), None, id="server error"),
        pytest.param(Script(body="<html>login</html>", status=200, content_type="text/html"), None, id="HTML"),
        pytest.param(Script(drop_after=90), None, id="dropped"),
        pytest.param(Script(garbage_at=0), None, id="garbage"),
        pytest.param(Script(error_after=0), None, id="an error inside a 200 stream"),
        pytest.param(Script(hang_up_at_once=True), None, id="hung up on"),
    ],
)
async def test_a_faulty_api_costs_its_suggestions_only(script: Script, sentence: str | None) -> None:
    """No window a keystroke, no error answer; a wrong key or request is told once, with what to do."""
    async with FimServer("(1)", script=script) as api, editor(provider_options(api.url)) as client:
        assert await type_keys(client) == [None] * len(KEYS)
        assert len(shown(client)) == (1 if sentence else 0)
        if sentence:
            assert sentence in shown(client)[0]
        assert len(api.completions) < len(KEYS)  # It is not asked at every key while it fails.
        api.script = Script()
        client.send(completion("again", 0, 4 + len(KEYS), kind=INVOKED))
        expected = None if script.status == 429 else "(1)"  # The pause the API asked for is kept.
        assert insert_text(await client.answer("again")) == expected


@pytest.mark.parametrize(
    "url", ["https://no-such-host.invalid/v1", "http://127.0.0.1:9/v1"], ids=["name not resolved", "nobody listens"]
)
async def test_an_api_that_is_not_there(url: str) -> None:
    """Nothing is shown to the user for a dead network; the log says it once."""
    async with editor(provider_options(url)) as client:
        assert await type_keys(client) == [None] * len(KEYS)
        assert shown(client) == []
        logged = [it["params"]["message"] for it in client.others if it.get("method") == "window/logMessage"]
        assert len([text for text in logged if url.split("/")[2].split(":")[0] in text]) == 1


async def test_a_certificate_that_is_not_trusted() -> None:
    """The log names the remedy, provider.caFile."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "certificate.pem", CERTIFICATES / "key.pem")
    async with (
        FimServer("(1)", ssl_context=context) as api,
        editor(provider_options(api.url)) as client,
    ):
        assert await type_keys(client) == [None] * len(KEYS)
        logged = [it["params"]["message"] for it in client.others if it.get("method") == "window/logMessage"]
        assert any("provider.caFile" in text for text in logged)
        assert shown(client) == []


async def test_characters_cut_in_two_by_the_network_arrive_whole() -> None:
    """The body comes byte by byte, the emoji's bytes with it."""
    async with FimServer("('é🙂')", script=Script(split_every=1)) as api, editor(provider_options(api.url)) as client:
        client.send(did_open("x = print"), completion(1, 0, 9, kind=INVOKED))
        assert insert_text(await client.answer(1)) == "('é🙂')"


async def test_a_stream_that_ends_inside_a_character_costs_its_suggestion_only() -> None:
    """A broken answer is not shown; the next one is."""
    async with FimServer("('é🙂é🙂é🙂')") as api, editor(provider_options(api.url)) as client:
        api.once.append(Script(drop_after=260, split_every=1))
        # Not by a key for it: that asks several times at once, and another stream may be the one that breaks.
        client.send(did_open("x = print"), completion(1, 0, 9))
        assert insert_text(await client.answer(1)) is None
        client.send(completion(2, 0, 9, kind=INVOKED))
        assert insert_text(await client.answer(2)) == "('é🙂é🙂é🙂')"


async def test_wrong_settings_are_told_in_one_message_and_cost_only_themselves() -> None:
    """Unknown, ill-typed and out of bounds, together with a provider that works."""
    async with FimServer("(1)") as api:
        options = provider_options(api.url)
        options["provider"] |= {"maxTokens": "many", "topP": 7, "kindd": "x"}
        options["nonsense"] = 1
        async with editor(options) as client:
            assert "(1)" in await type_keys(client)
            (message,) = shown(client)
            assert all(key in message for key in ("provider.maxTokens", "provider.topP", "provider.kindd", "nonsense"))


async def test_a_secret_file_is_neither_completed_nor_sent() -> None:
    """Not even when asked for; nor as context of another file."""
    async with FimServer("(1)") as api, editor(provider_options(api.url)) as client:
        uri = "file:///project/.env"
        client.send(
            did_open("PASSWORD=hunter2secret compute_total other_words\n", uri), completion(1, 0, 9, uri, INVOKED)
        )
        assert insert_text(await client.answer(1)) is None
        client.send(did_open("compute_total = other_words\nPASSWORD = "), completion(2, 1, 11, kind=INVOKED))
        assert insert_text(await client.answer(2)) == "(1)"
        assert {recorded.body["prompt"] for recorded in api.completions} == {"compute_total = other_words\nPASSWORD = "}
        assert "hunter2" not in str([recorded.body for recorded in api.requests])
