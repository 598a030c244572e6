"""Mistral's FIM API as the loopback server knows it: schema, error bodies, models, chunks. No sockets here.

Source: the OpenAPI document of Mistral (`additionalProperties: false` on FIM requests) and error bodies users
have reported. It errs on the strict side, so that what passes here passes there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FIELDS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "prompt": (str,),
    "suffix": (str, type(None)),
    "temperature": (int, float, type(None)),
    "top_p": (int, float, type(None)),
    "max_tokens": (int, type(None)),
    "min_tokens": (int, type(None)),
    "stream": (bool,),
    "stop": (str, list, type(None)),
    "random_seed": (int, type(None)),
    "metadata": (dict, type(None)),
    "prompt_cache_key": (str, type(None)),
}
"""Every field the business API accepts, with its JSON types."""

LANGDOCK_FIELDS = FIELDS.keys() - {"metadata", "prompt_cache_key"}

REQUIRED = ("model", "prompt")

BOUNDS: dict[str, tuple[float, float | None]] = {
    "temperature": (0, 1.5),
    "top_p": (0, 1),
    "max_tokens": (0, None),
    "min_tokens": (0, None),
    "random_seed": (0, None),
}

MODELS: tuple[dict[str, Any], ...] = (
    {"id": "codestral-2508", "aliases": ["codestral-latest", "codestral-2501"], "fim": True},
    {"id": "mistral-small-latest", "aliases": [], "fim": False},
    {
        "id": "codestral-old",
        "aliases": [],
        "fim": True,
        "deprecation": "2025-11-30T12:00:00Z",
        "deprecation_replacement_model": "codestral-latest",
    },
)


def check_request(body: Any, fields: Sequence[str] | set[str] | None = None) -> list[dict[str, Any]]:
    """Return the faults of a request body as the API lists them under `detail`; empty if it is valid."""
    if not isinstance(body, dict):
        return [_fault("model_attributes_type", ["body"], "Input should be a valid dictionary", body)]
    allowed = set(FIELDS if fields is None else fields)
    faults = [_fault("missing", ["body", name], "Field required", body) for name in REQUIRED if name not in body]
    for name, value in body.items():
        if name not in allowed:
            faults.append(_fault("extra_forbidden", ["body", name], "Extra inputs are not permitted", value))
        elif not isinstance(value, FIELDS[name]) or (isinstance(value, bool) and bool not in FIELDS[name]):
            faults.append(_fault("type_error", ["body", name], "Input should have another type", value))
        elif name in BOUNDS and value is not None:
            low, high = BOUNDS[name]
            if value < low or (name == "top_p" and value == 0):  # type: ignore[operator]
                message = f"Input should be greater than or equal to {low}"
                faults.append(_fault("greater_than_equal", ["body", name], message, value))
            elif high is not None and value > high:  # type: ignore[operator]
                message = f"Input should be less than or equal to {high}"
                faults.append(_fault("less_than_equal", ["body", name], message, value))
    return faults


def _fault(kind: str, place: list[str], message: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "loc": place, "msg": message, "input": value}


def check_model(name: str) -> dict[str, Any] | None:
    """Return the error body for a model that cannot complete here; None if it can."""
    for model in MODELS:
        if name == model["id"] or name in model["aliases"]:
            return None if model["fim"] else error_body("FIM is not enabled for this model", "3051")
    return error_body(f"Invalid model: {name}", "1500", "invalid_model")


def error_body(message: str, code: str | None, kind: str = "invalid_request_invalid_args") -> dict[str, Any]:
    """Return the general error body of the API."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def models_body() -> dict[str, Any]:
    """Return what `GET /v1/models` answers."""
    return {"object": "list", "data": [model_card(model, name) for model in MODELS for name in _names(model)]}


def _names(model: Mapping[str, Any]) -> list[str]:
    return [model["id"], *model["aliases"]]


def model_card(model: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return one entry of the list of models; the official client insists on `type: base`."""
    return {
        "id": name,
        "object": "model",
        "created": 1,
        "owned_by": "mistralai",
        "type": "base",
        "name": model["id"],
        "aliases": [other for other in _names(model) if other != name],
        "capabilities": {"completion_fim": model["fim"], "completion_chat": True},
        "max_context_length": 128_000,
        "default_model_temperature": 0.3,
        "deprecation": model.get("deprecation"),
        "deprecation_replacement_model": model.get("deprecation_replacement_model"),
    }


def split_tokens(text: str) -> list[str]:
    """Cut text into pieces of about a token each; joined they are the text again."""
    return re.findall(r"\s?\w{1,8}|\s?[^\w\s]{1,3}|\s+", text)


def cut_at_stop(text: str, stop: str | list[str] | None) -> str:
    """Return the text up to the first stop text; the stop text itself is not part of an answer."""
    marks = [stop] if isinstance(stop, str) else stop or []
    places = [place for mark in marks if (place := text.find(mark)) >= 0]
    return text[: min(places)] if places else text


def usage_of(body: Mapping[str, Any], n_tokens: int) -> dict[str, int]:
    """Count tokens roughly: 3.2 bytes to one, as Python source has with Mistral's tokenizer."""
    size = len((body["prompt"] + (body.get("suffix") or "")).encode("utf-8", "replace"))
    n_prompt = int(size / 3.2) + 3
    return {"prompt_tokens": n_prompt, "completion_tokens": n_tokens, "total_tokens": n_prompt + n_tokens}
