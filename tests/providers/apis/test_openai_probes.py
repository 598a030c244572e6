"""Whatever a server refuses, in whatever words: it completes after few asks, and what was found is told."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import ProviderError, RateLimitedError, UnavailableError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport.server_knowledge import ProviderRequest, ServerKnowledge
from tests.fakes.picky_server import STATUSES, WORDINGS, PickyServer

OPENAI = REGISTRY["openai"]
URL = OPENAI.endpoint("http://127.0.0.1:1")
CONTEXT = Context("def mul(c, d):\n    return ", "\n\nprint(mul(1, 2))\n", "a.py", "python")
OPTIONS = RequestOptions("qwen2.5-coder-7b", max_tokens=128)
FULL = RequestOptions("qwen2.5-coder-7b", 0.1, 0.9, 128, None, ("END",), 3)
FIELDS = ("suffix", "stream_options", "max_tokens", "stop", "temperature", "top_p", "seed", "stream")
MOST_ASKS = 4
MOST_REQUESTS = 60


async def ask(knowledge: ServerKnowledge, options: RequestOptions) -> tuple[str, ProviderError | None, tuple[str, ...]]:
    """Return text, error and notices of one completion."""
    text, notices = "", ()
    wanted = ProviderRequest(OPENAI, URL, CONTEXT, options, Credentials("openai"))
    try:
        async with aclosing(knowledge.stream(wanted)) as events:
            async for event in events:
                if isinstance(event, Started):
                    notices = event.notices  # type: ignore[assignment]
                elif isinstance(event, Chunk):
                    text += event.text
    except ProviderError as error:
        return "", error, ()
    return text, None, notices


async def asks_until_text(server: PickyServer, options: RequestOptions, between_s: float = 2.0) -> int:
    """Return after how many asks a completion came."""
    knowledge = ServerKnowledge(server.send, sleep=server.sleep)
    for n in range(1, 8):
        text, error, _ = await ask(knowledge, options)
        if text:
            assert text == "a + b"
            return n
        assert error is not None
        await server.sleep(max(between_s, error.retry_after or 0.0))
    return 99


def servers(n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield servers, each with its own combination of what it refuses, how it says so, and how it counts."""
    dice = random.Random(seed)
    combinations = [fields for size in (0, 1, 1, 2, 3) for fields in itertools.combinations(FIELDS, size)]
    for _ in range(n):
        server = {
            "refuses": dice.choice(combinations),
            "status": dice.choice(STATUSES),
            "wording": dice.choice(tuple(WORDINGS)),
            "streams": dice.choice((None, None, None, True, False)),
            "reads_suffix": dice.random() < 0.7,
            "counts": dice.random() < 0.8,
            "seconds_apart": dice.choice((0.0, 0.0, 0.0, 1.0)),
            "least_tokens": dice.choice((0, 0, 0, 16, 32)),
            "most_tokens": dice.choice((1 << 20, 1 << 20, 64)),
        }
        if server["status"] == 429:  # A 429 to a completion alone is a limit of requests, whatever else it might mean.
            server["most_tokens"] = 1 << 20
        yield server


async def test_any_server_completes_after_few_asks() -> None:
    """Any combination, any status, any words, with and without settings of the user's own."""
    for n, told in enumerate(servers(600, seed=1)):
        if told["streams"] is True and "stream" in told["refuses"]:
            continue  # It neither streams nor does not.
        server = PickyServer(**told)
        most = MOST_ASKS if server.seconds_apart else 1
        assert await asks_until_text(server, FULL if n % 2 else OPTIONS) <= most, told
        assert len(server.seen) <= MOST_REQUESTS, told


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("wording", WORDINGS)
async def test_a_refused_suffix_is_filled_in_by_the_template(status: int, wording: str) -> None:
    """Once, and for the session."""
    server = PickyServer(["suffix"], status, wording)
    knowledge = ServerKnowledge(server.send, sleep=server.sleep)
    assert (await ask(knowledge, OPTIONS))[0] == "a + b"
    n_asked = len(server.seen)
    assert (await ask(knowledge, OPTIONS))[0] == "a + b"
    assert len(server.seen) == n_asked + 1
    assert server.seen[-1]["prompt"].startswith("<|fim_prefix|>")
    assert "suffix" not in server.seen[-1]


async def test_only_what_is_refused_is_left_out() -> None:
    """Also where the refusal names nothing."""
    for name, wording in itertools.product(("temperature", "top_p", "seed", "stop", "stream_options"), WORDINGS):
        server = PickyServer([name], 500, wording)
        text, _, notices = await ask(ServerKnowledge(server.send, sleep=server.sleep), FULL)
        assert text == "a + b"
        assert set(FIELDS) - set(server.seen[-1]) == {name}, wording
        assert bool(notices) == (name != "stream_options")


async def test_a_server_in_good_order_is_asked_one_question() -> None:
    """In the shape of a completion, with a short answer."""
    server = PickyServer()
    knowledge = ServerKnowledge(server.send, sleep=server.sleep)
    assert (await ask(knowledge, OPTIONS))[0] == "a + b"
    question, completion = server.seen
    assert question["max_tokens"] == 16
    assert set(question) == set(completion)


async def test_a_server_that_is_down_is_not_asked_much() -> None:
    """The question, and twice the least there is to ask; nothing is concluded."""
    server = PickyServer(["model"], 503, "mute")
    knowledge = ServerKnowledge(server.send, sleep=server.sleep)
    assert isinstance((await ask(knowledge, OPTIONS))[1], UnavailableError)
    assert len(server.seen) <= 4
    server.refuses = ()
    assert (await ask(knowledge, OPTIONS))[0] == "a + b"
    assert "suffix" in server.seen[-1]


async def test_a_limit_of_requests_a_second_is_waited_out() -> None:
    """What one question has found is kept for the next."""
    server = PickyServer(["suffix"], 500, "mute", seconds_apart=1.0)
    assert await asks_until_text(server, OPTIONS) <= MOST_ASKS


async def test_a_long_wait_is_not_waited_for_and_costs_nothing_that_is_known() -> None:
    """The questions go on where they stood."""
    server = PickyServer(["suffix"], 400, seconds_apart=1e6, retry_after="60")
    server._last = -1e9
    knowledge = ServerKnowledge(server.send, sleep=server.sleep)
    _, error, _ = await ask(knowledge, OPTIONS)
    assert isinstance(error, RateLimitedError)
    n_asked, server.seconds_apart = len(server.seen), 0.0
    assert (await ask(knowledge, OPTIONS))[0] == "a + b"
    assert "suffix" not in server.seen[n_asked]


@pytest.mark.parametrize("most", [1, 40, 64])
async def test_a_lower_limit_of_tokens_is_found_when_a_completion_meets_it(most: int) -> None:
    """The refusal's number is sent from then on."""
    server = PickyServer(most_tokens=most)
    assert await asks_until_text(server, OPTIONS) == 1
    assert server.seen[-1].get("max_tokens", 0) <= most


async def test_where_the_template_is_set_nothing_is_asked_until_a_completion_is_refused() -> None:
    """Then the fields are looked at all the same."""
    options = RequestOptions("m", max_tokens=16, template="qwen")
    server = PickyServer()
    await ask(ServerKnowledge(server.send, sleep=server.sleep), options)
    assert len(server.seen) == 1
    server = PickyServer(["stream_options"], 500, "mute")
    assert (await ask(ServerKnowledge(server.send, sleep=server.sleep), options))[0] == "a + b"
