"""A real LiteLLM with the files of docs/gateways.md: keys of laptops, both ways of FIM, hanging up, limits, refusals.

The model behind it is a server that speaks Mistral's API, insists on the company's key, and notes when it is hung up
on. `make test-gateway` installs LiteLLM and runs this; it takes half a minute to start.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context, Started, Usage
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from fim_language_server.providers.targets import Target, choose_target
from fim_language_server.providers.transport import Transport
from fim_language_server.settings import parse_settings
from tests.e2e.raw_client import RawClient, completion, did_open, insert_text

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "gateways.md"
LITELLM = ROOT / ".cache" / "litellm" / "bin" / "litellm"
COMPANY_KEY = "company-key"
LAPTOPS: dict[str, dict[str, Any]] = {
    "anna-long-random-text": {"user_id": "anna"},
    "rpm-long-random-text": {"user_id": "rpm", "rpm_limit": 3},
    "tpm-long-random-text": {"user_id": "tpm", "tpm_limit": 300},
    "another-long-random-text": {"user_id": "another", "tpm_limit": 300},
    "third-long-random-text": {"user_id": "third", "tpm_limit": 300},
}
SPENT = "spent-long-random-text"
OUT_OF_BUDGET = f'''

from litellm import BudgetExceededError

check_of_the_page = check


async def check(request, api_key):
    if api_key == "{SPENT}":
        raise BudgetExceededError(current_cost=5.2, max_budget=5.0)
    return await check_of_the_page(request, api_key)
'''
"""Lines behind the page's own: budgets need a database, but their refusal is LiteLLM's all the same."""

CONTEXT = Context("def add(first, second):\n    return ", "\n\n\nprint(add(1, 2))\n", "add.py", "python")
ANSWER = "first + second"
LONG = " ".join(f"word{number}" for number in range(200))
PACE_S = 0.05


def block(language: str, beginning: str) -> str:
    """Return the code block of the page that has `beginning` in its first lines."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [text for text in blocks if beginning in text]
    return str(found)


