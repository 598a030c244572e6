"""OpenAI's completions: what is asked of a server that nobody knows, and how it is asked from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from fim_language_server.core.prompt import FAMILIES
from fim_language_server.core.values import Chunk, Snippet, Usage
from fim_language_server.errors import AuthenticationError, RequestRejectedError, UnavailableError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestOptions, RequestSummary, ServerFacts
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer, sse
from tests.providers.conftest import CONTEXT, Heard, listen

OPENAI, DEEPSEEK = REGISTRY["openai"], REGISTRY["deepseek"]
PATH = "/v1/completions"
OPTIONS = RequestOptions("qwen2.5-coder-7b", max_tokens=16)
NO_KEY = Credentials("openai")


def body(text: str, n_prompt: int | None) -> dict[str, Any]:
    usage = {} if n_prompt is None else {"usage": {"prompt_tokens": n_prompt, "completion_tokens": 2}}
    return {"id": "c", "choices": [{"index": 0, "text": text, "finish_reason": "stop"}], **usage}


ANSWER = sse(body("a + b", 40))


async def ask(transport: Transport, server: WireServer, options: RequestOptions = OPTIONS) -> Heard:
    return await listen(transport, server.url, options, NO_KEY, OPENAI)


@pytest.mark.parametrize(
    ("replies", "fills_in", "finding"),
    [
        ([sse(body("x", 210))], True, "fills in between"),
        ([sse(body("x", 10))], False, "ignores it"),
        ([sse(body("x", None)), Canned(body=body("x", 10))], False, "ignores it"),
        ([sse(body("x", None)), Canned(body=body("x", 210))], True, "fills in between"),
        ([sse(body("x", None)), Canned(body=body("x", None))], False, "does not tell"),
        ([Canned(400, {"error": {"message": "suffix is not currently supported"}})], False, "refuses `suffix`"),
        ([Canned(422, {"detail": [{"loc": ["body", "suffix"], "msg": "extra"}]})], False, "refuses `suffix`"),
        ([Canned(500, {"code": 500, "message": "Unsupported param: suffix"})], False, "refuses `suffix`"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_whether_a_server_reads_the_suffix(
    transport: Transport, replies: list[Canned], fills_in: bool, finding: str
) -> None:
    """Only a server that counts a long suffix's tokens has read it. Then it is asked that way."""
    async with WireServer({PATH: [*replies, ANSWER]}) as server:
        heard = await ask(transport, server)
        facts = await transport.probe(OPENAI, OPENAI.endpoint(server.url), OPTIONS, NO_KEY)
        first, last = server.seen[0].body, server.seen[-1].body
    assert heard.text == "a + b"
    assert (facts.fills_in, finding in facts.finding) == (fills_in, True)
    assert len(first["suffix"]) > 400
    if fills_in:
        assert (last["prompt"], last["suffix"]) == (CONTEXT.prefix, CONTEXT.suffix)
    else:
        assert last["prompt"] == f"<|fim_prefix|>{CONTEXT.prefix}<|fim_suffix|>{CONTEXT.suffix}<|fim_middle|>"
        assert "suffix" not in last
        assert 0 < len(last["stop"]) <= 4


@pytest.mark.parametrize(("model", "reads_suffix"), [("codestral", True), ("qwen2.5-coder", False)])
async def test_counts_of_a_gateways_own_prove_nothing(transport: Transport, model: str, reads_suffix: bool) -> None:
    """LiteLLM counts the prompt alone, though Codestral's API behind it reads the suffix, and takes marks for text."""
    counted = evolve(sse(body("x", 10)), headers={"x-litellm-version": "1.108.7"})
    async with WireServer({PATH: [counted, ANSWER]}) as server:
        heard = await ask(transport, server, evolve(OPTIONS, model=model))
        last = server.seen[-1].body
    assert heard.text == "a + b"
    assert last.get("suffix") == (CONTEXT.suffix if reads_suffix else None)
    assert (last["prompt"] == CONTEXT.prefix) == reads_suffix


async def test_a_server_is_asked_once(transport: Transport) -> None:
    """Whatever is completed later, the question is asked once for each model."""
    async with WireServer({PATH: [sse(body("x", 210)), ANSWER]}) as server:
        for _ in range(3):
            assert (await ask(transport, server)).text == "a + b"
        assert len(server.seen) == 1 + 3


@pytest.mark.parametrize("template", ["none", "qwen"])
async def test_no_question_where_the_answer_is_set(transport: Transport, template: str) -> None:
    """With `none` the suffix is sent, with a family its template is used; nobody is asked."""
    async with WireServer({PATH: ANSWER}) as server:
        await ask(transport, server, evolve(OPTIONS, template=template))
        (seen,) = server.seen
    assert ("suffix" in seen.body) == (template == "none")


def test_no_question_to_the_vendor_itself() -> None:
    """OpenAI and DeepSeek do what their documents say."""
    for provider in (OPENAI, DEEPSEEK):
        probes = provider.probe_in_turn(provider.endpoint(""), OPTIONS, has_refused=True)  # type: ignore[attr-defined]
        assert list(probes) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, RequestRejectedError),
        (400, RequestRejectedError),
        (503, UnavailableError),
    ],
)
async def test_a_refused_question_is_told_and_asked_again(transport: Transport, status: int, kind: type) -> None:
    """Where the least there is to ask is refused as well, nothing is concluded; the next completion asks again."""
    refusals = [Canned(status, {"error": {"message": "no"}})] * (1 if status in (401, 403) else 4)
    async with WireServer({PATH: [*refusals, sse(body("x", 210)), ANSWER]}) as server:
        heard = await ask(transport, server)
        assert isinstance(heard.error, kind)
        assert str(server.url) in str(heard.error) or status != 404
        assert (await ask(transport, server)).text == "a + b"


