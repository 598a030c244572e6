"""llama.cpp's `POST /infill`. Pure.

The server marks prefix and suffix itself, by the model's own tokens; marks in the text stay text. It silently cuts a
prefix longer than three quarters of a batch, and a suffix longer than the rest of it, so windows are sent that fit.
For that it is probed for the size of its context and for how its tokenizer counts.
A request of `n_predict` 0 reads a prompt into the cache of the slot and answers with one token, as llama.vim uses it.
A stream ends with an event of `"stop": true` and without `[DONE]`. That event repeats the whole prompt unless the
request names the fields of the response. Measured on builds 10434 and 11549; source: tools/server/README.md of
llama.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import evolve, frozen

from fim_language_server.core.values import Chunk, Context, Usage
from fim_language_server.providers.apis.token_windows import (
    SAMPLE,
    answer_share,
    bytes_per_token,
    first_tokens,
    last_tokens,
    snippets_that_fit,
)
from fim_language_server.providers.apis.wire_api import WireApi, without_none
from fim_language_server.providers.base import (
    HttpRequest,
    Probe,
    ProbeReply,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.host_limits import (
    CutUnit,
    HostWindow,
    Kept,
    SilentCut,
)
from fim_language_server.providers.hosts.endpoints import sibling
from fim_language_server.providers.replies import choice_events
from fim_language_server.providers.replies.wire_text import parse_object, well_formed

PATH = "/infill"

BATCH_TOKENS: Final = 2048
"""The server's default `--batch-size`. The server does not report the size that it runs with."""

RESPONSE_FIELDS: Final = (
    "index",
    "content",
    "stop",
    "stop_type",
    "tokens_predicted",
    "tokens_evaluated",
    "timings/cache_n",
)

_WINDOW: Final = HostWindow(prefix_chars=4_000, suffix_chars=1_400)
"""About the size of a batch, in code points."""

_SILENT_CUTS: Final = (
    SilentCut(("input_prefix",), 3 * BATCH_TOKENS // 4, CutUnit.TOKENS, Kept.END),
    SilentCut(("input_suffix",), BATCH_TOKENS // 4 - 2, CutUnit.TOKENS, Kept.START),
)

_MARKS_TOKENS: Final = 32
"""Tokens reserved for the marks between the parts, and for names of files."""

_REASONS = {"eos": "stop", "word": "stop", "none": "stop", "limit": "length"}


@frozen
class LlamaCppInfill(WireApi):
    """llama.cpp's server, or one that speaks its `/infill`."""

    name: str = "llamacpp"
    label: str = "llama.cpp"
    url: str = "http://127.0.0.1:8080"
    path: str = PATH
    models_path: str = "/v1/models"
    ignored_suffix: str = "/v1"
    api_key_env: str | None = "LLAMA_API_KEY"
    default_model: str = ""  # the server was started with one
    description: str = "llama.cpp's server on this machine, or anywhere"
    fim_remedy: str = 'load a FIM model, or set provider.kind to "openai" and provider.template to the model\'s family'
    accepted_options: frozenset[str] = frozenset({"temperature", "top_p", "stop", "random_seed"})
    window: HostWindow | None = _WINDOW
    can_warm: bool = True
    silent_cuts: tuple[SilentCut, ...] = _SILENT_CUTS

    def probes(self, url: str, options: RequestOptions) -> tuple[Probe, ...]:
        """Return probes for the size of the context, and for the number of tokens of a sample of code."""
        return Probe(sibling(url, PATH, "/props")), Probe(sibling(url, PATH, "/tokenize"), {"content": SAMPLE})

    def read_facts(self, options: RequestOptions, replies: Sequence[ProbeReply]) -> ServerFacts:
        """Return the facts. Raises ProviderError where a key is missing, or the model is still loading."""
        for reply in replies:
            if reply.status in (401, 403, 503):
                raise self.read_error(reply.status, reply.headers, reply.body, reply.summary)
        props, counted = (parse_object(reply.body) if reply.status == 200 else {} for reply in replies)
        defaults = props.get("default_generation_settings")
        context = choice_events.count(defaults.get("n_ctx")) if isinstance(defaults, dict) else 0
        tokens = counted.get("tokens")
        n_sample = len(tokens) if isinstance(tokens, list) else 0
        per_token = bytes_per_token(n_sample) if n_sample else None
        findings = [f"a context of {context} tokens"] if context else []
        findings += [f"reckoned with {per_token:.1f} bytes to a token"] if per_token else []
        finding = ", ".join(findings) or "the server tells nothing of itself"
        return ServerFacts(True, context or None, per_token, finding=finding)

    def sent_context(self, context: Context, options: RequestOptions) -> Context:
        """Return the context with windows and snippets that the server need not cut."""
        facts, n_context, n_predict = options.facts, _context_tokens(options), _answer_tokens(options)
        per_token = facts.bytes_per_token
        batch = min(BATCH_TOKENS, n_context)
        marks = min(_MARKS_TOKENS, n_context // 8)
        room = min(batch, n_context - n_predict) - marks
        prefix_tokens = min(3 * (batch // 4), 3 * room // 4)
        suffix_tokens = min(batch // 4 - 2, room - prefix_tokens)
        left = n_context - batch - 2 * n_predict - marks
        return evolve(
            context,
            prefix=last_tokens(well_formed(context.prefix), prefix_tokens, per_token),
            suffix=first_tokens(well_formed(context.suffix), suffix_tokens, per_token),
            snippets=tuple(snippets_that_fit(context.snippets, left, per_token)),
        )

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request, with windows and snippets that the server need not cut."""
        context = self.sent_context(context, options)
        extra = [
            {"filename": well_formed(snippet.path), "text": well_formed(snippet.text)} for snippet in context.snippets
        ]
        wanted: dict[str, Any] = {
            "model": options.model or None,
            "input_prefix": context.prefix,
            "input_suffix": context.suffix,
            "input_extra": extra or None,
            "n_predict": 0 if options.only_warms else _answer_tokens(options),
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stop": [well_formed(text) for text in dict.fromkeys(options.stop)] or None,
            "seed": options.random_seed,
            "cache_prompt": True,
            "response_fields": list(RESPONSE_FIELDS),
            "stream": options.stream and not options.only_warms,
        }
        return HttpRequest(url, without_none(wanted))

    def read_event(self, data: str) -> Chunk | None:
        """Return the chunk in one event's data, or in a whole body. Raises StreamError for an error, or no JSON."""
        event = choice_events.parse(self.name, self.label, data)
        content = event.get("content")
        if not isinstance(content, str):
            is_none = "content" not in event
            raise (choice_events.no_completion if is_none else choice_events.broken_event)(self.name, self.label)
        if event.get("stop") is not True:
            return Chunk(content)
        count = choice_events.count
        prompt = count(event.get("tokens_evaluated"))
        cached = min(prompt, count(event.get("timings/cache_n")))
        usage = Usage(prompt, count(event.get("tokens_predicted")), cached)
        reason = event.get("stop_type")
        return Chunk(content, _REASONS.get(reason, "stop") if isinstance(reason, str) else "stop", usage)


def _context_tokens(options: RequestOptions) -> int:
    return options.facts.context_tokens or BATCH_TOKENS * 2


def _answer_tokens(options: RequestOptions) -> int:
    return answer_share(_context_tokens(options), options.max_tokens or 128)
