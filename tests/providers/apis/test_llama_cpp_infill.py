"""llama.cpp's `/infill`, as far as no server is needed: windows by what it told, events, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.values import Chunk, Context, Snippet, Usage
from fim_language_server.errors import AuthenticationError, RequestRejectedError, StreamError, UnavailableError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.apis.token_windows import estimate_tokens
from fim_language_server.providers.base import ProbeReply, RequestOptions, RequestSummary, ServerFacts

LLAMA = REGISTRY["llamacpp"]
LONG = Context("x = 1\n" * 5_000, "y = 2\n" * 5_000, "a.py", "python", (Snippet("b.py", "z = 3\n" * 100),) * 3)


def body_of(context: Context = LONG, max_tokens: int = 128, **facts: Any) -> dict[str, Any]:
    options = RequestOptions("", max_tokens=max_tokens, facts=ServerFacts(**facts))
    return dict(LLAMA.build_request("http://x", context, options).body)


@pytest.mark.parametrize("context_tokens", [None, 512, 1_024, 2_048, 8_192, 131_072])
@pytest.mark.parametrize("per_token", [None, 1.0, 2.5, 4.0])
def test_windows_fit(context_tokens: int | None, per_token: float | None) -> None:
    """Whatever the server has room for: the parts stay within what it would cut, and leave room for the answer."""
    body = body_of(context_tokens=context_tokens, bytes_per_token=per_token)
    batch = min(2_048, context_tokens or 4_096)
    prefix, suffix = (estimate_tokens(body[name], per_token) for name in ("input_prefix", "input_suffix"))
    assert prefix - 1 <= 3 * batch // 4
    assert suffix - 1 <= batch // 4 - 2
    extra = sum(estimate_tokens(each["text"], per_token) for each in body.get("input_extra", ()))
    assert prefix + suffix + extra + 128 <= (context_tokens or 4_096)
    assert LONG.prefix.endswith(body["input_prefix"])
    assert LONG.suffix.startswith(body["input_suffix"])
    assert body["input_prefix"].startswith("x = 1\n")
    assert body["input_suffix"].endswith("\n")


@given(
    st.integers(16, 9_000),
    st.integers(1, 4_096),
    st.none() | st.floats(1.0, 5.0),
    st.text(min_size=1, max_size=300),
    st.sampled_from(["", "x = 1\n" * 3_000, "🙂" * 3_000, "\n"]),
)
def test_the_prompt_is_never_empty(
    n_context: int, max_tokens: int, per_token: float | None, text: str, filler: str
) -> None:
    """However large an answer is wanted: its share is lowered, and what stands before the cursor is sent."""
    context = Context(filler + text, text + filler, "a.py", "python")
    body = body_of(context, max_tokens, context_tokens=n_context, bytes_per_token=per_token)
    assert body["input_prefix"]
    assert 1 <= body["n_predict"] <= max(1, n_context // 2)
    tokens = sum(estimate_tokens(body[name], per_token) - 1 for name in ("input_prefix", "input_suffix"))
    assert tokens + body["n_predict"] <= n_context


def test_both_parts_are_always_sent() -> None:
    """The server answers with an exception where one is missing."""
    body = body_of(Context("", ""))
    assert (body["input_prefix"], body["input_suffix"]) == ("", "")


def reply(body: Any, status: int = 200) -> ProbeReply:
    return ProbeReply(status, {}, body if isinstance(body, str) else json.dumps(body))


PROPS = {"default_generation_settings": {"n_ctx": 8_192}, "total_slots": 4}


def test_facts() -> None:
    """The size of a slot's context, and how its tokenizer counts."""
    facts = LLAMA.read_facts(RequestOptions(""), [reply(PROPS), reply({"tokens": list(range(93))})])  # type: ignore[attr-defined]
    assert facts.context_tokens == 8_192
    assert facts.bytes_per_token is not None
    assert 2.5 < facts.bytes_per_token < 3.5
    assert facts.finding == f"a context of 8192 tokens, reckoned with {facts.bytes_per_token:.1f} bytes to a token"


@pytest.mark.parametrize("props", [reply({}, 404), reply("<html>"), reply({"default_generation_settings": None})])
def test_a_server_that_tells_nothing(props: ProbeReply) -> None:
    """Older ones, and proxies: what is usual is assumed."""
    facts = LLAMA.read_facts(RequestOptions(""), [props, reply("", 404)])  # type: ignore[attr-defined]
    assert (facts.context_tokens, facts.bytes_per_token) == (None, None)


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (503, UnavailableError)])
def test_a_server_that_cannot_be_asked(status: int, kind: type) -> None:
    """Without a key, or while the model is loading, it could not complete either."""
    error = {"error": {"code": status, "message": "Loading model", "type": "unavailable_error"}}
    with pytest.raises(kind, match=r"401|still loading its model \(503\)"):
        LLAMA.read_facts(RequestOptions(""), [reply(error, status), reply(error, status)])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"content": "x", "stop": False}, Chunk("x")),
        ({"content": "", "stop": False}, Chunk()),
        ({"content": "", "stop": True, "stop_type": "eos"}, Chunk("", "stop", Usage())),
        ({"content": "x", "stop": True, "stop_type": "word"}, Chunk("x", "stop", Usage())),
        (
            {"content": "", "stop": True, "stop_type": "limit", "tokens_evaluated": 9, "tokens_predicted": 2},
            Chunk("", "length", Usage(9, 2)),
        ),
        (
            {"content": "", "stop": True, "stop_type": "none", "tokens_evaluated": 9, "timings/cache_n": 4},
            Chunk("", "stop", Usage(9, 0, 4)),
        ),
        # Never more are from the cache than there were.
        ({"content": "", "stop": True, "stop_type": "none", "timings/cache_n": 4}, Chunk("", "stop", Usage(0, 0, 0))),
    ],
)
def test_events(event: dict[str, Any], expected: Chunk | None) -> None:
    """An event with nothing in it comes while a stop text is half matched; the last one tells the reason."""
    assert LLAMA.read_event(json.dumps(event)) == expected


def test_an_event_of_another_api() -> None:
    """What has no content is no answer of this server."""
    with pytest.raises(StreamError):
        LLAMA.read_event('{"choices": []}')


@pytest.mark.parametrize(
    ("status", "message", "kind", "words"),
    [
        (
            400,
            "request (5000 tokens) exceeds the available context size (2048 tokens), try increasing it",
            RequestRejectedError,
            "too long",
        ),
        (
            501,
            "Infill is not supported by this model: prefix token is missing.",
            RequestRejectedError,
            "cannot fill in",
        ),
        (503, "Loading model", UnavailableError, "is still loading its model (503)"),
        (401, "Invalid API Key", AuthenticationError, "asks for a key (401)"),
        (404, "File Not Found", RequestRejectedError, "There is no FIM API at http://x (404)"),
    ],
)
def test_refusals(status: int, message: str, kind: type, words: str) -> None:
    """What llama.cpp says, in a sentence with its remedy."""
    error = LLAMA.read_error(status, {}, json.dumps({"error": {"message": message}}), RequestSummary("", "http://x"))
    assert isinstance(error, kind)
    assert words in str(error)
