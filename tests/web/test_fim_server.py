"""To Mistral's own client, and to our own provider, the FIM server is a Mistral server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from prometheus_client.parser import text_string_to_metric_families

from fim_language_server.app.application import Application
from fim_language_server.core.values import Suggestion
from fim_language_server.web.fim_metrics import MISSING, OUTCOMES, make_metrics
from fim_language_server.web.fim_request import FimRequest
from fim_language_server.web.fim_server import FimApi, serve_fim_api
from tests.fakes.engine_bench import first_of
from tests.fakes.requests import request_at

QUESTION = {"model": "codestral-latest", "prompt": "def add(a, b):\n    ", "suffix": "\n"}


class Asked(list[FimRequest]):
    """A model that says one text, and keeps what it was asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    async def __call__(self, question: FimRequest) -> str:
        self.append(question)
        return self.text


@asynccontextmanager
async def served(model: Any, **options: Any) -> AsyncIterator[str]:
    """Serve the API over a model; yields the base URL."""
    url = asyncio.get_running_loop().create_future()

    async def announce(where: str) -> None:
        url.set_result(where)

    task = asyncio.create_task(serve_fim_api("127.0.0.1", 0, FimApi(model, **options), announce))
    try:
        yield await url
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_complete_by_the_official_client() -> None:
    async with served(Asked("return a + b")) as url, Mistral(api_key="any", server_url=url) as client:
        answer = await client.fim.complete_async(**QUESTION, temperature=0.2, stop=["\n\n"], random_seed=1)
    assert answer.choices[0].message.content == "return a + b"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_stream_by_the_official_client() -> None:
    async with (
        served(Asked("return a + é🙂b")) as url,
        Mistral(api_key="any", server_url=url) as client,
        await client.fim.stream_async(**QUESTION) as events,
    ):
        chunks = [event.data async for event in events]
    assert "".join(chunk.choices[0].delta.content for chunk in chunks) == "return a + é🙂b"
    assert len(chunks) > 3
    assert (chunks[-1].choices[0].finish_reason, chunks[-1].usage.completion_tokens) == ("stop", 6)


async def test_an_answer_without_text_is_an_answer() -> None:
    """FIM models may have nothing to say."""
    async with served(Asked("")) as url, Mistral(api_key="any", server_url=url) as client:
        whole = await client.fim.complete_async(**QUESTION)
        async with await client.fim.stream_async(**QUESTION) as events:
            reasons = [event.data.choices[0].finish_reason async for event in events]
    assert whole.choices[0].message.content == ""
    assert reasons[-1] == "stop"


async def test_models_by_the_official_client() -> None:
    async with served(Asked("")) as url, Mistral(api_key="any", server_url=url) as client:
        models = (await client.models.list_async()).data
        one = await client.models.retrieve_async(model_id="embedded")
        with pytest.raises(SDKError) as unknown:
            await client.models.retrieve_async(model_id="gpt")
    assert [model.id for model in models][:2] == ["embedded", "codestral-latest"]
    assert all(model.capabilities.completion_fim and model.type == "base" for model in models)
    assert one.max_context_length > 0
    assert unknown.value.status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"), [("right", 200), ("wrong", 401), ("", 401), ("right ", 200), ("\udcff", 401)]
)
async def test_a_key_is_asked_for_where_there_is_one(sent: str, status: int) -> None:
    """401 for another, or none."""
    headers = {"Authorization": f"Bearer {sent}"} if sent else {}
    async with (
        served(Asked("x"), key="right") as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/v1/models", headers=headers) as response,
    ):
        assert response.status == status
        assert "right" not in await response.text()


async def test_the_official_client_reads_the_errors() -> None:
    async with served(Asked("x"), key="right") as url:
        async with Mistral(api_key="wrong", server_url=url) as client:
            with pytest.raises(SDKError) as unauthorized:
                await client.fim.complete_async(**QUESTION)
        async with Mistral(api_key="right", server_url=url) as client:
            with pytest.raises(HTTPValidationError) as invalid:
                await client.fim.complete_async(**QUESTION, temperature=1.6)
            with pytest.raises(SDKError) as unknown:
                await client.fim.complete_async(**{**QUESTION, "model": "gpt"})
    assert unauthorized.value.status_code == 401
    assert invalid.value.data.detail[0].loc == ["body", "temperature"]  # type: ignore[index]
    assert unknown.value.status_code == 400


async def ask(url: str, method: str, path: str, **options: Any) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.request(method, url + path, **options) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/v1/chat/completions", 404), ("GET", "/v1/fim/completions", 405)],
)
async def test_what_is_not_there_is_told_in_json(method: str, path: str, status: int) -> None:
    async with served(Asked("")) as url:
        found, body = await ask(url, method, path)
    assert found == status
    assert "detail" in body


async def test_what_is_too_large_is_413() -> None:
    async with served(Asked("")) as url:
        status, body = await ask(url, "POST", "/v1/fim/completions", data=b" " * 4_000_001)
    assert status == 413
    assert body["object"] == "error"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "rebound.example"}, {"Host": "["}]
)
async def test_web_pages_are_refused_where_no_key_is_needed(headers: dict[str, str]) -> None:
    """A page of any origin can send a request to this machine; what it would read is code."""
    model = Asked("x")
    async with served(model) as url:
        status, _ = await ask(url, "POST", "/v1/fim/completions", headers=headers, data=json.dumps(QUESTION))
    assert status in {400, 403}
    assert model == []


