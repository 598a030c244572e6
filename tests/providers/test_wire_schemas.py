"""What goes over the wire is what each API's published schema allows: requests are captured and compared with it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.values import Context, Snippet
from fim_language_server.errors import ProviderError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import Provider, RequestOptions, ServerFacts
from fim_language_server.providers.credentials import Credentials
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_schemas import SCHEMAS, faults, is_path_of
from tests.fakes.wire_server import Canned, WireServer

every_provider = pytest.mark.parametrize("provider", REGISTRY.values(), ids=REGISTRY)

FULL = Context("def f():\n    ", "\n", "a.py", "python", (Snippet("b.py", "B = 1\n"),))
SMALLEST = RequestOptions("")
LARGEST = RequestOptions("m", 2.0, 1.0, 4096, 4096, tuple(f"stop {n}" for n in range(20)), 2**31, False)
USUAL = RequestOptions("m", 0.1, 0.9, 128, None, ("\n\n",), 7, True)


@pytest.mark.parametrize("options", [SMALLEST, USUAL, LARGEST], ids=["smallest", "usual", "largest"])
@pytest.mark.parametrize("context", [FULL, Context("", "")], ids=["full", "empty"])
@every_provider
async def test_a_captured_request(
    transport: Transport, provider: Provider, context: Context, options: RequestOptions
) -> None:
    """Path, headers and body as they arrive at a server: nothing undocumented, nothing missing, all within bounds."""
    schema = SCHEMAS[provider.name]
    async with WireServer({"/api/show": Canned(body={"capabilities": ["insert"]})}) as server:
        base = server.url + ("/mistral/eu/v1" if provider.name == "langdock" else "")
        url = provider.endpoint(base, "europe-west4", "my-project")
        key = Credentials(provider.name, "KEY", environ={"KEY": "abc"})
        # The server knows no such path: what it is asked is all that matters here.
        with pytest.raises(ProviderError):
            await anext(transport.stream(provider, url, context, evolve(options, template="none"), key))
        asked = [seen for seen in server.seen if is_path_of(schema, seen.path)]
    assert asked
    for seen in asked:
        assert seen.method == "POST"
        assert seen.headers["Content-Type"] == "application/json"
        assert seen.headers["Authorization"] == "Bearer abc"
        assert faults(schema, seen.body) == []


@every_provider
@settings(max_examples=60)
@given(data=st.data())
def test_any_request(provider: Provider, data: st.DataObject) -> None:
    """Whatever is set, and whatever the server was found to be."""
    unset = st.none()
    texts = st.text(max_size=20)
    options = RequestOptions(
        model=data.draw(st.sampled_from(["", "m", "qwen2.5-coder", "codestral"])),
        temperature=data.draw(unset | st.floats(0, 2)),
        top_p=data.draw(unset | st.floats(0, 1, exclude_min=True)),
        max_tokens=data.draw(unset | st.integers(1, 4096)),
        min_tokens=data.draw(unset | st.integers(0, 4096)),
        stop=data.draw(st.lists(st.text(min_size=1, max_size=5), max_size=20).map(tuple)),
        random_seed=data.draw(unset | st.integers(0, 2**40)),
        stream=data.draw(st.booleans()),
        template=data.draw(st.sampled_from(["auto", "none", "qwen", "codestral"])),
        facts=ServerFacts(
            fills_in=data.draw(st.sampled_from([None, True])),
            context_tokens=data.draw(unset | st.integers(256, 200_000)),
            thinks=data.draw(st.booleans()),
        ),
    )
    context = Context(data.draw(texts), data.draw(texts), data.draw(texts), "", (Snippet("b", data.draw(texts)),))
    request = provider.build_request(provider.endpoint("http://x", "r", "p"), context, options)
    assert faults(SCHEMAS[provider.name], dict(request.body)) == []


def test_every_provider_has_a_schema() -> None:
    """Whoever adds an API writes its schema down, with its source."""
    assert set(SCHEMAS) == set(REGISTRY)
    assert all(schema.source and schema.path for schema in SCHEMAS.values())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"model": "m", "prompt": "p"}, []),
        ({"model": "m"}, ["body.prompt is missing"]),
        ({"model": "m", "prompt": "p", "n": 1}, ["body.n is no field of this API"]),
        ({"model": "m", "prompt": "p", "temperature": 1.6}, ["body.temperature is out of bounds: 1.6"]),
        ({"model": "m", "prompt": "p", "top_p": 0}, ["body.top_p is out of bounds: 0"]),
        ({"model": "m", "prompt": "p", "stream": 1}, ["body.stream is of the wrong type: int"]),
        ({"model": "m", "prompt": "p", "max_tokens": True}, ["body.max_tokens is of the wrong type: bool"]),
        ([], ["body is no object"]),
    ],
)
def test_the_comparison_finds_what_is_wrong(body: Any, expected: list[str]) -> None:
    """A schema that lets everything pass would prove nothing."""
    assert faults(SCHEMAS["mistral"], body) == expected
