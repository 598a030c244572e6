"""Requests hold only what the API accepts; answers are read in every shape hosts give them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fake_api import mistral_dialect
from fim_language_server.core.values import Chunk, Context, Snippet, Usage
from fim_language_server.errors import StreamError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.apis.mistral_fim import MAX_STOPS, MistralFim, render_prompt
from fim_language_server.providers.base import RequestOptions

MISTRAL = REGISTRY["mistral"]
CONTEXT = Context("def f():\n    ", "\n", "a.py", "python")


def body_of(context: Context = CONTEXT, **options: Any) -> dict[str, Any]:
    request = MISTRAL.build_request("http://x", context, RequestOptions(**{"model": "codestral-latest", **options}))
    body = dict(request.body)
    assert not mistral_dialect.check_request(json.loads(json.dumps(body)))
    return body


def test_a_request_of_defaults() -> None:
    """What is not set is left out, for the host to decide; the suffix is always sent."""
    assert body_of() == {
        "model": "codestral-latest",
        "prompt": "def f():\n    ",
        "suffix": "\n",
        "stream": True,
    }
    assert body_of(evolve(CONTEXT, suffix=""))["suffix"] == ""
    assert body_of(model="")["model"] == "codestral-latest"


def test_a_request_of_all_options() -> None:
    """Every parameter of the API can be set."""
    options = {
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 64,
        "min_tokens": 1,
        "random_seed": 0,
        "stream": False,
    }
    body = body_of(**options, stop=("\n\n", "x", "\n\n"))  # type: ignore[arg-type]
    assert {name: body[name] for name in options} == options
    assert body["stop"] == ["\n\n", "x"]


def test_options_out_of_bounds_are_bounded_and_said() -> None:
    """What the API would refuse is sent as the nearest it takes, and the user is told."""
    options = RequestOptions("m", temperature=2.0, max_tokens=5, min_tokens=9, stop=tuple(str(n) for n in range(20)))
    body = MISTRAL.build_request("http://x", CONTEXT, options).body
    assert (body["temperature"], body["min_tokens"], len(body["stop"])) == (1.5, 5, MAX_STOPS)
    assert len(MISTRAL.option_warnings(options)) == 3
    assert all(remark.startswith("provider.") for remark in MISTRAL.option_warnings(options))
    assert MISTRAL.option_warnings(RequestOptions("m", temperature=1.5, min_tokens=5, max_tokens=5)) == ()


def test_a_field_the_host_does_not_take_is_left_out_and_said() -> None:
    """The allow-list is the host's own."""
    assert isinstance(MISTRAL, MistralFim)
    host = evolve(MISTRAL, fields=MISTRAL.fields - {"random_seed"})
    options = RequestOptions("m", random_seed=1, top_p=0.5)
    assert "random_seed" not in host.build_request("http://x", CONTEXT, options).body
    assert host.option_warnings(options) == ("provider.randomSeed: Mistral does not take it.",)


def test_snippets_are_headed_by_their_paths() -> None:
    """Other files stand before the prefix as Codestral was taught; without them the prompt is the prefix."""
    context = evolve(CONTEXT, snippets=(Snippet("b.py", "B = 1"), Snippet("c.py", "C = 2")))
    assert render_prompt(context) == ("+++++ b.py\nB = 1\n\n+++++ c.py\nC = 2\n\n+++++ a.py\ndef f():\n    ")
    assert body_of(context, stop=("x",))["stop"] == ["\n+++++ ", "x"]
    assert render_prompt(evolve(context, path="")).endswith("+++++ untitled\ndef f():\n    ")
    assert "stop" not in body_of()


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_can_be_sent(prefix: str, suffix: str) -> None:
    """Lone surrogates and all: the body is JSON that a server can read as UTF-8."""
    body = body_of(Context(prefix, suffix))
    assert json.loads(json.dumps(body).encode()) == body
    body["prompt"].encode()
    body["suffix"].encode()


def delta(content: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}], **more}


PARTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (delta("x"), Chunk("x")),
        (delta("x", "stop"), Chunk("x", "stop")),
        (delta("", "length"), Chunk("", "length")),
        (delta(PARTS), Chunk("ab")),
        (delta(None), None),
        (delta(""), Chunk()),
        (delta([{"type": "image_url", "image_url": "…"}, 1, None]), Chunk()),
        ({"choices": []}, None),
        ({"choices": [None]}, None),
        ({"choices": {"0": 1}}, None),
        ({"choices": [{"delta": {"role": "assistant"}}]}, None),
        ({"choices": [{"delta": None, "text": "x"}]}, Chunk("x")),
        ({"choices": [{"text": "x", "finish_reason": "stop"}]}, Chunk("x", "stop")),
        ({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}, Chunk("x", "stop")),
        ({"choices": [{"message": {"content": PARTS}}]}, Chunk("ab")),
        ({"choices": [{"messages": [{"content": "x"}]}]}, Chunk("x")),
        (delta("x", "something-new"), Chunk("x", "something-new")),
        (delta("\ud83d\ude42"), Chunk("🙂")),
        (delta("x", error=None), Chunk("x")),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_events(event: dict[str, Any], expected: Chunk | None) -> None:
    """Text comes out of wherever a host puts it; text and finish reason may share a chunk."""
    assert MISTRAL.read_event(json.dumps(event)) == expected


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}, Usage(7, 2)),
        ({"prompt_tokens": 7, "num_cached_tokens": 4}, Usage(7, 0, 4)),
        ({"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(7, 0, 4)),
        ({"prompt_tokens": 7, "prompt_token_details": {"cached_tokens": 4}}, Usage(7, 0, 4)),
        ({"prompt_tokens": "7", "completion_tokens": None, "prompt_tokens_details": 1}, Usage()),
        ({"prompt_tokens": True, "completion_tokens": -1}, Usage()),
    ],
)
def test_usage(usage: dict[str, Any], expected: Usage) -> None:
    """Tokens are counted, the cached ones in each of the places they may be; nonsense counts as nothing."""
    assert MISTRAL.read_event(json.dumps({"choices": [], "usage": usage})) == Chunk("", None, expected)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"object":"error","message":"secret text","type":"server_error","code":"1000"}', " (server_error)"),
        ('{"object":"Error","message":"boom","code":3001}', " (3001)"),
        ('{"error":{"message":"boom","type":"rate_limited"}}', " (rate_limited)"),
        ('[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}]', " (RESOURCE_EXHAUSTED)"),
        ('{"error":"secret text"}', ""),
        ('{"choices":[{"delta":{"content":"x"},"finish_reason":"error"}]}', ""),
    ],
)
def test_an_error_inside_an_answer(data: str, kind: str) -> None:
    """It ends the answer; its kind is told, its words are not: they may quote the prompt."""
    with pytest.raises(StreamError) as caught:
        MISTRAL.read_event(data)
    assert str(caught.value) == f"Mistral broke off its answer with an error{kind}; type on to try again."


@pytest.mark.parametrize("data", ["", "<html>", "{", "null", "3", '"x"', "[]", "[1, 2]", "[" * 100_000])
def test_what_is_no_completion(data: str) -> None:
    """Garbage is a broken answer, however it is broken."""
    with pytest.raises(StreamError):
        MISTRAL.read_event(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "content", "text", "message", "messages", "usage", "error"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_event_crashes_the_reader(event: Any) -> None:
    """Any JSON is read, or is a StreamError."""
    try:
        chunk = MISTRAL.read_event(json.dumps(event))
    except StreamError:
        return
    assert chunk is None or isinstance(chunk, Chunk)


def test_the_end_mark() -> None:
    """`[DONE]` ends a stream; nothing else does."""
    assert MISTRAL.is_end("[DONE]")
    assert MISTRAL.is_end(" [DONE]\r")
    assert not MISTRAL.is_end("{}")


def test_models_and_their_aliases() -> None:
    """The list of models tells what can fill in the middle, and what is about to go."""
    cards = {card.id: card for card in MISTRAL.read_models(json.dumps(mistral_dialect.models_body()))}
    assert cards["codestral-latest"].completes_fim is True
    assert cards["codestral-latest"].context_tokens == 128_000
    assert cards["mistral-small-latest"].completes_fim is False
    assert cards["codestral-old"].retires_on.startswith("2025-11-30")
    assert cards["codestral-old"].replacement == "codestral-latest"
    with pytest.raises(StreamError):
        MISTRAL.read_models('{"data": 3}')


def test_only_the_business_domain_is_told_what_to_cache() -> None:
    """A mirror of the same dialect may refuse the field; the key names the document, and tells nothing of it."""

    def key_at(name: str, url: str, context: Context = CONTEXT) -> Any:
        return REGISTRY[name].build_request(url, context, RequestOptions("m")).body.get("prompt_cache_key")

    own = MISTRAL.endpoint("")
    assert key_at("mistral", own) == key_at("mistral", own, evolve(CONTEXT, prefix="other")) != None  # noqa: E711
    assert key_at("mistral", own, evolve(CONTEXT, path="b.py")) != key_at("mistral", own)
    assert "a.py" not in key_at("mistral", own)
    others = [("mistral", "https://proxy.example/v1/fim/completions")]
    others += [(name, REGISTRY[name].endpoint("")) for name in ("codestral", "langdock")]
    assert [key_at(*other) for other in others] == [None] * 3