@frozen
class Gateway:
    """LiteLLM at `url`, and the model's server behind it at `upstream`."""

    url: str
    upstream: str
    log: Path = field(repr=False)

    def target(self, way: str, key: str, **more: Any) -> tuple[Target, dict[str, Any]]:
        """Return what the page's settings for this way (`openai` or `mistral`) mean for the owner of a key."""
        text = block("json", f'"kind": "{way}"').replace("https://gateway.example", self.url)
        raw = json.loads(text)
        raw["provider"] |= more
        settings, problems = parse_settings(raw)
        assert problems == []
        target = choose_target(settings.provider, {"FIM_GATEWAY_KEY": key})
        assert target is not None
        return target, raw

    def script(self, answer: str = ANSWER, **script: Any) -> None:
        """Have the model's server answer so from now on."""
        body = json.dumps({"answer": answer, "script": script}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.upstream}/_script", body, method="PUT"), timeout=30):
            pass

    def asked(self) -> list[dict[str, Any]]:
        """Return the completions that the model's server was asked for, the oldest first."""
        with urllib.request.urlopen(f"{self.upstream}/_requests", timeout=30) as response:
            return [each for each in json.loads(response.read()) if each["method"] == "POST"]

    async def until_over(self, n_before: int) -> dict[str, Any]:
        """Wait until the model's server has given up or given the request after `n_before`; return the request."""
        async with asyncio.timeout(60):
            while True:
                later = (await asyncio.to_thread(self.asked))[n_before:]
                if later and (later[0]["hung_up_at"] or later[0]["finished_at"]):
                    return later[0]
                await asyncio.sleep(PACE_S)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    words = [sys.executable, "-m", "benchmarks.fake_api.provider_server", "--key", COMPANY_KEY]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removesuffix("/v1")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def gateway(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Start LiteLLM with the page's files; only addresses are replaced."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("each process would start a LiteLLM of its own: `make test-gateway` runs these one by one")
    if not LITELLM.exists():
        pytest.skip("LiteLLM is not installed: `make test-gateway` installs it (756 MB)")
    folder = tmp_path_factory.mktemp("gateway")
    config = block("yaml", "model_list:")
    assert "https://api.mistral.ai" in config
    (folder / "config.yaml").write_text(config.replace("https://api.mistral.ai", upstream), encoding="utf-8")
    (folder / "laptop_keys.py").write_text(block("python", "UserAPIKeyAuth") + OUT_OF_BUDGET, encoding="utf-8")
    keys = {hashlib.sha256(key.encode()).hexdigest(): limits for key, limits in LAPTOPS.items()}
    (folder / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environ |= {"MISTRAL_API_KEY": COMPANY_KEY, "MISTRAL_API_BASE": upstream, "LITELLM_MASTER_KEY": "sk-master"}
    environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "PYTHONUNBUFFERED": "1"}
    log = folder / "log.txt"
    words = [str(LITELLM), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(words, cwd=folder, env=environ, stdout=out, stderr=out) as process:
        try:
            wait_until_ready(process, log)
            yield Gateway(f"http://127.0.0.1:{port}", upstream, log)
        finally:
            process.kill()


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    while b"Uvicorn running" not in log.read_bytes():
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"LiteLLM ended: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(autouse=True)
def _usual_answers(gateway: Gateway) -> None:
    gateway.script()


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(connect_timeout=30.0, first_byte_timeout=60.0)
    yield transport
    await transport.close()


async def ask(transport: Transport, target: Target) -> tuple[str, Usage | None]:
    """Return text and usage of a completion. Raises ProviderError."""
    text, usage = "", None
    async for event in transport.stream(target.provider, target.url, CONTEXT, target.options, target.credentials):
        if isinstance(event, Chunk):
            text, usage = text + event.text, event.usage or usage
    return text, usage


async def refusal(transport: Transport, target: Target) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await ask(transport, target)
    assert target.url.split("/")[2] in str(refused.value)  # It speaks of the host that answered.
    return refused.value


async def first_refusal(transport: Transport, target: Target, most: int) -> ProviderError | None:
    """Ask until the gateway refuses, up to `most` times."""
    for _ in range(most):
        try:
            await ask(transport, target)
        except ProviderError as error:
            return error
    return None


WAYS = pytest.mark.parametrize("way", ["openai", "mistral"])


@WAYS
async def test_ghost_text_comes_through_with_the_laptops_key_alone(gateway: Gateway, way: str) -> None:
    """In an editing session: prompt and suffix arrive behind the gateway, with the company's key."""
    _, raw = gateway.target(way, "")
    raw["provider"] |= {"fallback": [], "apiKeyEnv": "FIM_TEST_KEY", "firstByteTimeoutMs": 60_000}
    client = await RawClient.stdio(FIM_TEST_KEY="anna-long-random-text")
    n_before = len(gateway.asked())
    try:
        await client.initialize({**raw, "trigger": {"maxDelayMs": 0}})
        client.send(did_open(CONTEXT.prefix + CONTEXT.suffix))
        async with asyncio.timeout(100):
            client.send(completion(1, 1, 11))
            assert insert_text(await client.answer(1)) == ANSWER
    finally:
        await client.kill()
    body = gateway.asked()[n_before:][-1]["body"]
    assert body["prompt"].endswith("return ")
    assert body["suffix"].endswith(CONTEXT.suffix)
    assert body["stream"] is True


@WAYS
async def test_usage_is_in_the_stream(gateway: Gateway, transport: Transport, way: str) -> None:
    """Else budget and statistics would estimate."""
    target, _ = gateway.target(way, "anna-long-random-text")
    text, usage = await ask(transport, target)
    assert text == ANSWER
    assert usage is not None
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0


@WAYS
@pytest.mark.parametrize("has_begun", [True, False], ids=["in the middle", "before the first token"])
async def test_hanging_up_a_stream_stops_the_model(
    gateway: Gateway, transport: Transport, way: str, has_begun: bool
) -> None:
    """The model's server sees its connection closed, long before the answer is whole."""
    target, _ = gateway.target(way, "anna-long-random-text", maxTokens=400)
    await ask(transport, target)  # The probes are over then.
    n_before = len(gateway.asked())
    # On the pass-through LiteLLM looks at its client only between pieces of the answer.
    silence_s = 0.0 if has_begun else 2.0 if way == "mistral" else 3_600.0
    gateway.script(LONG, per_token=PACE_S, first_byte_after=silence_s)
    events = transport.stream(target.provider, target.url, CONTEXT, target.options, target.credentials)
    if has_begun:
        async with aclosing(events):
            async for event in events:
                if not isinstance(event, Started) and event.text:
                    break
    else:
        waiting = asyncio.ensure_future(anext(events))
        async with asyncio.timeout(60):
            while len(await asyncio.to_thread(gateway.asked)) == n_before:
                await asyncio.sleep(PACE_S)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    request = await gateway.until_over(n_before)
    assert request["hung_up_at"] is not None
    assert request["n_sent"] < 200


@WAYS
async def test_a_plain_request_runs_to_its_end(gateway: Gateway, transport: Transport, way: str) -> None:
    """The page's reason to keep `provider.stream` on; if LiteLLM learns to stop, the page can say so."""
    target, _ = gateway.target(way, "anna-long-random-text", stream=False, maxTokens=400)
    await ask(transport, target)
    n_before = len(gateway.asked())
    gateway.script(LONG, per_token=0.01)
    waiting = asyncio.ensure_future(ask(transport, target))
    async with asyncio.timeout(60):
        while len(await asyncio.to_thread(gateway.asked)) == n_before:
            await asyncio.sleep(PACE_S)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    request = await gateway.until_over(n_before)
    assert (request["hung_up_at"], request["n_sent"]) == (None, 200)


@WAYS
async def test_an_unknown_key_is_named_as_the_laptops(gateway: Gateway, transport: Transport, way: str) -> None:
    error = await refusal(transport, gateway.target(way, "nobodys-long-random-text")[0])
    assert isinstance(error, AuthenticationError)
    assert "refused the key from FIM_GATEWAY_KEY (401)" in str(error)


@WAYS
async def test_a_budget_that_is_used_up_is_named(gateway: Gateway, transport: Transport, way: str) -> None:
    error = await refusal(transport, gateway.target(way, SPENT)[0])
    assert isinstance(error, AuthenticationError)
    assert "The budget of the key from FIM_GATEWAY_KEY" in str(error)


async def test_limits_of_a_key_are_understood(gateway: Gateway, transport: Transport) -> None:
    """Requests on both ways, tokens on completions; the time at which they end is read from the words."""
    for way, key in (("mistral", "rpm-long-random-text"), ("openai", "tpm-long-random-text")):
        target, _ = gateway.target(way, key)
        error = await first_refusal(transport, target, 60)
        assert isinstance(error, RateLimitedError)
        assert 1 < (error.retry_after or 0) <= 70


async def test_tokens_of_a_key_are_not_counted_on_the_pass_through(gateway: Gateway, transport: Transport) -> None:
    """A row of the page's table: 40 answers of 13 tokens come, where completions end before 300.

    A request that follows on another at once may be refused there, too: its most tokens are set aside while it runs.
    """
    plain, _ = gateway.target("mistral", "another-long-random-text")
    n_served = 0
    for _ in range(400):
        n_served += await is_served(transport, plain)
        if n_served == 40:
            break
    assert n_served == 40
    target, _ = gateway.target("openai", "third-long-random-text")
    assert 1 < sum([await is_served(transport, target) for _ in range(20)]) < 14


async def is_served(transport: Transport, target: Target) -> bool:
    try:
        return (await ask(transport, target))[0] == ANSWER
    except RateLimitedError:
        return False


async def test_refusals_of_the_vendor_are_not_taken_for_the_laptops(gateway: Gateway, transport: Transport) -> None:
    """A wrong company key blames no laptop's key; a limit and a failure of the vendor's are what they are."""
    target, _ = gateway.target("openai", "anna-long-random-text")
    await ask(transport, target)
    gateway.script(status=401, body={"detail": "Unauthorized"}, content_type="application/json")
    error = await refusal(transport, target)
    assert isinstance(error, AuthenticationError)
    assert "refused the gateway's own (401)" in str(error)
    gateway.script(status=429, body={"message": "Requests rate limit exceeded"}, headers={"Retry-After": "5"})
    assert isinstance(await refusal(transport, target), RateLimitedError)
    gateway.script(status=503, body={"message": "overloaded"})
    assert isinstance(await refusal(transport, target), UnavailableError)
    gateway.script()
    assert (await ask(transport, target))[0] == ANSWER  # Nothing is closed for everybody after a refusal.


async def test_retry_after_of_the_vendor_is_kept_on_the_pass_through(gateway: Gateway, transport: Transport) -> None:
    target, _ = gateway.target("mistral", "anna-long-random-text")
    gateway.script(status=429, body={"message": "Requests rate limit exceeded"}, headers={"Retry-After": "7"})
    error = await refusal(transport, target)
    assert (type(error), error.retry_after) == (RateLimitedError, 7)


async def test_a_model_that_the_gateway_does_not_have_is_named(gateway: Gateway, transport: Transport) -> None:
    target, _ = gateway.target("openai", "anna-long-random-text", model="no-such-model")
    error = await refusal(transport, target)
    assert isinstance(error, RequestRejectedError)
    assert 'does not have the model "no-such-model"' in str(error)
