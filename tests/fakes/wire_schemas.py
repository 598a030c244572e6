"""The published request schema of each API, as data, and what of a body breaks it. Nothing here knows our providers.

Each is written down from the source named with it, so that what passes here is accepted there. One field more than
the API documents is an error at Mistral (`additionalProperties: false`), and is one here in any case:
a field that is not documented is not ours to send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class Field:
    """One field: its JSON types, and its bounds where it has some."""

    types: tuple[type, ...]
    least: float | None = None
    most: float | None = None
    above: float | None = None
    most_items: int | None = None
    inner: Schema | None = None  # of an object, or of each item of a list


@frozen
class Schema:
    """What a body may be."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    source: str = ""
    path: str = ""  # a regular expression for the path it is posted to


TEXT, FLAG = Field((str,)), Field((bool,))
COUNT = Field((int,), least=0)
STOPS = Field((str, list))

MISTRAL_FIELDS = {
    "model": TEXT,
    "prompt": TEXT,
    "suffix": TEXT,
    "temperature": Field((int, float), least=0, most=1.5),
    "top_p": Field((int, float), above=0, most=1),
    "max_tokens": COUNT,
    "min_tokens": COUNT,
    "stream": FLAG,
    "stop": STOPS,
    "random_seed": COUNT,
    "metadata": Field((dict,)),
}
MISTRAL = Schema(
    {**MISTRAL_FIELDS, "prompt_cache_key": TEXT},
    ("model", "prompt"),
    "Mistral's OpenAPI document, FIMCompletionRequest (additionalProperties: false)",
    r"/v1/fim/completions",
)
LANGDOCK = Schema(
    {name: rules for name, rules in MISTRAL_FIELDS.items() if name != "metadata"},
    ("model", "prompt"),
    "docs.langdock.com, Codestral API",
    r"/mistral/eu/v1/fim/completions",
)
VERTEX = Schema(
    MISTRAL_FIELDS,
    ("model", "prompt"),
    "Mistral's SDK, Vertex flavour, FIMCompletionRequest",
    r"/v1/projects/[^/]+/locations/[^/]+/publishers/mistralai/models/[^/]+:(streamR|r)awPredict",
)
INCEPTION = Schema(
    {
        "model": TEXT,
        "prompt": TEXT,
        "suffix": TEXT,
        "max_tokens": COUNT,
        "top_p": Field((int, float), above=0, most=1),
        "frequency_penalty": Field((int, float)),
        "presence_penalty": Field((int, float)),
        "stop": STOPS,
        "stream": FLAG,
        "stream_options": Field((dict,), inner=Schema({"include_usage": FLAG})),
    },
    ("model", "prompt", "suffix"),
    "docs.inceptionlabs.ai, FIM",
    r"/v1/fim/completions",
)

