"""Probing of servers of OpenAI's completions for the fields they accept, with requests shaped like completions. Pure.

The probes are a generator: it yields one, receives the reply, and returns the facts. A field that a refusal names is
left out, or its value changed, and the probe is repeated. Where a refusal names no field, a minimal request is sent,
and the other fields are added one by one. So a refusal may have any status and any wording.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from typing import Any, Final

from attrs import define, evolve, field

from fim_language_server.core.prompt import AUTO, family_of
from fim_language_server.core.values import Chunk, Context
from fim_language_server.errors import ProviderError, RequestRejectedError, StreamError
from fim_language_server.providers.base import (
    Framing,
    Probe,
    ProbeReply,
    Provider,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.replies.answer_reading import AnswerReader
from fim_language_server.providers.replies.error_replies import setting_of
from fim_language_server.providers.replies.framing import DECODERS, EventTooLargeError, framing_of
from fim_language_server.providers.replies.wire_text import parse_object

Probing = Generator[Probe, ProbeReply, ServerFacts]
"""Probes that depend on the replies before them, and the facts that they find out."""
_Step = Generator[Probe, ProbeReply, ProbeReply]

SAMPLE: Final = Context(
    "def add(a, b):\n    return ",
    "".join(f"\n\ndef function_{n}(value):\n    return value * {n}\n" for n in range(12)),
)
"""A short prompt, and a suffix that is long enough to show in a count of tokens."""

_PROMPT_TOKENS: Final = 60
"""More tokens than the prompt of `SAMPLE` has in any tokenizer, and far fewer than its suffix has."""
_LEAST_GROWTH: Final = 20
"""A count that exceeds `_PROMPT_TOKENS` by this many tokens proves that the suffix has been read."""
_FEW_TOKENS: Final = 16
"""The `max_tokens` of a probe; some servers accept no smaller number."""

_OPTIONAL: Final = ("suffix", "stream_options", "max_tokens", "stop", "temperature", "top_p", "seed", "stream")
"""Fields that a completion can do without, in the order in which they are tried."""
_ALIASES: Final = {"infill": "suffix", "insert": "suffix", "streaming": "stream", "include_usage": "stream_options"}
_MOST_PROBES: Final = 10
_COUNTS_ITSELF: Final = "x-litellm-"
"""Beginning of a header of LiteLLM, which counts the tokens of a stream itself, and those of the prompt alone."""
_OF_THE_VENDOR: Final = "codestral"
"""Family of models that gateways mostly take from the vendor's FIM API, where its marks would be plain text."""
_KEY_REFUSALS: Final = (401, 402)
_OTHER_REASONS: Final = re.compile(
    r"model[^.]{0,80}(not exist|not found|not available|unknown|invalid)|(unknown|invalid|no such|find) (the )?model"
    r"|model_not_found|loading|overload|busy|capacity|maintenance|temporar",
    re.IGNORECASE,
)
"""Words of refusals with another reason than a field: probing ends with their error."""
_NUMBER: Final = re.compile(r"\d{1,6}")


