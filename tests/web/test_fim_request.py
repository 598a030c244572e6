"""A request body is taken as Mistral's API takes it, and refused in its words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.values import Context, Snippet
from fim_language_server.providers.apis.mistral_fim import render_prompt
from fim_language_server.web.fim_request import FimRequest, RefusedError, read_question, split_path

LEAST = {"model": "codestral-latest", "prompt": "x = "}


def read(**more: Any) -> FimRequest:
    return read_question(json.dumps({**LEAST, **more}).encode())


def refusal(data: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        read_question(data)
    return caught.value


def test_what_matters_is_kept() -> None:
    question = read(suffix="\n", stop="END", max_tokens=3, stream=True)
    assert question == FimRequest("x = ", "\n", "", "codestral-latest", ("END",), 3, True)


@pytest.mark.parametrize(
    "more",
    [
        {"suffix": None, "stop": None, "max_tokens": None, "temperature": None, "metadata": None},
        {"temperature": 0, "top_p": 1, "min_tokens": 5, "random_seed": 1, "metadata": {"a": 1}},
        {"prompt_cache_key": "k", "stop": [], "stream": False},
    ],
)
def test_fields_that_change_nothing_are_accepted(more: dict[str, Any]) -> None:
    assert read(**more) == FimRequest("x = ", model="codestral-latest")


@pytest.mark.parametrize(
    ("body", "place", "kind"),
    [
        ({"prompt": "x"}, "model", "missing"),
        ({"model": "embedded"}, "prompt", "missing"),
        ({**LEAST, "n": 1}, "n", "extra_forbidden"),
        ({**LEAST, "seed": 1}, "seed", "extra_forbidden"),
        ({**LEAST, "prompt": None}, "prompt", "string_type"),
        ({**LEAST, "suffix": 1}, "suffix", "string_type"),
        ({**LEAST, "max_tokens": -1}, "max_tokens", "greater_than_equal"),
        ({**LEAST, "max_tokens": 1.5}, "max_tokens", "int_type"),
        ({**LEAST, "max_tokens": True}, "max_tokens", "int_type"),
        ({**LEAST, "max_tokens": 1e300}, "max_tokens", "int_type"),
        ({**LEAST, "temperature": "hot"}, "temperature", "float_type"),
        ({**LEAST, "temperature": 1.6}, "temperature", "less_than_equal"),
        ({**LEAST, "top_p": 0}, "top_p", "greater_than"),
        ({**LEAST, "stream": 1}, "stream", "bool_type"),
        ({**LEAST, "stream": None}, "stream", "bool_type"),
        ({**LEAST, "stop": 1}, "stop", "list_type"),
        ({**LEAST, "stop": [1]}, "stop", "string_type"),
        ({**LEAST, "metadata": "m"}, "metadata", "dict_type"),
    ],
)
def test_what_the_schema_forbids_is_422(body: dict[str, Any], place: str, kind: str) -> None:
    """Unknown fields as well: the API's schema has `additionalProperties: false`."""
    refused = refusal(json.dumps(body).encode())
    (fault,) = refused.body["detail"]
    assert (refused.status, fault["loc"], fault["type"]) == (422, ["body", place], kind)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"prompt": NaN}', b'{"prompt": 1' + b"0" * 5_000 + b"}"]
)
def test_what_is_no_json_is_422(data: bytes) -> None:
    refused = refusal(data)
    assert (refused.status, refused.body["detail"][0]["type"]) == (422, "json_invalid")


def test_what_is_no_object_is_422() -> None:
    assert refusal(b"[]").body["detail"][0]["type"] == "model_attributes_type"


def test_infinity_is_refused_with_a_body_that_is_json() -> None:
    """`1e999` is JSON and becomes infinity, which is none."""
    refused = refusal(b'{"model": "embedded", "prompt": "", "temperature": 1e999}')
    json.dumps(refused.body, allow_nan=False)


def test_another_model_is_400() -> None:
    refused = refusal(json.dumps({**LEAST, "model": "gpt"}).encode())
    assert (refused.status, refused.body["type"], refused.body["code"]) == (400, "invalid_model", "1500")


def test_texts_are_not_repeated_in_a_refusal() -> None:
    """An error body ends in logs; a prompt must not."""
    refused = refusal(json.dumps({"prompt": "SECRET", "suffix": "SECRET", "extra": "SECRET", "stop": 3}).encode())
    assert "SECRET" not in json.dumps(refused.body)


def test_lone_surrogates_are_replaced() -> None:
    assert read_question(b'{"model": "embedded", "prompt": "\\ud800x"}').prefix == "?x"


@pytest.mark.parametrize(
    ("prompt", "path", "prefix"),
    [
        ("x = 1", "", "x = 1"),
        ("+++++ a.py\nx = 1", "a.py", "x = 1"),
        ("+++++ b.py \nother\n\n+++++ src/a.py\nx = 1", "src/a.py", "x = 1"),
        ("+++++ ./src\\a.py\nx", "src/a.py", "x"),
        ("+++++ a.py", "a.py", ""),
        ("a = 1\n+++++ b\nx", "", "a = 1\n+++++ b\nx"),  # a line of the user's text
        ("+++++\nx", "", "+++++\nx"),
    ],
)
def test_the_path_is_the_last_one_that_heads_a_file(prompt: str, path: str, prefix: str) -> None:
    """Codestral's convention for several files."""
    assert split_path(prompt) == (path, prefix)


@given(st.text("ab +\n/.", max_size=30), st.text("ab \n", max_size=30))
def test_what_our_own_provider_writes_is_read_back(prefix: str, other: str) -> None:
    """The path and the text before the cursor, whatever stands in the other files; unless they have the mark."""
    context = Context(prefix.replace("+++++", ""), "", "src/a.py", snippets=(Snippet("b.py", other),))
    assert split_path(render_prompt(context)) == ("src/a.py", context.prefix)
