"""Every documented and reported refusal becomes the right error, with one sentence that says what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    RequestRejectedError,
    TooLongError,
    UnavailableError,
)
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestSummary

MISTRAL = REGISTRY["mistral"]
URL = "https://api.mistral.ai/v1/fim/completions"
ASKED = RequestSummary("codestral-latest", URL, "MISTRAL_API_KEY", ("k3y-of-mine", "prompt_of_the_user = 1"))
JSON_HEADERS = {"content-type": "application/json", "date": "Sun, 06 Nov 1994 08:49:37 GMT"}

REFUSED_KEY = (
    "Mistral refused the key from MISTRAL_API_KEY (401); check it. "
    'A key made for codestral.mistral.ai works only with provider.kind "codestral".'
)
EXTRA = [{"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs are not permitted", "input": 1}]
EXTRA_SENTENCE = 'Mistral does not accept the field "n" (422); check provider.kind and provider.url.'
BOUND = [
    {
        "type": "less_than_equal",
        "loc": ["body", "temperature"],
        "msg": "Input should be less than or equal to 1.5",
        "input": 2,
    }
]
BOUND_SENTENCE = "Mistral refused provider.temperature (422: Input should be less than or equal to 1.5); change it."
UNKNOWN_MODEL = (
    'Mistral does not know the model "codestral-latest" ({}); set provider.model to one that completes FIM there.'
)
LIMITED = "Mistral takes no more requests for now (429); completion goes on in a while."
PAGE = (
    "Mistral answered with a web page instead of an API's answer ({}) at "
    "https://api.mistral.ai/v1/fim/completions; check provider.url, and whether a proxy or firewall stands between."
)
NO_API = f"There is no FIM API at {URL} (404); check provider.url and provider.kind."
OUT_OF_ORDER = "Mistral is out of order ({}); it is tried again by itself."
QUOTED = "Mistral refused the request (400: {}); check the settings of section provider."
CLEANED = "Mistral refused the request (418: tea [31m only); check the settings of section provider."
UNQUOTED = "Mistral refused the request (400); check the settings of section provider."


def api_error(message: Any, code: Any = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (401, {"message": "Unauthorized", "request_id": "1"}, AuthenticationError, REFUSED_KEY),
        (401, {"detail": "Unauthorized"}, AuthenticationError, REFUSED_KEY),
        (401, "", AuthenticationError, REFUSED_KEY),
        (401, "<html>", AuthenticationError, REFUSED_KEY),
        (
            402,
            "",
            AuthenticationError,
            "Mistral asks for payment (402); check the plan and spending limit of the key from MISTRAL_API_KEY.",
        ),
        (
            403,
            api_error("Model not in your tier."),
            AuthenticationError,
            ('Mistral does not let the key from MISTRAL_API_KEY use the model "codestral-latest" '
            "(403: Model not in your tier); choose another in provider.model, "
            "or a key whose workspace may use it."),
        ),
        (404, {"detail": "Not Found"}, RequestRejectedError, NO_API),
        (404, {"message": "no Route matched with those values"}, RequestRejectedError, NO_API),
        (404, "", RequestRejectedError, NO_API),
        (404, {"error": "model 'x' not found"}, RequestRejectedError, UNKNOWN_MODEL.format(404)),
        (
            400,
            api_error("Invalid model: codestral-latest", "1500", "invalid_model"),
            RequestRejectedError,
            UNKNOWN_MODEL.format(400),
        ),
        (400, api_error("Invalid model: x", 1500), RequestRejectedError, UNKNOWN_MODEL.format(400)),
        (
            400,
            api_error("FIM is not enabled for this model", "3051", "invalid_request_invalid_args"),
            RequestRejectedError,
            ('The model "codestral-latest" cannot fill in the middle (400); '
            'set provider.model to "codestral-latest".'),
        ),
        (
            400,
            api_error("Prompt contains 140000 tokens, too large for model with 131072 maximum context length"),
            TooLongError,
            'The request is too long for "codestral-latest" (400); lower context.prefixChars and suffixChars.',
        ),
        (
            413,
            "",
            TooLongError,
            'The request is too long for "codestral-latest" (413); lower context.prefixChars and suffixChars.',
        ),
        (422, {"detail": EXTRA}, RequestRejectedError, EXTRA_SENTENCE),
        (422, api_error({"detail": EXTRA}), RequestRejectedError, EXTRA_SENTENCE),
        (
            422,
            {"object": "Error", "detail": EXTRA, "message": EXTRA, "code": 3001},
            RequestRejectedError,
            EXTRA_SENTENCE,
        ),
        (422, {"object": "Error", "message": EXTRA, "code": 3001}, RequestRejectedError, EXTRA_SENTENCE),
        (422, {"detail": BOUND}, RequestRejectedError, BOUND_SENTENCE),
        (422, api_error({"detail": BOUND}), RequestRejectedError, BOUND_SENTENCE),
        (
            422,
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "min_tokens"], "msg": "x"}]},
            RequestRejectedError,
            "Mistral does not accept provider.minTokens (422); unset provider.minTokens.",
        ),
        (
            422,
            {"detail": [{"loc": "body"}, 3, None]},
            RequestRejectedError,
            UNQUOTED.replace("400", "422"),
        ),
        (
            429,
            {**api_error("Rate limit exceeded", "1300", "rate_limited"), "raw_status_code": 429},
            RateLimitedError,
            LIMITED,
        ),
        (429, {"message": "Requests rate limit exceeded"}, RateLimitedError, LIMITED),
        (429, "<html>", RateLimitedError, LIMITED),
        (
            429,
            {"message": "Monthly quota exceeded"},
            RateLimitedError,
            "Mistral: the quota of this key is used up (429); check its plan, or set provider.kind to embedded.",
        ),
        (408, "", UnavailableError, OUT_OF_ORDER.format(408)),
        (500, api_error("Internal", "1000", "server_error"), UnavailableError, OUT_OF_ORDER.format(500)),
        (503, "upstream connect error", UnavailableError, OUT_OF_ORDER.format(503)),
        (502, "<html><h1>502 Bad Gateway</h1>", UnavailableError, PAGE.format(502)),
        (403, "<!DOCTYPE html>", UnavailableError, PAGE.format(403)),
        (400, [{"error": {"code": 400, "message": "Bad", "status": "X"}}], RequestRejectedError, QUOTED.format("Bad")),
        (400, "plain words", RequestRejectedError, QUOTED.format("plain words")),
        (400, "", RequestRejectedError, UNQUOTED),
        (400, "x" * 5000, RequestRejectedError, UNQUOTED),
        (418, {"error": "tea\u202e\x1b[31m only\n"}, RequestRejectedError, CLEANED),
        (400, api_error("cannot read prompt_of_the_user"), RequestRejectedError, UNQUOTED),
        (400, api_error("bad key: k3y-of-mi…"), RequestRejectedError, UNQUOTED),
        (400, api_error("Authorization: Bearer abc"), RequestRejectedError, UNQUOTED),
        (400, api_error("no: 0123456789abcdef0123456789abcdef"), RequestRejectedError, UNQUOTED),
    ],
)  # fmt: skip
def test_refusals(status: int, body: Any, kind: type[ProviderError], sentence: str) -> None:
    """Status and body, in whatever of their shapes, decide the error and its one sentence."""
    text = body if isinstance(body, str) else json.dumps(body)
    error = MISTRAL.read_error(status, JSON_HEADERS, text, ASKED)
    assert type(error) is kind
    assert str(error) == sentence
    assert error.provider == "mistral"


@pytest.mark.parametrize("model", ["codestral-2405", "codestral-2501"])
def test_retired_models_name_their_successor(model: str) -> None:
    """Both ids that old guides name are switched off; the sentence says what to use."""
    body = json.dumps(api_error(f"Invalid model: {model}", "1500", "invalid_model"))
    error = MISTRAL.read_error(400, JSON_HEADERS, body, RequestSummary(model, URL))
    assert str(error) == f'The model "{model}" was retired (400); set provider.model to "codestral-latest".'
    elsewhere = REGISTRY["langdock"].read_error(400, JSON_HEADERS, body, RequestSummary(model, URL))
    assert "does not know the model" in str(elsewhere)


def test_without_a_key() -> None:
    """Where none was sent, none can have been wrong."""
    error = MISTRAL.read_error(401, JSON_HEADERS, "", RequestSummary("m", URL))
    assert str(error) == ("Mistral asks for a key (401) and none was sent; set provider.apiKeyEnv to its variable.")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:00 GMT"}, 23.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:00"}, None),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
    ids=repr,
)
def test_when_to_come_back(headers: dict[str, str], expected: float | None) -> None:
    """Seconds, milliseconds, or a date, which is read against the server's own clock."""
    error = MISTRAL.read_error(429, {**JSON_HEADERS, **headers}, "", ASKED)
    assert error.retry_after == expected


