"""The trial with real laptops: its host keeps limits as providers do, and its figures are what was served."""

from __future__ import annotations

import random
import sys
from typing import Any

import aiohttp
import pytest

from benchmarks.fake_api.provider_server import Recorded
from benchmarks.team.limited_host import LimitedHost, tokens_of
from benchmarks.team.processes import TeamPlan, fullest, run_trials, sessions


async def asked(host: LimitedHost, prompt: str) -> int:
    body = {"model": "codestral-latest", "prompt": prompt, "suffix": "", "stream": False}
    url = f"{host.url}/fim/completions"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        await response.read()
        return response.status


@pytest.mark.parametrize(("requests", "tokens"), [(2, 0), (0, 250)])
async def test_the_host_refuses_what_is_over_its_limits_and_says_no_more(requests: int, tokens: int) -> None:
    """Two requests of about a hundred tokens fit."""
    async with LimitedHost(api_key=None, requests_per_minute=requests, tokens_per_minute=tokens) as host:
        assert [await asked(host, "x" * 320) for _ in range(3)] == [200, 200, 429]
        assert (len(host.served), len(host.refused)) == (2, 1)
        assert sum(map(tokens_of, host.served)) <= 250
        for served in host.served:
            served.arrived_at -= 60  # a minute later
        assert await asked(host, "x" * 320) == 200


def test_the_fullest_minute_is_found_wherever_it_begins() -> None:
    """Any 60 s, as the host counts."""
    assert fullest([(0, 10), (50, 10), (59.9, 5), (60, 7), (110, 30), (200, 1)]) == 42
    assert fullest([]) == 0


def test_a_third_types_at_a_time() -> None:
    """Over a long time, and within the plan's minutes."""
    plan = TeamPlan(minutes=600)
    times = [list(sessions(plan, random.Random(seed))) for seed in range(20)]
    typed = sum(seconds for each in times for _, seconds in each)
    assert typed / (20 * 600 * 60) == pytest.approx(0.3, abs=0.05)
    assert all(at + seconds <= 600 * 60 + 1 for each in times for at, seconds in each)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Valkey server for Windows")
async def test_real_laptops_share_a_limit_by_a_real_server() -> None:
    """Three of them, for some seconds: nothing is refused, and each is served."""
    plan = TeamPlan(members=3, minutes=0.1, always_types=True)
    found: Any = (await run_trials([plan]))[0]
    assert found["refusals"] == 0
    assert found["requests"] > 0
    assert found["tokens in the fullest minute"] <= 60_000


def recorded(prompt: str, n_sent: int) -> Recorded:
    return Recorded("POST", "/", {}, {"prompt": prompt, "suffix": ""}, None, 0.0, n_sent=n_sent)


def test_an_answer_counts_as_far_as_it_was_sent() -> None:
    """A stream that was hung up is paid for so far."""
    assert tokens_of(recorded("x" * 320, 9)) - tokens_of(recorded("x" * 320, 0)) == 9
