"""Requests to the FIM server: Mistral's request body, checked as Mistral's API checks it. Pure.

Source: Mistral's OpenAPI document (`FIMCompletionRequest`, `additionalProperties: false`), and the error bodies its
servers send. Bodies of answers are in `fim_answer`, the server itself is in `fim_server`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import field, frozen

MODEL: Final = "embedded"
"""The model's own name."""

ALIASES: Final = ("codestral-latest", "codestral-2508", "codestral-2501")
"""Names under which it answers as well, because clients ask for these unless they are told otherwise."""

_REQUIRED: Final = ("model", "prompt")
_NULLABLE: Final = frozenset(
    [
        "suffix",
        "temperature",
        "top_p",
        "max_tokens",
        "min_tokens",
        "stop",
        "random_seed",
        "metadata",
        "prompt_cache_key",
    ]
)
_TEXTS: Final = frozenset(["model", "prompt", "suffix", "prompt_cache_key"])
_COUNTS: Final = frozenset(["max_tokens", "min_tokens", "random_seed"])
_NUMBERS: Final[Mapping[str, tuple[float, float]]] = {"temperature": (0, 1.5), "top_p": (0, 1)}
_FIELDS: Final = frozenset(["stream", "stop", "metadata"]) | _TEXTS | _COUNTS | _NUMBERS.keys()

_TOO_LARGE: Final = 2**63

_FILE_MARK: Final = re.compile(r"^\+\+\+\+\+ ?(.*)$\n?", re.MULTILINE)
"""The mark of a file in Codestral's training format: a line of this mark and its path, the file to complete last."""


@frozen
class FimRequest:
    """One request, as far as this model cares; the other fields of the API are accepted and change nothing.

    `path` is the file's, where the prompt tells it, else "". `max_tokens` None: no limit.
    """

    prefix: str = field(repr=False)
    suffix: str = field(default="", repr=False)
    path: str = ""
    model: str = MODEL
    stops: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False


class RefusedError(Exception):
    """The request is answered with this status and this body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"refused with {status}")
        self.status = status
        self.body = body


def read_question(data: bytes) -> FimRequest:
    """Read a request body. Raises RefusedError: 422 where the schema does not hold, 400 for another model's name."""
    body = _parse(data)
    if faults := list(_faults(body)):
        raise RefusedError(422, {"detail": faults})
    if body["model"] not in (MODEL, *ALIASES):
        raise RefusedError(400, error_body(f"Invalid model: {body['model']}", "invalid_model", "1500"))
    path, prefix = split_path(_well_formed(body["prompt"]))
    stop = body.get("stop") or ()
    return FimRequest(
        prefix=prefix,
        suffix=_well_formed(body.get("suffix") or ""),
        path=path,
        model=body["model"],
        stops=tuple(text for text in ([stop] if isinstance(stop, str) else stop) if text),
        max_tokens=None if body.get("max_tokens") is None else int(body["max_tokens"]),
        stream=body.get("stream", False),
    )


def split_path(prompt: str) -> tuple[str, str]:
    """Part a prompt into the path of the file being completed and its text; the path is "" where none is told."""
    marks = list(_FILE_MARK.finditer(prompt)) if "+++++ " in prompt else []
    # A single mark further down is more likely a line of the user's text.
    if not marks or marks[0].start() != 0:
        return "", prompt
    path = marks[-1][1].strip().replace("\\", "/")
    return path.removeprefix("./"), prompt[marks[-1].end() :]


def error_body(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    """Return the general error body of the API."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def _parse(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise RefusedError(422, {"detail": [_fault("json_invalid", place, "JSON decode error")]}) from None
    if not isinstance(body, dict):
        fault = {"type": "model_attributes_type", "loc": ["body"], "msg": "Input should be a valid dictionary"}
        raise RefusedError(422, {"detail": [fault]})
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _faults(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is wrong, as the API lists it under `detail`. Texts are not repeated: they may be anybody's code."""
    for name in _REQUIRED:
        if name not in body:
            yield _fault("missing", name, "Field required")
    for name, value in body.items():
        if name not in _FIELDS:
            yield _fault("extra_forbidden", name, "Extra inputs are not permitted")
        elif value is None and name in _NULLABLE:
            continue
        elif (wrong := _wrong_type(name, value)) is not None:
            yield _fault(*wrong)
        elif name in _COUNTS and value < 0:
            yield _fault("greater_than_equal", name, "Input should be greater than or equal to 0", value)
        elif name in _NUMBERS:
            yield from _out_of_bounds(name, value)


def _wrong_type(name: str, value: Any) -> tuple[str, str, str] | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_LARGE
    if name in _TEXTS and not isinstance(value, str):
        return "string_type", name, "Input should be a valid string"
    if name in _COUNTS and not (is_number and float(value).is_integer()):
        return "int_type", name, "Input should be a valid integer"
    if name in _NUMBERS and not is_number:
        return "float_type", name, "Input should be a valid number"
    if name == "stream" and not isinstance(value, bool):
        return "bool_type", name, "Input should be a valid boolean"
    if name == "metadata" and not isinstance(value, dict):
        return "dict_type", name, "Input should be a valid dictionary"
    if name == "stop" and not isinstance(value, str):
        if not isinstance(value, list):
            return "list_type", name, "Input should be a valid list"
        if not all(isinstance(text, str) for text in value):
            return "string_type", name, "Input should be a valid string"
    return None


def _out_of_bounds(name: str, value: float) -> Iterator[dict[str, Any]]:
    low, high = _NUMBERS[name]
    if name == "top_p" and value <= 0:
        yield _fault("greater_than", name, "Input should be greater than 0", value)
    elif value < low:
        yield _fault("greater_than_equal", name, f"Input should be greater than or equal to {low}", value)
    elif value > high:
        yield _fault("less_than_equal", name, f"Input should be less than or equal to {high}", value)


def _fault(kind: str, place: str | int, message: str, value: float | None = None) -> dict[str, Any]:
    fault: dict[str, Any] = {"type": kind, "loc": ["body", place], "msg": message}
    return {**fault, "input": value} if value is not None and math.isfinite(value) else fault


def _well_formed(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