GENERATIONS = {
    "x-ratelimit-limit-tokens-minute": "5000000",
    "x-ratelimit-tokens-query-cost": "52",
    "ratelimitbysize-remaining": "499000",
    "x-ratelimitbysize-limit-month": "10000000000",
    "x-ratelimit-reset": "soon",
    "x-request-id": "7",
}


def test_rate_limit_headers_of_three_generations() -> None:
    """All that are numbers are told; the rest is passed over."""
    started = MISTRAL.read_started(GENERATIONS, ASKED)
    assert started.limits == (
        ("ratelimitbysize-remaining", 499000.0),
        ("x-ratelimit-limit-tokens-minute", 5000000.0),
        ("x-ratelimit-tokens-query-cost", 52.0),
        ("x-ratelimitbysize-limit-month", 1e10),
    )
    assert started.notices == ()


@given(status=st.integers(300, 599), body=st.text(), secret=st.text("abc123", min_size=8, max_size=40))
def test_no_refusal_leaks_or_crashes(status: int, body: str, secret: str) -> None:
    """Any body gives one line; a key or prompt in it stays out of that line."""
    asked = RequestSummary("m", URL, "KEY", (secret, f"text: {secret}"))
    for text in (body + secret, json.dumps({"message": f"{body[:20]} {secret}"})):
        error = MISTRAL.read_error(status, JSON_HEADERS, text, asked)
        assert secret not in str(error)
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Limit resets at: 1994-11-06 08:50:07 UTC", 30.0),
        ("limit resets at: 1994-11-06T08:49:38Z", 1.0),
        ("Limit resets at: 1994-11-06 08:49:37.250000+00:00", 0.0),
        ("Limit resets at: 1994-11-06 08:00:00 UTC", 0.0),
        ("Limit resets at: 1994-13-66 08:50:07 UTC", None),
        ("Limit resets at: 08:50:07 UTC", None),
        ("Limit resets at: 1994-11-06 08:50:07 CET", None),
        ("Limit resets soon", None),
        ("Try again in 5 seconds. All deployments are in cooldown.", 5.0),
        ("try again in 1.5s", 1.5),
        ("Please try again in 20ms.", None),
        ("Try again in a while", None),
    ],
)
def test_a_gateway_names_the_end_of_its_limit_in_words(text: str, seconds: float | None) -> None:
    """LiteLLM's own 429 has no Retry-After; a header that is there has priority over the words."""
    message = f"litellm.RateLimitError: Rate limit exceeded for api_key: x. Current limit: 3, Remaining: 0. {text}"
    body = json.dumps({"error": {"message": message, "type": "throttling_error", "param": None, "code": "429"}})
    error = MISTRAL.read_error(429, JSON_HEADERS, body, ASKED)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == seconds
    assert MISTRAL.read_error(429, {**JSON_HEADERS, "retry-after": "7"}, body, ASKED).retry_after == 7