@define
class OpenAiProbes:
    """Probes of the server at one endpoint, for requests with the given options.

    `has_refused`: the server has refused a completion, so the probes have the full length of a completion.
    """

    _host: Provider
    _url: str
    _options: RequestOptions
    _has_refused: bool = False
    _fills_in: bool | None = None
    _streams: bool | None = None
    _refused: dict[str, None] = field(factory=dict)  # names of fields, in the order of discovery
    _max_tokens: int | None = None
    _tried_tokens: set[int] = field(factory=set)
    _finding: str = ""

    def run(self) -> Probing:
        """Yield the probes; return the facts. Raises ProviderError for a refusal that no field is the reason of."""
        wanted = self._options.max_tokens or _FEW_TOKENS
        self._max_tokens = wanted if self._has_refused else min(wanted, _FEW_TOKENS)
        reply = yield from self._probe_until_accepted()
        if self._options.template == AUTO:
            yield from self._find_out_about_suffix(reply)
            if self._fills_in is False and self._can_build():
                yield from self._probe_until_accepted()  # A template adds stop texts, which may be refused, too.
        return self._facts()

    def _probe_until_accepted(self) -> _Step:
        """Send probes shaped like a completion until one is accepted, adapting the field that each refusal names."""
        refusal: ProbeReply | None = None
        for _ in range(_MOST_PROBES):
            if self._fills_in is False and not self._can_build():
                return refusal or ProbeReply(0, {}, "")
            body = self._body()
            reply = yield Probe(self._url, body)
            if _is_accepted(self._host, reply):
                return reply
            refusal = refusal or reply
            name = _field_named_in(reply.body, body)
            if reply.status in _KEY_REFUSALS or (reply.status == 403 and name is None):
                raise self._error_of(reply)
            if name is None and _OTHER_REASONS.search(reply.body):
                raise self._error_of(reply)
            if name is None or not self._adapt(name, reply.body):
                break
        assert refusal is not None
        return (yield from self._add_fields(refusal))

    def _add_fields(self, refusal: ProbeReply) -> _Step:
        """Send a minimal probe, and add the other fields one by one. Raises the error of `refusal` if it fails."""
        reply = yield from self._probe_minimal()
        if not _is_accepted(self._host, reply):
            raise self._error_of(reply if reply.status == 429 else refusal)
        accepted = {name for name in self._body() if name not in _OPTIONAL or name == "stream"}
        for name in _OPTIONAL:
            if name in accepted or name not in self._body():
                continue
            added = yield Probe(self._url, _restricted(self._body(), {*accepted, name}))
            if name == "max_tokens" and not _is_accepted(self._host, added) and self._adapt(name, added.body):
                added = yield Probe(self._url, _restricted(self._body(), {*accepted, name}))
            if added.status in _KEY_REFUSALS:
                raise self._error_of(added)
            if _is_accepted(self._host, added):
                accepted.add(name)
                reply = added
            elif name == "suffix":
                self._fills_in = False
                if not self._can_build():
                    return reply
            else:
                self._refused[name] = None
        return reply

    def _probe_minimal(self) -> _Step:
        """Probe with model and prompt only: streamed as the options say, then otherwise, then without `stream`."""
        reply = ProbeReply(0, {}, "")
        for streams in (self._options.stream, not self._options.stream):
            self._streams = streams
            reply = yield Probe(self._url, _restricted(self._body(), {"model", "prompt", "stream"}))
            if _is_accepted(self._host, reply):
                break
        else:
            self._refused["stream"] = None
            reply = yield Probe(self._url, _restricted(self._body(), {"model", "prompt"}))
        self._streams = None if self._streams == self._options.stream else self._streams
        return reply

    def _find_out_about_suffix(self, reply: ProbeReply) -> Generator[Probe, ProbeReply, None]:
        """Find out whether the suffix was read, by the server's count of tokens."""
        if self._fills_in is False or "suffix" not in self._body():
            self._fills_in, self._finding = False, "the server refuses `suffix`"
            return
        is_counted_on_the_way = any(name.startswith(_COUNTS_ITSELF) for name in reply.headers)
        template = family_of(self._options.model)
        if is_counted_on_the_way and template is not None and template.family == _OF_THE_VENDOR:
            self._finding = "the gateway takes `suffix`; its counts of tokens do not tell whether the model reads it"
            return
        counted = _prompt_tokens(self._host, reply)
        if not counted and "stream" in self._body():
            body = {name: value for name, value in self._body().items() if name != "stream_options"}
            counted = _prompt_tokens(self._host, (yield Probe(self._url, {**body, "stream": False})))
        if not counted:
            # The safe assumption: a server that reads the suffix also reads a template.
            self._fills_in = False if family_of(self._options.model) is not None else None
            self._finding = "the server does not tell whether it reads `suffix`"
        elif counted - _PROMPT_TOKENS < _LEAST_GROWTH:
            self._fills_in, self._finding = False, "the server takes `suffix` and ignores it"
        else:
            self._fills_in, self._finding = True, "the server fills in between prompt and `suffix`"

    def _adapt(self, name: str, words: str) -> bool:
        """Adapt the field `name` that a refusal names in its `words`; return False where nothing is left to change."""
        if name == "suffix" and self._options.template == AUTO:
            self._fills_in = False
        elif name == "stream" and self._streams is None:
            self._streams = not self._options.stream
        elif name == "max_tokens" and (other := self._other_tokens(words)) is not None:
            self._max_tokens = other
        elif name in self._refused:
            return False
        else:
            self._refused[name] = None
        return True

    def _other_tokens(self, words: str) -> int | None:
        """Return a number of tokens that has not been tried: one in the refusal's `words`, or that of the options."""
        assert self._max_tokens is not None
        self._tried_tokens.add(self._max_tokens)
        named = [int(number) for number in _NUMBER.findall(words)]
        wanted = [*(number for number in named if 1 <= number <= 4_096), self._options.max_tokens or _FEW_TOKENS]
        return next((n for n in wanted if n not in self._tried_tokens and not 400 <= n <= 599), None)

    def _body(self) -> dict[str, Any]:
        options = evolve(self._options, max_tokens=self._max_tokens, facts=self._facts())
        return dict(self._host.build_request(self._url, SAMPLE, options).body)

    def _can_build(self) -> bool:
        """Can a request be built: does the server fill in itself, or is there a template?"""
        try:
            self._body()
        except RequestRejectedError:
            return False
        return True

    def _facts(self) -> ServerFacts:
        wanted, refused = self._options.max_tokens, frozenset(self._refused)
        is_raised = wanted is not None and self._max_tokens is not None and self._max_tokens > wanted
        is_lower = self._has_refused and wanted is not None and self._max_tokens is not None
        max_tokens = self._max_tokens if is_raised or is_lower else None
        return ServerFacts(
            self._fills_in,
            refused_fields=refused,
            finding="; ".join(self._findings(max_tokens)),
            streams=self._streams,
            max_tokens=None if max_tokens == wanted else max_tokens,
            notices=tuple(self._notices()),
        )

    def _findings(self, max_tokens: int | None) -> Iterable[str]:
        if self._finding:
            yield self._finding
        if self._streams is not None:
            yield "it only streams" if self._streams else "it does not stream; set provider.stream to false"
        if max_tokens is not None and max_tokens != self._options.max_tokens:
            yield f"{max_tokens} is sent as `max_tokens`; set provider.maxTokens to it"
        if self._refused:
            yield f"it refuses {', '.join(f'`{name}`' for name in self._refused)}, which is left out"

    def _notices(self) -> Iterable[str]:
        for name in self._refused:
            option = {"seed": "random_seed"}.get(name, name)
            setting = setting_of(name)
            if option in ("temperature", "top_p", "random_seed", "stop") and getattr(self._options, option) not in (
                None,
                (),
            ):
                yield f"The server refuses `{name}`, which is left out; unset provider.{setting}."

    def _error_of(self, reply: ProbeReply) -> ProviderError:
        return self._host.read_error(reply.status, reply.headers, reply.body, reply.summary)


