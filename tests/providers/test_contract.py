"""What every provider of the registry keeps, whoever wrote it: proved by its recording in tests/recordings/."""

from __future__ import annotations

import ast
import inspect
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import fields, has

from fim_language_server.core.values import Chunk, Context, Snippet
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import Framing, Provider, RequestOptions, RequestSummary
from fim_language_server.providers.replies.framing import DECODERS

RECORDINGS = Path(__file__).parents[1] / "recordings"
STREAMS = {Framing.SSE: "stream.sse", Framing.NDJSON: "stream.ndjson", Framing.JSON: "stream.json"}
KEY = "k3y-that-must-not-show"

every_provider = pytest.mark.parametrize("provider", REGISTRY.values(), ids=REGISTRY)


def read(provider: Provider, name: str) -> bytes:
    path = RECORDINGS / provider.name / name
    assert path.exists(), f"{provider.name} needs a recording: add {path.relative_to(RECORDINGS.parent)}"
    return path.read_bytes()


def recorded_request(provider: Provider) -> tuple[Context, RequestOptions, dict[str, Any]]:
    recording = json.loads(read(provider, "request.json"))
    said, asked = recording["context"], recording["options"]
    snippets = tuple(Snippet(**snippet) for snippet in said["snippets"])
    options = RequestOptions(**{**asked, "stop": tuple(asked.get("stop", ()))})
    return Context(**{**said, "snippets": snippets}), options, recording


def read_stream(provider: Provider, pieces: list[bytes]) -> list[Chunk]:
    decoder = DECODERS[provider.framing]()
    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()
    chunks = [provider.read_event(event) for event in events if not provider.is_end(event)]
    return [chunk for chunk in chunks if chunk is not None]


def endpoint(provider: Provider) -> str:
    """The endpoint of the recording: some hosts have no address without the user's own part of it."""
    place = recorded_request(provider)[2].get("place", {})
    return provider.endpoint(place.get("base_url", ""), place.get("region", ""), place.get("project", ""))


def check_answer(provider: Provider, chunks: list[Chunk]) -> None:
    expected = json.loads(read(provider, "expected.json"))
    assert "".join(chunk.text for chunk in chunks) == expected["text"]
    reasons = [chunk.finish_reason for chunk in chunks if chunk.finish_reason]
    assert reasons == [expected["finish_reason"]]
    usages = [
        {"prompt_tokens": chunk.usage.prompt_tokens, "completion_tokens": chunk.usage.completion_tokens}
        for chunk in chunks
        if chunk.usage
    ]
    assert usages == ([expected["usage"]] if expected["usage"] else [])


@every_provider
def test_it_builds_the_recorded_request(provider: Provider) -> None:
    """URL and body are the recorded ones, and the URL comes from the provider's own base."""
    context, options, recording = recorded_request(provider)
    request = provider.build_request(endpoint(provider), context, options)
    assert request.url == recording["url"]
    assert json.loads(json.dumps(dict(request.body))) == recording["body"]


@every_provider
def test_it_reads_the_recorded_stream_whatever_the_chunking(provider: Provider) -> None:
    """In one piece, byte by byte, and in fifty random ways."""
    body = read(provider, STREAMS[provider.framing])
    check_answer(provider, read_stream(provider, [body]))
    check_answer(provider, read_stream(provider, [body[n : n + 1] for n in range(len(body))]))
    dice = random.Random(provider.name)
    for _ in range(50):
        cuts = sorted(dice.sample(range(len(body)), 7))
        pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        check_answer(provider, read_stream(provider, pieces))


@every_provider
def test_it_reads_the_recorded_answer_in_one_piece(provider: Provider) -> None:
    """What is not streamed is read by the same function."""
    chunk = provider.read_event(read(provider, "response.json").decode())
    assert chunk is not None
    check_answer(provider, [chunk])


@every_provider
def test_a_stream_that_is_cut_never_says_that_it_is_whole(provider: Provider) -> None:
    """Wherever it is cut: a part of the text, and no finish reason before the text is whole."""
    body = read(provider, STREAMS[provider.framing])
    whole = json.loads(read(provider, "expected.json"))["text"]
    for cut in range(0, len(body), 7):
        decoder = DECODERS[provider.framing]()
        events = decoder.feed(body[:cut])
        chunks = [chunk for event in events if not provider.is_end(event) if (chunk := provider.read_event(event))]
        text = "".join(chunk.text for chunk in chunks)
        assert whole.startswith(text)
        assert text == whole or not any(chunk.finish_reason for chunk in chunks)


@every_provider
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthenticationError), (429, RateLimitedError), (500, UnavailableError), (503, UnavailableError)],
)
def test_it_maps_refusals(provider: Provider, status: int, kind: type[ProviderError]) -> None:
    """The refusals that every API has become our errors, in a sentence without the key."""
    asked = RequestSummary(provider.default_model, endpoint(provider), provider.api_key_env or "", (KEY, "prefix"))
    headers = {"date": "Sun, 06 Nov 1994 08:49:37 GMT", "retry-after": "2"}
    for body in ("", f'{{"message": "no: {KEY}"}}', f"<html>{KEY}"):
        error = provider.read_error(status, headers, body, asked)
        assert isinstance(error, kind)
        assert error.provider == provider.name
        assert error.retry_after == (2.0 if kind is not AuthenticationError else None)
        assert KEY not in f"{error} {error!r}"
        assert str(error).endswith(".")


@every_provider
@pytest.mark.parametrize("data", ["garbage", '{"error": {"message": "boom"}}', ""])
def test_it_maps_a_broken_stream(provider: Provider, data: str) -> None:
    """Garbage, and an error inside a good answer, are StreamErrors."""
    with pytest.raises(StreamError):
        provider.read_event(data)


@every_provider
def test_it_shows_neither_key_nor_text(provider: Provider) -> None:
    """A request can be logged by its `repr`; what it carries cannot."""
    context, options, _ = recorded_request(provider)
    request = provider.build_request(endpoint(provider), context, options)
    assert context.prefix not in repr(request)
    assert "def mean" not in f"{request!r} {context!r} {provider!r}"


@every_provider
def test_it_is_a_frozen_value(provider: Provider) -> None:
    """A provider holds no state, so it can be shared by everybody."""
    assert has(type(provider))
    name = fields(type(provider))[0].name  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        setattr(provider, name, "other")
    assert provider == REGISTRY[provider.name]
    assert hash(provider)


@every_provider
def test_its_module_does_no_io(provider: Provider) -> None:
    """The file of a wire API is pure: no `async`, and nothing imported that could reach the world."""
    tree = ast.parse(inspect.getsource(sys.modules[type(provider).__module__]))
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not imported & {"asyncio", "aiohttp", "os", "io", "socket", "time", "logging", "pathlib", "subprocess"}
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree))


def test_no_recording_without_a_provider() -> None:
    """A folder that nothing reads is a mistake in its name."""
    assert {path.name for path in RECORDINGS.iterdir() if path.is_dir()} == set(REGISTRY)
