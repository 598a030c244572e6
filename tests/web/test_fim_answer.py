"""Answers look as Mistral's do, and end where the client said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.web.fim_answer import Head, chunk_bodies, make_answer, whole_body
from fim_language_server.web.fim_request import FimRequest

HEAD = Head("fim-1", "embedded", 1)


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (FimRequest(""), "return a + b", "stop"),
        (FimRequest("", stops=("+",)), "return a ", "stop"),
        (FimRequest("", stops=(" b", " a")), "return", "stop"),
        (FimRequest("", stops=("return",)), "", "stop"),
        (FimRequest("", max_tokens=2), "return a", "length"),
        (FimRequest("", max_tokens=4), "return a + b", "stop"),
        (FimRequest("", max_tokens=0), "", "length"),
    ],
)
def test_stop_texts_and_token_limit(question: FimRequest, text: str, reason: str) -> None:
    """A stop text is no part of the answer; `length` says that there was more."""
    answer = make_answer(question, "return a + b")
    assert (answer.text, answer.reason) == (text, reason)


@given(st.text(max_size=40))
def test_words_joined_are_the_text(text: str) -> None:
    """Streamed and not, nothing is lost."""
    answer = make_answer(FimRequest(""), text)
    assert answer.text == text
    chunks = list(chunk_bodies(HEAD, FimRequest(""), answer))
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == text
    assert whole_body(HEAD, FimRequest(""), answer)["choices"][0]["message"]["content"] == text


def test_a_stream_goes_word_by_word_and_ends_with_reason_and_usage() -> None:
    question = FimRequest("12345678", "12345678")
    chunks = list(chunk_bodies(HEAD, question, make_answer(question, "a + b")))
    assert [chunk["choices"][0]["delta"]["content"] for chunk in chunks] == ["", "a", " +", " b"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "stop"]
    assert [chunk.get("usage") for chunk in chunks[:-1]] == [None, None, None]
    assert chunks[-1]["usage"] == {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