def _restricted(body: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    kept = set(names)
    return {name: value for name, value in body.items() if name in kept}


def _field_named_in(words: str, body: dict[str, Any]) -> str | None:
    """Return the optional field of `body` that the refusal `words` names first, or in its member `param`."""
    error = parse_object(words)
    inner = error.get("error")
    for holder in (inner if isinstance(inner, dict) else {}, error):
        if isinstance(param := holder.get("param"), str) and param in body and param in _OPTIONAL:
            return param
    text, places = words.lower(), []
    for name in (*_OPTIONAL, *_ALIASES):
        field_name = _ALIASES.get(name, name)
        if field_name in body and (match := re.search(rf"(?<![a-z_]){name}(?![a-z_])", text)):
            places.append((match.start(), field_name))
    return min(places)[1] if places else None


def _chunks_of(host: Provider, reply: ProbeReply) -> list[Chunk] | None:
    """Return the chunks of the completion in `reply`; None where it is no completion."""
    if not 200 <= reply.status < 300:
        return None
    data = reply.body.encode("utf-8", "replace")
    decoder = DECODERS[framing_of(data, Framing.SSE) or Framing.SSE]()
    reader = AnswerReader(host)
    try:
        events = [*decoder.feed(data), *decoder.finish()]
        chunks = [reader.read(event) for event in events if not host.is_end(event)]
    except EventTooLargeError:
        return []  # A completion of that size is accepted, though none of its chunks is read.
    except StreamError:
        return None
    return [chunk for chunk in chunks if chunk is not None] if reader.has_content else None


def _is_accepted(host: Provider, reply: ProbeReply) -> bool:
    return _chunks_of(host, reply) is not None


def _prompt_tokens(host: Provider, reply: ProbeReply) -> int:
    """Return the server's count of the prompt's tokens; 0 where it reports none."""
    chunks = _chunks_of(host, reply) or ()
    return next((chunk.usage.prompt_tokens for chunk in chunks if chunk.usage is not None), 0)
