"""Codestral on Vertex AI: addresses, Google's token, refusals in Google's envelope; certified by Mistral's client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mistralai.gcp.client import MistralGCP

from benchmarks.fake_api.provider_server import FimServer
from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    SettingsError,
    StreamError,
)
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestOptions, RequestSummary
from fim_language_server.providers.credentials import ApiKey, GoogleCredentials
from fim_language_server.providers.credentials.google import GoogleToken
from fim_language_server.providers.targets import choose_target
from fim_language_server.providers.transport import Transport
from fim_language_server.settings import ProviderSettings
from tests.fakes.wire_server import Canned, WireServer
from tests.providers.conftest import CONTEXT, Heard

VERTEX = REGISTRY["vertex"]
FOLDER = "/v1/projects/my-project/locations/europe-west4/publishers/mistralai/models"
OPTIONS = RequestOptions("codestral-2", max_tokens=16)
GOOGLE = GoogleCredentials("vertex", lambda: GoogleToken(ApiKey("ya29-token"), None))


async def ask(transport: Transport, base: str, options: RequestOptions = OPTIONS) -> Heard:
    heard = Heard()
    url = VERTEX.endpoint(base, "", "my-project")
    try:
        async for event in transport.stream(VERTEX, url, CONTEXT, options, GOOGLE):
            heard.chunks += [event] if hasattr(event, "text") else []  # type: ignore[list-item]
    except ProviderError as error:
        heard.error = error
    return heard


@pytest.mark.parametrize(
    ("base", "region", "project", "expected"),
    [
        ("", "", "p", "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/"),
        ("", "us-central1", "p", "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/"),
        ("https://gateway.example/", "eu", "a:b", "https://gateway.example/v1/projects/a:b/locations/eu/"),
    ],
)
def test_addresses(base: str, region: str, project: str, expected: str) -> None:
    """Region and project are part of the address, the region twice."""
    assert VERTEX.endpoint(base, region, project) == f"{expected}publishers/mistralai/models"


def test_a_project_is_needed() -> None:
    """It comes from the settings or from Google's own variable; without one the sentence says where to set it."""
    with pytest.raises(SettingsError, match=r"provider\.project, or GOOGLE_CLOUD_PROJECT"):
        choose_target(ProviderSettings(kind="vertex"), {})
    target = choose_target(ProviderSettings(kind="vertex"), {"GOOGLE_CLOUD_PROJECT": "of-google"})
    assert target is not None
    assert "/projects/of-google/" in target.url
    assert isinstance(target.credentials, GoogleCredentials)
    target = choose_target(ProviderSettings(kind="vertex", project="mine", api_key_env="TOKEN"), {"TOKEN": "x"})
    assert target is not None
    assert "/projects/mine/" in target.url
    assert target.credentials.source == "TOKEN"


@pytest.mark.parametrize(("stream", "verb"), [(True, "streamRawPredict"), (False, "rawPredict")])
async def test_a_completion(transport: Transport, stream: bool, verb: str) -> None:
    """Mistral's body and answer, the model also in the address, and Google's token."""
    async with FimServer("a + b", api_key="ya29-token", any_model=True) as server:
        options = RequestOptions("codestral-2", max_tokens=16, temperature=0.2, stream=stream)
        heard = await ask(transport, server.url.removesuffix("/v1"), options)
        (request,) = server.completions
    assert (heard.text, heard.error) == ("a + b", None)
    assert request.path == f"{FOLDER}/codestral-2:{verb}"
    assert (request.body["model"], request.body["stream"]) == ("codestral-2", stream)


def test_models_with_a_version() -> None:
    """Google writes a version behind an at sign, which stays one; anything else is quoted."""
    url = VERTEX.endpoint("", "", "p")
    for model, expected in (("codestral@2405", "codestral@2405"), ("a/b:c", "a%2Fb%3Ac")):
        request = VERTEX.build_request(url, CONTEXT, RequestOptions(model))
        assert request.url == f"{url}/{expected}:streamRawPredict"


def google_error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": []}}


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (401, google_error(401, "UNAUTHENTICATED", "no"), AuthenticationError, "refused the key from Google's"),
        (403, google_error(403, "PERMISSION_DENIED", "no"), AuthenticationError, "does not let the key from Google's"),
        (
            404,
            google_error(404, "NOT_FOUND", "Publisher Model `x` was not found or your project does not have access"),
            RequestRejectedError,
            'does not know the model "codestral-2"',
        ),
        (
            429,
            google_error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute per base model"),
            RateLimitedError,
            "takes no more requests for now",
        ),
    ],
)
async def test_refusals(transport: Transport, status: int, error: Any, kind: type, words: str) -> None:
    """Google's envelope, alone or in a list as its streaming methods have it."""
    for body in (error, [error]):
        async with WireServer({f"{FOLDER}/codestral-2:streamRawPredict": Canned(status, body)}) as server:
            heard = await ask(transport, server.url)
        assert isinstance(heard.error, kind)
        assert words in str(heard.error)
        assert "ya29" not in str(heard.error)


@pytest.mark.parametrize("model", ["codestral-2405", "codestral-2501"])
def test_retired_models(model: str) -> None:
    """The sentence says which one to use."""
    error = VERTEX.read_error(
        404, {}, json.dumps(google_error(404, "NOT_FOUND", "Model not found")), RequestSummary(model)
    )
    assert str(error) == f'The model "{model}" was retired (404); set provider.model to "codestral-2".'


def test_an_error_in_the_middle() -> None:
    """It is told by its kind."""
    with pytest.raises(StreamError, match=r"\(RESOURCE_EXHAUSTED\)"):
        VERTEX.read_event(json.dumps([google_error(429, "RESOURCE_EXHAUSTED", "x")]))


async def test_mistrals_own_client_takes_our_server_for_vertex() -> None:
    """The Vertex flavour of the official SDK completes against it: so it may be trusted in the tests above."""
    async with FimServer("return a + b", api_key="token", any_model=True) as server:
        client = MistralGCP(
            project_id="my-project",
            region="europe-west4",
            access_token="token",
            server_url=server.url.removesuffix("/v1"),
        )
        whole = await client.fim.complete_async(model="codestral-2", prompt="def", suffix="\n")
        streamed = ""
        async for event in await client.fim.stream_async(model="codestral-2", prompt="def", suffix="\n"):
            streamed += str(event.data.choices[0].delta.content)
        paths = [request.path for request in server.completions]
    assert whole.choices is not None
    assert whole.choices[0].message.content == streamed == "return a + b"
    assert paths == [f"{FOLDER}/codestral-2:rawPredict", f"{FOLDER}/codestral-2:streamRawPredict"]
