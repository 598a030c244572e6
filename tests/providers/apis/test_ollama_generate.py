"""Ollama: models that fill in themselves, models that are asked by a template, and prompts that mean something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from fim_language_server.core.values import Chunk, Context, Snippet, Usage
from fim_language_server.errors import RequestRejectedError, StreamError, UnavailableError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestOptions, RequestSummary, ServerFacts
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer, ndjson
from tests.providers.conftest import CONTEXT, listen

OLLAMA = REGISTRY["ollama"]
OPTIONS = RequestOptions("qwen2.5-coder:1.5b-base", max_tokens=16)
NO_KEY = Credentials("ollama")
ANSWER = ndjson(
    {"response": "a +", "done": False},
    {"response": " b", "done": False},
    {"response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3},
)


def show(*capabilities: str, context: int = 32_768) -> Canned:
    return Canned(body={"capabilities": [*capabilities], "model_info": {"qwen2.context_length": context}})


def body_of(context: Context = CONTEXT, options: RequestOptions = OPTIONS, **facts: Any) -> dict[str, Any]:
    request = OLLAMA.build_request("http://x", context, evolve(options, facts=ServerFacts(**facts)))
    return dict(request.body)


@pytest.mark.parametrize(
    ("shown", "raw", "think"),
    [
        (show("completion", "insert"), False, None),
        (show("completion"), True, None),
        (show("completion", "thinking"), True, False),
        (Canned(body={"license": "…"}), False, None),  # versions before capabilities were told
    ],
)
async def test_what_the_model_can_do_decides(transport: Transport, shown: Canned, raw: bool, think: Any) -> None:
    """With `insert` it is given the suffix, without it the prompt of its family, past Ollama's own template."""
    async with WireServer({"/api/show": shown, "/api/generate": ANSWER}) as server:
        for _ in range(2):
            heard = await listen(transport, server.url, OPTIONS, NO_KEY, OLLAMA)
            assert (heard.text, heard.error) == ("a + b", None)
        assert len(server.asked("/api/show")) == 1
        body = server.asked("/api/generate")[0].body
    assert server.asked("/api/show")[0].body == {"model": OPTIONS.model}
    assert body.get("think") is think
    if raw:
        assert body["raw"] is True
        assert body["prompt"] == f"<|fim_prefix|>{CONTEXT.prefix}<|fim_suffix|>{CONTEXT.suffix}<|fim_middle|>"
        assert "suffix" not in body
    else:
        assert (body["prompt"], body["suffix"]) == (CONTEXT.prefix, CONTEXT.suffix)
        assert "raw" not in body