async def test_a_refused_completion_makes_the_facts_be_asked_for_anew(transport: Transport) -> None:
    """The server may run another model by now; the same completion is asked for as it wants it."""
    refusal = Canned(400, {"error": {"message": "suffix is not supported"}})
    async with WireServer({PATH: [sse(body("x", 210)), refusal, refusal, ANSWER]}) as server:
        assert (await ask(transport, server)).text == "a + b"
        assert server.seen[-1].body["prompt"].startswith("<|fim_prefix|>")


@pytest.mark.parametrize("model", ["gpt-4o", "my-finetune"])
def test_an_unknown_model_is_an_error_that_lists_the_families(model: str) -> None:
    """Where a template is needed and the name tells none, nothing is sent."""
    options = RequestOptions(model, facts=ServerFacts(False))
    with pytest.raises(RequestRejectedError) as caught:
        OPENAI.build_request("http://x", CONTEXT, options)
    assert caught.value.provider == "openai"
    assert all(family in str(caught.value) for family in FAMILIES)


def test_an_empty_suffix_is_left_out() -> None:
    """Then there is nothing to fill in, and every server can complete."""
    request = OPENAI.build_request("http://x", evolve(CONTEXT, suffix=""), RequestOptions("m"))
    assert "suffix" not in request.body


def test_other_files_stand_before_the_prefix() -> None:
    """DeepSeek was shown files under their paths as comments; models of no known family get them likewise."""
    context = evolve(CONTEXT, snippets=(Snippet("b.py", "B = 1"),))
    request = DEEPSEEK.build_request("http://x", context, RequestOptions("deepseek-flash"))
    assert request.body["prompt"] == f"#b.py\nB = 1\n#sums.py\n{CONTEXT.prefix}"
    assert request.body["suffix"] == CONTEXT.suffix
    plain = f"# b.py\nB = 1\n# sums.py\n{CONTEXT.prefix}"
    assert OPENAI.build_request("http://x", context, RequestOptions("m")).body["prompt"] == plain


def test_what_a_host_does_not_take() -> None:
    """Each host is sent its own fields, and the user is told of those that are set in vain."""
    options = RequestOptions("m", random_seed=1, min_tokens=2, stop=tuple("abcdefghijklmnopqr"))
    assert OPENAI.option_warnings(options) == (
        "provider.stop: only the first 4 texts are sent.",
        "provider.minTokens: The server does not take it.",
    )
    assert DEEPSEEK.option_warnings(options) == (
        "provider.stop: only the first 16 texts are sent.",
        "provider.minTokens: DeepSeek does not take it.",
        "provider.randomSeed: DeepSeek does not take it.",
    )
    assert len(OPENAI.build_request("http://x", CONTEXT, options).body["stop"]) == 4
    assert "seed" not in DEEPSEEK.build_request("http://x", CONTEXT, options).body


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"choices": [{"text": "x", "index": 0, "finish_reason": None}]}, Chunk("x")),
        ({"choices": [{"text": "x", "finish_reason": "length"}]}, Chunk("x", "length")),
        ({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}, Chunk(usage=Usage(3, 1))),
        (
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 8}},
            Chunk(usage=Usage(9, 1, 8)),
        ),
        ({"choices": [], "usage": None}, None),
    ],
)
def test_events(event: dict[str, Any], expected: Chunk | None) -> None:
    """Text with the reason, usage in an event without choices, and cached tokens as DeepSeek tells them."""
    assert DEEPSEEK.read_event(json.dumps(event)) == expected


async def test_comments_and_blank_lines_are_no_text(transport: Transport) -> None:
    """Under load DeepSeek sends comments in streams, and blank lines before a body in one piece."""
    streamed = sse(": keep-alive\n\n", ": OPENROUTER PROCESSING\n\n", body("a + b", 3))
    whole = Canned(body="\n\n  \n" + json.dumps(body("a + b", 3)), content_type="application/json")
    options = RequestOptions("deepseek-flash", template="none")
    async with WireServer({"/beta/completions": [streamed, whole]}) as server:
        for stream in (True, False):
            heard = await listen(transport, server.url, evolve(options, stream=stream), NO_KEY, DEEPSEEK)
            assert (heard.text, heard.error) == ("a + b", None)


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (
            402,
            {"error": {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}},
            "DeepSeek asks for payment (402); check the plan and spending limit of the key.",
        ),
        (
            400,
            {"error": {"message": "Model Not Exist", "type": "invalid_request_error", "code": "invalid_request_error"}},
            'The model "deepseek-chat" was retired (400); set provider.model to "deepseek-flash".',
        ),
    ],
)
def test_refusals(status: int, answer: dict[str, Any], sentence: str) -> None:
    """What DeepSeek says, in a sentence with its remedy."""
    asked = RequestSummary("deepseek-chat", DEEPSEEK.endpoint(""), "", ("", "prefix"))
    assert str(DEEPSEEK.read_error(status, {}, json.dumps(answer), asked)) == sentence
