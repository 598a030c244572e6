"""Secrets do not leave the machine by the real server: what is sent has placeholders, what is shown has the secrets."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from benchmarks.fake_api.provider_server import FimServer
from tests.e2e.raw_client import RawClient, completion, did_open, provider_options
from tests.e2e.test_faults import editor
from tests.fakes.secrets import formless

INVOKED = 1


def _last_value(body: Mapping[str, Any]) -> str:
    """Answer as a model that repeats the value of the first line that the prompt has."""
    return str(body["prompt"]).split('"')[1] + '")'


async def _ask(client: RawClient, text: str, uri: str = "file:///tmp/app/main.py", number: str = "ask") -> Any:
    line, column = text.count("\n"), len(text) - text.rfind("\n") - 1
    client.send(did_open(text, uri=uri), completion(number, line, column, kind=INVOKED, uri=uri))
    return (await client.answer(number))["result"]


async def test_what_a_model_quotes_comes_back_as_what_stands_in_the_document() -> None:
    """The answer comes in tokens, so the placeholder is cut."""
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    async with FimServer(_last_value) as api, editor(provider_options(api.url)) as client:
        shown = await _ask(client, f'first = "{token}"\nconnect("')
        assert shown["items"][0]["insertText"] == f'{token}")'
        sent = json.dumps([request.body for request in api.completions])
        assert token not in sent
        assert "ghp_" in sent


async def test_no_kind_of_secret_is_in_a_request() -> None:
    """All kinds in one document, and in another that is open beside it."""
    kinds = formless(random.Random(11))
    text = "".join(f"{line}\n" for line, _ in kinds.values())
    options = provider_options("") | {"context": {"prefixChars": 16_000}}
    async with FimServer("done()") as api:
        options["provider"]["url"] = api.url
        async with editor(options) as client:
            client.send(did_open(f"compute = billing + transport\n{text}", uri="file:///tmp/app/other.py"))
            await _ask(client, f"{text}compute(billing, transport, ")
        sent = json.dumps([request.body for request in api.completions])
        assert "compute(billing" in sent
        assert [kind for kind, (_, secret) in kinds.items() if json.dumps(secret)[1:-1] in sent] == []


async def test_nobody_is_asked_within_a_secret() -> None:
    """Every key of it would tell a character more."""
    async with FimServer("done()") as api, editor(provider_options(api.url)) as client:
        for number, text in enumerate(('password = "hunter2x', "t = ghp_a1B2c3", "DB_PASSWORD=hunter2x")):
            uri = f"file:///tmp/app/{number}.py"
            assert await _ask(client, f"import os\n{text}", uri, f"ask-{number}") is None
        assert list(api.completions) == []
