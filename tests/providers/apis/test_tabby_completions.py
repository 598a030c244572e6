"""Tabby: asked in segments, answered in one piece."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.prompt import FIM_TEMPLATES, FimTemplate, PromptOrder
from fim_language_server.core.values import Chunk, Context, Snippet
from fim_language_server.errors import AuthenticationError, StreamError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.apis.tabby_completions import PROMPT_BYTES
from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer
from tests.providers.conftest import CONTEXT, listen

TABBY = REGISTRY["tabby"]
OPTIONS = RequestOptions("", max_tokens=16)


async def test_an_answer_in_one_piece(transport: Transport) -> None:
    """Whether or not a stream is wanted, it comes whole; the language and the path are told."""
    answer = Canned(body={"id": "cmpl-1", "choices": [{"index": 0, "text": "a + b"}], "mode": "standard"})
    key = Credentials("tabby", "T", environ={"T": "abc"})
    async with WireServer({"/v1/completions": answer}) as server:
        for stream in (True, False):
            heard = await listen(transport, server.url, evolve(OPTIONS, stream=stream), key, TABBY)
            assert heard.chunks == [Chunk("a + b", "stop")]
        seen = server.seen[0]
    assert seen.headers["Authorization"] == "Bearer abc"
    assert seen.headers["Accept"] == "application/json"
    assert seen.body == {
        "language": "python",
        "segments": {"prefix": CONTEXT.prefix, "suffix": CONTEXT.suffix, "filepath": "sums.py"},
    }


def test_snippets_are_files_recently_opened() -> None:
    """Other files come with their paths."""
    context = Context("a", "b", "", "", (Snippet("c.py", "C"),))
    body = TABBY.build_request("http://x", context, OPTIONS).body
    assert body == {
        "segments": {
            "prefix": "a",
            "suffix": "b",
            "relevant_snippets_from_recently_opened_files": [{"filepath": "c.py", "body": "C", "score": 1.0}],
        }
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{"id": "1", "choices": []}', Chunk("", "stop")),
        ('{"id": "1", "choices": [{"index": 0, "text": "x"}]}', Chunk("x", "stop")),
    ],
)
def test_answers(data: str, expected: Chunk) -> None:
    """No choice is an answer of nothing."""
    assert TABBY.read_event(data) == expected


@pytest.mark.parametrize("data", ['{"id": "1"}', '{"choices": {}}', '{"detail": "x"}', "[]"])
def test_what_is_no_answer(data: str) -> None:
    """Anything without choices is not Tabby's."""
    with pytest.raises(StreamError):
        TABBY.read_event(data)


def test_the_model_is_told_by_its_health() -> None:
    """There is no list of models."""
    assert TABBY.models_url(TABBY.endpoint("")) == "http://127.0.0.1:8080/v1/health"
    assert [card.id for card in TABBY.read_models('{"model": "StarCoder-1B", "device": "cpu"}')] == ["StarCoder-1B"]
    assert TABBY.read_models("{}") == ()


@pytest.mark.parametrize("options", [{"top_p": 0.5}, {"stop": ("x",)}, {"min_tokens": 1}])
def test_what_it_does_not_take(options: dict[str, Any]) -> None:
    """The user is told."""
    (remark,) = TABBY.option_warnings(RequestOptions("", **options))
    assert remark.endswith("Tabby does not take it.")


def test_a_refused_token() -> None:
    """Where the token is found is in the sentence."""
    error = TABBY.read_error(401, {}, "")
    assert isinstance(error, AuthenticationError)


def as_the_server_renders(body: Any, template: FimTemplate) -> str:
    """The whole prompt, with every snippet as comments above the prefix; `// ` is the longest sign of a comment."""
    segments, lines = body["segments"], []
    for snippet in segments.get("relevant_snippets_from_recently_opened_files", ()):
        lines += [f"Path: {snippet['filepath']}", *snippet["body"].splitlines(), ""]
    comments = "".join(f"// {line}\n" for line in lines)
    before: str = template.prefix + comments + segments["prefix"]
    after: str = template.suffix + (segments["suffix"] or "\n")
    is_suffix_first = template.order is PromptOrder.SUFFIX_FIRST
    return (after + before if is_suffix_first else before + after) + template.middle


TEXTS = st.lists(
    st.sampled_from(["a = b\n", "\n", "    合計 = 税()\n", "🙂" * 90, "x" * 700 + "\n", "    }\n"]), max_size=300
)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4), st.sampled_from(FIM_TEMPLATES))
def test_the_server_cuts_nothing(
    before: list[str], after: list[str], others: list[list[str]], template: FimTemplate
) -> None:
    """The prompt of any family's template is no longer than the server keeps, with the mark at its beginning."""
    snippets = tuple(Snippet(f"src/層/{n}.ts", "".join(text)) for n, text in enumerate(others))
    context = Context("".join(before), "".join(after), "a.ts", "typescript", snippets)
    body = dict(TABBY.build_request("http://x", context, OPTIONS).body)
    assert len(as_the_server_renders(body, template).encode()) <= PROMPT_BYTES
    segments = body["segments"]
    assert context.prefix.endswith(segments["prefix"])
    assert context.suffix.startswith(segments["suffix"])
    assert len(segments["prefix"].encode()) >= min(len(context.prefix.encode()), 300)
    bodies = [each["body"] for each in segments.get("relevant_snippets_from_recently_opened_files", ())]
    assert sum(len(each.encode()) for each in bodies) <= 500
    assert all(snippet.text.startswith(each) for snippet, each in zip(snippets[::-1], bodies[::-1], strict=False))


def test_a_window_of_code_fills_what_the_server_keeps() -> None:
    """In ordinary code nine tenths of the limit are used, and a snippet that is too long is sent in part."""
    context = Context("value = 1\n" * 500, "other = 2\n" * 500, "a.py", "python", (Snippet("b.py", "z = 3\n" * 200),))
    body = dict(TABBY.build_request("http://x", context, OPTIONS).body)
    prompt = as_the_server_renders(body, FIM_TEMPLATES[0])
    assert 0.9 * PROMPT_BYTES < len(prompt.encode()) <= PROMPT_BYTES
    assert prompt.startswith("<|fim_prefix|>// Path: b.py\n// z = 3\n")