@pytest.mark.parametrize("kind", ["mistral", "codestral", "langdock", "inception", "deepseek", "openai"])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 422, 429, 500, 503])
def test_an_error_speaks_of_the_host_that_answered(kind: str, status: int) -> None:
    """Behind a gateway neither the vendor nor advice on the vendor's keys is named."""
    provider = REGISTRY[kind]
    url = provider.endpoint("https://fim.example.eu:4000/x")
    sentence = str(provider.read_error(status, JSON_HEADERS, "{}", RequestSummary("m", url, "MY_KEY")))
    assert "fim.example.eu:4000" in sentence
    assert "Mistral" not in sentence
    own = str(provider.read_error(status, JSON_HEADERS, "{}", RequestSummary("m", provider.endpoint(""), "MY_KEY")))
    assert own.startswith(getattr(provider, "label"))  # noqa: B009


def test_litellm_without_a_database_is_named() -> None:
    """It answers 400 to each key but its master key."""
    url = "https://fim.example.eu/mistral/v1/fim/completions"
    body = json.dumps({"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}})
    error = MISTRAL.read_error(400, JSON_HEADERS, body, RequestSummary("codestral-latest", url, "MY_KEY"))
    assert str(error).startswith("The gateway fim.example.eu knows no key but its master key")


BUDGET = "Budget has been exceeded! Current cost: 5.2, Max budget: 5.0"


@pytest.mark.parametrize("kind", ["mistral", "openai"])
@pytest.mark.parametrize(
    ("status", "message", "type_", "beginning", "rest"),
    [
        (422, BUDGET, "budget_exceeded", "The budget of the key from K at gw.example is used up (422: Budget", "ask"),
        (400, BUDGET, "budget_exceeded", "The budget of the key from K at gw.example is used up (400: Budget", "ask"),
        (401, BUDGET, None, "The budget of the key from K at gw.example is used up (401", "ask"),
        (429, "ExceededBudget: User=anna over budget.", None, "The budget of the key from K at gw.example", "ask"),
        (
            401,
            "litellm.AuthenticationError: Text-completion-codestralException - b'{}'",
            None,
            "gw.example took the key from K, but the host behind it refused the gateway's own (401)",
            'its key for the model "m"',
        ),
        (401, "this key is not known", "auth_error", "gw.example refused the key from K (401); check it", ""),
        (
            401,
            "Authentication Error, Invalid proxy server token passed",
            "auth_error",
            "gw.example refused the key",
            "",
        ),
    ],
)
def test_refusals_of_a_gateways_own_making_have_the_right_remedy(
    kind: str, status: int, message: str, type_: str | None, beginning: str, rest: str
) -> None:
    """All of them wait for people, so none is tried again each second."""
    url = REGISTRY[kind].endpoint("https://gw.example")
    body = json.dumps({"error": {"message": message, "type": type_, "param": None, "code": str(status)}})
    error = REGISTRY[kind].read_error(status, JSON_HEADERS, body, RequestSummary("m", url, "K"))
    assert isinstance(error, AuthenticationError)
    assert str(error).startswith(beginning)
    assert rest in str(error)