@pytest.mark.parametrize(("prefix", "suffix"), [("", "b\n"), ("a", ""), ("", "")])
def test_an_empty_prompt_only_loads_and_an_empty_suffix_chats(prefix: str, suffix: str) -> None:
    """So where one is empty the template is used, or where none is known a line end is sent."""
    context = Context(prefix, suffix, "a.py", "python")
    known = body_of(context, fills_in=True)
    assert (known["prompt"], known["raw"]) == (f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>", True)
    unknown = body_of(context, RequestOptions("my-model"), fills_in=True)
    assert (unknown["prompt"], unknown["suffix"]) == (prefix or "\n", suffix or "\n")


def test_other_files_are_shown_to_a_model_that_fills_in_itself() -> None:
    """Ollama's template has no place for them: the family's is used, and without a family they are in the prefix."""
    context = evolve(CONTEXT, snippets=(Snippet("other.py", "x = 1\n"),))
    known = body_of(context, fills_in=True)
    assert known["raw"] is True
    assert known["prompt"].startswith("<|repo_name|>project\n<|file_sep|>other.py\nx = 1\n")
    unknown = body_of(context, RequestOptions("my-model"), fills_in=True)
    assert unknown["prompt"] == f"# other.py\nx = 1\n\n# sums.py\n{CONTEXT.prefix}"
    assert unknown["suffix"] == CONTEXT.suffix


@pytest.mark.parametrize("context_tokens", [512, 1_024, 2_048, 8_192])
@pytest.mark.parametrize("line", ["x = 1\n", "合計 = 税()\n", "🙂" * 20 + "\n"])
def test_a_long_prompt_is_cut_here_and_not_by_the_server(context_tokens: int, line: str) -> None:
    """Windows are cut to the model's context: text of many bytes a token counts as more tokens than code."""
    context = Context(line * 5_000, line * 5_000, "a.py", "python", (Snippet("b.py", line * 50),) * 3)
    body = body_of(context, context_tokens=context_tokens, fills_in=False)
    assert body["options"]["num_ctx"] <= context_tokens
    n_bytes, n_ascii = len(body["prompt"].encode()), sum(map(str.isascii, body["prompt"]))
    assert n_ascii / 2.5 + (n_bytes - n_ascii) / 1.3 <= context_tokens
    assert line + "<|fim_suffix|>" + line in body["prompt"]
    assert ("b.py" in body["prompt"]) is False


def test_a_model_of_no_known_family() -> None:
    """One that cannot insert and has no template is an error that says what to set."""
    with pytest.raises(RequestRejectedError, match=r"provider\.template"):
        body_of(options=RequestOptions("my-model"), fills_in=False)
    assert "suffix" in body_of(options=RequestOptions("my-model", template="none"), fills_in=False)


def test_context_is_asked_for_in_few_sizes() -> None:
    """Large enough for the prompt, or Ollama would cut it without a word; never more than the model has."""
    assert body_of()["options"]["num_ctx"] == 4_096
    long = Context("x = 1\n" * 5_000, "\n", "a.py", "python")
    assert body_of(long)["options"]["num_ctx"] == 16_384
    assert body_of(long, context_tokens=8_192)["options"]["num_ctx"] == 8_192


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"response": "x", "done": False}, Chunk("x")),
        ({"response": "", "done": False}, Chunk()),
        ({"response": "x", "done": True, "done_reason": "length"}, Chunk("x", "length", Usage())),
        ({"response": "", "done": True, "done_reason": "load"}, Chunk("", "load", Usage())),
        ({"done": True}, Chunk("", "stop", Usage())),
        ({"response": "", "thinking": "hm", "done": False}, Chunk()),
    ],
)
def test_lines(event: dict[str, Any], expected: Chunk | None) -> None:
    """The text of each line, and what the last one says."""
    assert OLLAMA.read_event(json.dumps(event)) == expected


async def test_an_error_in_the_middle(transport: Transport) -> None:
    """An error told inside a 200 answer ends it; what came before is known."""
    broken = ndjson({"response": "a", "done": False}, {"error": "an error was encountered while running the model"})
    async with WireServer({"/api/show": show("insert"), "/api/generate": broken}) as server:
        heard = await listen(transport, server.url, OPTIONS, NO_KEY, OLLAMA)
    assert heard.text == "a"
    assert isinstance(heard.error, StreamError)


@pytest.mark.parametrize(
    ("status", "message", "kind", "sentence"),
    [
        (
            404,
            "model 'x' not found",
            RequestRejectedError,
            (
                'Ollama does not have the model "x" (404); run `ollama pull x`, '
                "or set provider.model to one that `ollama list` shows."
            ),
        ),
        (
            400,
            "registry.ollama.ai/library/x does not support insert",
            RequestRejectedError,
            (
                'The model "x" cannot fill in the middle (400); set provider.template to the model\'s family, '
                "or provider.model to one that can `insert`."
            ),
        ),
        (
            503,
            "server busy, please try again",
            UnavailableError,
            "Ollama is out of order (503); it is tried again by itself.",
        ),
    ],
)
def test_refusals(status: int, message: str, kind: type, sentence: str) -> None:
    """What Ollama says, in a sentence with its remedy."""
    error = OLLAMA.read_error(status, {}, json.dumps({"error": message}), RequestSummary("x", "http://x", "", ("",)))
    assert isinstance(error, kind)
    assert str(error) == sentence


def test_models() -> None:
    """`latest` may be left out of a name."""
    body = json.dumps({"models": [{"name": "starcoder2:latest"}, {"name": "qwen2.5-coder:7b"}, {}]})
    assert [card.id for card in OLLAMA.read_models(body)] == ["starcoder2:latest", "qwen2.5-coder:7b", "starcoder2"]
    with pytest.raises(StreamError):
        OLLAMA.read_models("{}")


@pytest.mark.parametrize(
    "base", ["", "http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/api"]
)
def test_addresses(base: str) -> None:
    """Also in the form that OpenAI's clients are given."""
    assert OLLAMA.endpoint(base) == "http://127.0.0.1:11434/api/generate"


def test_what_it_does_not_take() -> None:
    """The user is told."""
    assert OLLAMA.option_warnings(RequestOptions("m", min_tokens=3, temperature=0.1)) == (
        "provider.minTokens: Ollama does not take it.",
    )
