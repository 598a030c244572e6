"""What every provider of the registry keeps, whoever wrote it: proved by its recording in tests/recordings/."""

from __future__ import annotations

import ast
import inspect
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, fields, has

from fim_language_server.core.values import Chunk, Context, Snippet, Usage
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    StreamError,
    UnavailableError,
)
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import (
    NOTHING_KNOWN,
    Framing,
    Provider,
    RequestOptions,
    RequestSummary,
    ServerFacts,
)
from fim_language_server.providers.host_limits import (
    CutUnit,
    Kept,
    SilentCut,
)
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


CACHED: dict[str, dict[str, Any]] = {
    "llamacpp": {"content": "x", "stop": True, "tokens_evaluated": 90, "tokens_predicted": 4, "timings/cache_n": 64},
    "deepseek": {"prompt_tokens": 90, "completion_tokens": 4, "prompt_cache_hit_tokens": 64},
    "openai": {"prompt_tokens": 90, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 64}},
    "mistral": {"prompt_tokens": 90, "completion_tokens": 4, "num_cached_tokens": 64},
}
"""The last event or the usage in it, as hosts with a cache of their own send it."""

WITHOUT_CACHE = {"ollama", "tabby"}
"""Hosts that report no cached tokens: Ollama counts those that it evaluated, Tabby none at all."""


@every_provider
def test_it_tells_cached_tokens_from_fresh_ones(provider: Provider) -> None:
    """By each API's own field; never more than the prompt has."""
    if provider.name in WITHOUT_CACHE:
        return
    said = CACHED.get(provider.name, CACHED["mistral"])
    event = said if "stop" in said else {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}], "usage": said}
    chunk = provider.read_event(json.dumps(event))
    assert chunk is not None
    assert chunk.usage == Usage(90, 4, 64)
    excessive = provider.read_event(json.dumps(event).replace("64", "640"))
    assert excessive is not None
    assert excessive.usage == Usage(90, 4, 90)


def test_cached_tokens_of_llama_cpp_behind_openais_api() -> None:
    """They are among the timings of the last event."""
    event = {"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 4}, "timings": {"cache_n": 64}}
    chunk = REGISTRY["openai"].read_event(json.dumps(event))
    assert chunk is not None
    assert chunk.usage == Usage(90, 4, 64)


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


LINES = (
    "    total = add(total, item.price * item.count)\n",
    "\n",
    "}\n",
    "    # 合計を計算する。税は含まない。\n",
    'emoji = "🙂🧑‍💻🏳️‍🌈"\n',
    "naïve = 'é' + 'e\u0301'\n",
    "0x" + "9f" * 700 + "\n",
    "データ" * 300 + "\n",
    "🙂" * 400 + "\n",
)
"""Lines of code, of CJK text and emoji, and lines that are longer than some host's whole limit."""

SEEN_BEFORE, SEEN_AFTER = 64, 32
"""Code points right before and after the cursor that every model must see."""


def random_context(dice: random.Random) -> Context:
    """A place in a document of up to some 20,000 code points on each side, with up to six snippets."""

    def text(most: int) -> str:
        kinds = dice.sample(LINES, dice.randint(1, 4))
        whole = "".join(dice.choice(kinds) for _ in range(dice.randint(0, most)))
        return whole[: dice.randint(0, len(whole))]

    snippets = tuple(Snippet(f"src/データ{n}.py", text(30)) for n in range(dice.randint(0, 6)))
    return Context(text(300), text(300), "src/shop.py", "python", snippets)


def tokens_of(text: str) -> list[str]:
    """Many small tokens, as a vocabulary without this text would make: an emoji alone counts as three."""
    found = re.findall(r"[A-Za-z]{1,4}|\s{1,4}|.", text, re.DOTALL)
    return [part for token in found for part in (token, *[""] * (2 if ord(token[0]) > 0xFFFF else 0))]


def texts_at(body: Any, path: str) -> Iterator[str]:
    """The texts at a path of field names through objects and lists."""
    name, _, rest = path.partition(".")
    for holder in body if isinstance(body, list) else [body]:
        value = holder.get(name, "") if isinstance(holder, dict) else ""
        if rest:
            yield from texts_at(value, rest)
        elif isinstance(value, str):
            yield value


def number_at(body: Any, path: str) -> int:
    for name in path.split("."):
        body = body[name]
    assert isinstance(body, int)
    return body


def after_cut(cut: SilentCut, body: Mapping[str, Any]) -> str:
    """What a host that cuts so would leave of the fields that the cut is about."""
    texts = [text for path in cut.fields for text in texts_at(body, path)]
    limit = number_at(body, cut.limit_field) if cut.limit_field else cut.limit
    if cut.kept is Kept.WHOLE_PIECES:
        sizes = [sum(len(each.encode()) for each in texts[: n + 1]) for n in range(len(texts))]
        return "".join(text for text, size in zip(texts, sizes, strict=True) if size <= limit)
    joined = "".join(texts)
    if cut.unit is CutUnit.TOKENS:
        tokens = tokens_of(joined)
        return "".join(tokens[-limit:] if cut.kept is Kept.END else tokens[:limit])
    data = joined.encode()
    return (data[-limit:] if cut.kept is Kept.END else data[:limit]).decode("utf-8", "ignore")


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings_in(each)


@every_provider
@pytest.mark.parametrize(
    "facts", [NOTHING_KNOWN, ServerFacts(True, 2_048, 2.5), ServerFacts(False, 1_024), ServerFacts(True, 131_072, 3.5)]
)
def test_the_model_sees_the_text_around_the_cursor(provider: Provider, facts: ServerFacts) -> None:
    """After the cuts that the host makes without an error: the end of the prefix, and the beginning of the suffix.

    Of a cut by bytes, which is counted exactly, nothing is lost at all.
    """
    dice = random.Random(f"{provider.name} {facts.context_tokens}")
    options = evolve(recorded_request(provider)[1], template="auto", facts=facts)
    options = evolve(options, model=options.model if provider.name != "openai" else "qwen2.5-coder")
    for _ in range(40):
        context = random_context(dice)
        body = provider.build_request(endpoint(provider), context, options).body
        seen = "\0".join(after_cut(cut, body) for cut in provider.silent_cuts) or "\0".join(strings_in(dict(body)))
        assert context.prefix[-SEEN_BEFORE:] in seen
        assert context.suffix[:SEEN_AFTER] in seen
        for cut in provider.silent_cuts:
            if cut.unit is CutUnit.BYTES:
                assert after_cut(cut, body) == "".join(text for path in cut.fields for text in texts_at(body, path))


def test_no_recording_without_a_provider() -> None:
    """A folder that nothing reads is a mistake in its name."""
    assert {path.name for path in RECORDINGS.iterdir() if path.is_dir()} == set(REGISTRY)
