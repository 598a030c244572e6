"""The API is killed, hangs, refuses or talks nonsense: another one answers, and it is tried again by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, insert_text, provider_options
from tests.e2e.test_faults import editor, shown

INVOKED, AUTOMATIC = 1, 2


def with_fallback(first: str, second: str) -> dict[str, Any]:
    """Return initializationOptions for two loopback FIM servers, with little patience."""
    options = provider_options(first)
    other = {"kind": "codestral", "url": second, "model": "codestral-2508", "apiKeyEnv": "FIM_TEST_KEY"}
    options["provider"] |= {"fallback": [other, "embedded"], "fallbackAfterMs": 1_000}
    return options


class Typist:
    """Types one character after the other, each at a place where nothing is known yet."""

    def __init__(self, client: RawClient) -> None:
        self.client = client
        self.n = 0
        client.send(did_open("x = "))

    async def ask(self, kind: int = AUTOMATIC) -> str | None:
        """Write a line, and return what is suggested at its end."""
        self.n += 1
        line = f"y{self.n} = "
        number = f"ask-{self.n}"
        self.client.send(
            did_change(self.n + 1, change(0, 0, 0, f"{line}\n")), completion(number, 0, len(line), kind=kind)
        )
        result = (await self.client.answer(number))["result"]
        return result and result["items"][0]["insertText"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("script", "n_messages"),
    [
        pytest.param(Script(drop_after=400), 0, id="killed in mid-stream"),
        pytest.param(Script(first_byte_after=60), 0, id="hangs before the first byte"),
        pytest.param(Script(first_byte_after=60, headers_first=True), 0, id="hangs after the headers"),
        pytest.param(Script(stall_after=1), 0, id="hangs in mid-stream"),
        pytest.param(Script(status=500, body="oops"), 0, id="500"),
        pytest.param(Script(status=401, body={"detail": "Unauthorized"}), 1, id="401"),
        pytest.param(Script(garbage_at=0), 0, id="garbage"),
        pytest.param(Script(status=200, body="<html>login</html>", content_type="text/html"), 0, id="HTML"),
    ],
)
async def test_the_next_suggestion_comes_from_the_fallback(script: Script, n_messages: int) -> None:
    """Within the same request, with one message at most, and never with half of the other's text."""
    async with (
        FimServer("one(first, second, third)", script=script) as first,
        FimServer("two()") as second,
        editor(with_fallback(first.url, second.url)) as client,
    ):
        typist = Typist(client)
        async with asyncio.timeout(10):
            assert [await typist.ask() for _ in range(3)] == ["two()"] * 3
        assert len(shown(client)) == n_messages
        assert len(first.completions) < 3  # It is left in peace while it fails.
        first.script = Script()
        kind = INVOKED if script.status == 401 else AUTOMATIC  # Only the user can mend a key, and says "try now".
        async with asyncio.timeout(20):
            while await typist.ask(kind) != "one(first, second, third)":
                await asyncio.sleep(0.2)
        assert len(shown(client)) == n_messages


async def test_without_any_other_api_the_embedded_model_goes_on() -> None:
    """Ghost text from the open document, with no network at all."""
    text = "def launch(rocket):\n    rocket.ignite(engines, countdown)\n    rocket.release(clamps)\n\n\n" * 4
    options = provider_options("http://127.0.0.1:9/v1")
    del options["provider"]["fallback"]
    async with editor(options) as client:
        whole = f"{text}def launch(rocket):\n    rocket.ignite("
        client.send(did_open(whole), completion(1, whole.count("\n"), 18, kind=INVOKED))
        assert insert_text(await client.answer(1)) == "engines, countdown)"
        assert shown(client) == []


async def test_a_host_outside_the_allowed_regions_is_never_asked() -> None:
    """It is said once, when the settings load; the embedded model completes."""
    options = provider_options("https://fim.invalid/v1")
    options["provider"]["regions"] = ["eu"]
    async with editor(options) as client:
        await Typist(client).ask()
        (message,) = shown(client)
        assert "provider.regions allows only eu, and nobody knows where fim.invalid is" in message