async def test_a_page_that_knows_the_key_may_ask() -> None:
    headers = {"Origin": "https://editor.example", "Authorization": "Bearer k"}
    async with served(Asked("x"), key="k") as url:
        assert (await ask(url, "POST", "/v1/fim/completions", headers=headers, json=QUESTION))[0] == 200


async def test_a_bug_costs_one_answer_and_tells_nothing() -> None:
    async def broken(_: FimRequest) -> str:
        raise RuntimeError("SECRET")

    async with served(broken) as url:
        status, body = await ask(url, "POST", "/v1/fim/completions", json=QUESTION)
        assert (await ask(url, "GET", "/v1/models"))[0] == 200
    assert status == 500
    assert "SECRET" not in json.dumps(body)


async def test_health_says_when_the_workspace_is_indexed() -> None:
    ready = False
    async with served(Asked(""), is_ready=lambda: ready, key="k") as url:
        assert (await ask(url, "GET", "/health"))[0] == 503
        ready = True
        assert (await ask(url, "GET", "/health"))[0] == 200


class Nobody:
    """Hears nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


async def test_our_own_provider_completes_from_it_unchanged() -> None:
    """Only `provider.url` is set: default model, request fields, stream and shaping are those for Mistral."""
    model = Asked("return first + second")
    async with served(model) as url:
        application = Application([], Nobody(), environ={})
        problems = await application.configure({"provider": {"kind": "mistral", "url": url}})
        try:
            answer = await first_of(application.engine, request_at("def add(first, second):\n    |\n"))
        finally:
            await application.close()
    assert problems == []
    assert isinstance(answer, Suggestion)
    assert answer.text == "return first + second"
    assert (model[0].prefix, model[0].stream) == ("def add(first, second):\n    ", True)


def read_metrics(text: str) -> dict[str, float]:
    """Read the text format with Prometheus' own parser; the keys are names with their labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {f"{each.name}{sorted(each.labels.values()) if each.labels else ''}": each.value for each in samples}


async def test_prometheus_reads_what_was_asked() -> None:
    """Counts by outcome, tokens and times; the key is needed for it, and no text of a prompt or an answer is in it."""

    async def answer(question: FimRequest) -> str:
        if "broken" in question.prefix:
            raise RuntimeError("SECRET")
        return "" if "silent" in question.prefix else "ANSWER + b"

    indexed, headers = False, {"Authorization": "Bearer right"}
    metrics = make_metrics(lambda: indexed)
    path = "/v1/fim/completions"
    async with served(answer, key="right", metrics=metrics) as url, aiohttp.ClientSession() as http:
        for prompt in ("SECRET", "SECRET", "silent", "broken"):
            for stream in (False, True):
                question = {**QUESTION, "prompt": prompt, "stream": stream}
                async with http.post(url + path, json=question, headers=headers) as response:
                    await response.read()
        assert (await ask(url, "POST", path, json={**QUESTION, "temperature": 9}, headers=headers))[0] == 422
        assert (await ask(url, "POST", path, data=b" " * 4_000_001, headers=headers))[0] == 413
        assert (await ask(url, "POST", path, json=QUESTION))[0] == 401
        assert (await ask(url, "GET", "/metrics"))[0] == 401
        assert (await ask(url, "GET", "/no/such/path", headers=headers))[0] == 404
        indexed = True
        async with http.get(f"{url}/metrics", headers=headers) as response:
            text = await response.text()
            assert response.content_type == "text/plain"
    found = read_metrics(text)
    counts = {name: found[f"fim_server_requests_total['{name}']"] for name in OUTCOMES}
    assert counts == {"text": 4, "nothing": 2, "refused": 2, "unauthorized": 1, "failed": 2}
    assert found["fim_server_request_duration_seconds_count"] == 8
    assert found["fim_server_tokens_total['output']"] == 4 * 3
    assert found["fim_server_tokens_total['input']"] > 0
    assert found["fim_server_workspace_indexed"] == 1
    assert not [word for word in ("SECRET", "ANSWER", "right") if word in text]


async def test_metrics_are_guarded_as_completions_are() -> None:
    """Without a key: this machine's programs only, and no web page."""
    async with served(Asked("x"), metrics=make_metrics(lambda: True)) as url:
        assert (await ask(url, "GET", "/metrics", headers={"Origin": "https://evil.example"}))[0] == 403
        assert (await ask(url, "GET", "/metrics", headers={"Host": "rebound.example"}))[0] == 403


async def test_without_the_library_it_says_what_to_install() -> None:
    """The extra is not needed for completions."""
    async with served(Asked("x")) as url:
        status, body = await ask(url, "GET", "/metrics")
        assert (await ask(url, "POST", "/v1/fim/completions", json=QUESTION))[0] == 200
    assert (status, body["detail"]) == (501, MISSING)


def test_a_missing_library_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert make_metrics(lambda: True) is None