COMPLETIONS_FIELDS = {
    "model": TEXT,
    "prompt": TEXT,
    "suffix": TEXT,
    "max_tokens": COUNT,
    "temperature": Field((int, float), least=0, most=2),
    "top_p": Field((int, float), least=0, most=1),
    "stream": FLAG,
    "stream_options": Field((dict,), inner=Schema({"include_usage": FLAG})),
    "echo": FLAG,
    "frequency_penalty": Field((int, float), least=-2, most=2),
    "presence_penalty": Field((int, float), least=-2, most=2),
}
OPENAI = Schema(
    {
        **COMPLETIONS_FIELDS,
        "stop": Field((str, list), most_items=4),
        "seed": Field((int,)),
        "best_of": COUNT,
        "n": COUNT,
        "user": TEXT,
        "logprobs": Field((int,), least=0, most=5),
        "logit_bias": Field((dict,)),
    },
    ("model", "prompt"),
    "OpenAI's OpenAPI document, CreateCompletionRequest",
    r"/v1/completions",
)
DEEPSEEK = Schema(
    {
        **COMPLETIONS_FIELDS,
        "max_tokens": Field((int,), least=0, most=4096),
        "stop": Field((str, list), most_items=16),
        "logprobs": Field((int,), least=0, most=20),
        "user_id": TEXT,
    },
    ("model", "prompt"),
    "api-docs.deepseek.com, FIM completion (beta)",
    r"/beta/completions",
)
LLAMA_CPP = Schema(
    {
        "model": TEXT,
        "input_prefix": TEXT,
        "input_suffix": TEXT,
        "input_extra": Field((list,), inner=Schema({"filename": TEXT, "text": TEXT}, ("text",))),
        "prompt": TEXT,
        "n_predict": Field((int,), least=-1),
        "temperature": Field((int, float), least=0),
        "top_p": Field((int, float), least=0, most=1),
        "stop": Field((list,)),
        "seed": Field((int,)),
        "cache_prompt": FLAG,
        "response_fields": Field((list,)),
        "stream": FLAG,
        "t_max_predict_ms": COUNT,
        "samplers": Field((list,)),
        "id_slot": Field((int,), least=-1),
    },
    ("input_prefix", "input_suffix"),
    "llama.cpp, tools/server/README.md, POST /infill",
    r"/infill",
)
OLLAMA = Schema(
    {
        "model": TEXT,
        "prompt": TEXT,
        "suffix": TEXT,
        "stream": FLAG,
        "raw": FLAG,
        "think": FLAG,
        "keep_alive": Field((str, int)),
        "options": Field(
            (dict,),
            inner=Schema(
                {
                    "num_predict": Field((int,), least=-2),
                    "temperature": Field((int, float), least=0),
                    "top_p": Field((int, float), least=0, most=1),
                    "stop": Field((list,)),
                    "seed": Field((int,)),
                    "num_ctx": Field((int,), least=1),
                }
            ),
        ),
    },
    ("model", "prompt"),
    "Ollama, docs/api.md, POST /api/generate",
    r"/api/generate",
)
TABBY = Schema(
    {
        "language": TEXT,
        "segments": Field(
            (dict,),
            inner=Schema(
                {
                    "prefix": TEXT,
                    "suffix": TEXT,
                    "filepath": TEXT,
                    "git_url": TEXT,
                    "clipboard": TEXT,
                    "relevant_snippets_from_recently_opened_files": Field(
                        (list,),
                        inner=Schema(
                            {"filepath": TEXT, "body": TEXT, "score": Field((float,))}, ("filepath", "body", "score")
                        ),
                    ),
                },
                ("prefix",),
            ),
        ),
        "user": TEXT,
        "temperature": Field((int, float)),
        "seed": COUNT,
        "mode": TEXT,
    },
    (),
    "Tabby's OpenAPI document, CompletionRequest",
    r"/v1/completions",
)

SCHEMAS: Mapping[str, Schema] = {
    "mistral": MISTRAL,
    "codestral": MISTRAL,
    "azure": MISTRAL,
    "langdock": LANGDOCK,
    "vertex": VERTEX,
    "inception": INCEPTION,
    "deepseek": DEEPSEEK,
    "openai": OPENAI,
    "llamacpp": LLAMA_CPP,
    "ollama": OLLAMA,
    "tabby": TABBY,
}
"""By the name of the provider that speaks it."""


def faults(schema: Schema, body: Any, place: str = "body") -> list[str]:
    """Return what is wrong with a body, a line each."""
    if not isinstance(body, dict):
        return [f"{place} is no object"]
    found = [f"{place}.{name} is missing" for name in schema.required if name not in body]
    for name, value in body.items():
        if name not in schema.fields:
            found.append(f"{place}.{name} is no field of this API")
        else:
            found += _value_faults(schema.fields[name], value, f"{place}.{name}")
    return found


def _value_faults(rules: Field, value: Any, place: str) -> list[str]:
    if not isinstance(value, rules.types) or (isinstance(value, bool) and bool not in rules.types):
        return [f"{place} is of the wrong type: {type(value).__name__}"]
    if isinstance(value, int | float) and not isinstance(value, bool):
        low = (rules.least is not None and value < rules.least) or (rules.above is not None and value <= rules.above)
        return [f"{place} is out of bounds: {value}"] if low or (rules.most is not None and value > rules.most) else []
    if isinstance(value, list):
        found = (
            [f"{place} has too many items"] if rules.most_items is not None and len(value) > rules.most_items else []
        )
        items = enumerate(value) if rules.inner else ()
        return found + [fault for n, item in items for fault in faults(rules.inner, item, f"{place}[{n}]")]  # type: ignore[arg-type]
    return faults(rules.inner, value, place) if rules.inner and isinstance(value, dict) else []


def is_path_of(schema: Schema, path: str) -> bool:
    """Is this where the API is?"""
    return re.fullmatch(schema.path, path) is not None
