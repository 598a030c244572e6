"""What a server of OpenAI's completions takes, found out by asking it in the shape that completions will have. Pure.

The questions are a generator: it yields one, is sent the reply, and returns what was found. A field that the reply
names is left out, or its value changed, and the question is asked again. Where a refusal names none, the least that a
completion needs is asked, and the other fields are added one by one. So any status and any wording means "no".
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from typing import Any, Final

from attrs import define, evolve, field

from fim_language_server.core.prompt import AUTO, family_of
from fim_language_server.core.values import Context
from fim_language_server.errors import ProviderError, RequestRejectedError, StreamError
from fim_language_server.providers.base import (
    Framing,
    Probe,
    ProbeReply,
    Provider,
    RequestOptions,
    ServerFacts,
)
from fim_language_server.providers.replies.answer_reading import AnswerReading
from fim_language_server.providers.replies.error_replies import setting_of
from fim_language_server.providers.replies.framing import DECODERS, EventTooLargeError, framing_of
from fim_language_server.providers.replies.wire_text import parse_object

Questions = Generator[Probe, ProbeReply, ServerFacts]
_Step = Generator[Probe, ProbeReply, ProbeReply]

SAMPLE: Final = Context(
    "def add(a, b):\n    return ",
    "".join(f"\n\ndef function_{n}(value):\n    return value * {n}\n" for n in range(12)),
)
"""A short prompt, and a suffix long enough to be noticed in a count of tokens."""

_PROMPT_TOKENS: Final = 60
"""More than the short prompt has in any tokenizer, and far fewer than the long suffix."""
_LEAST_GROWTH: Final = 20
"""So many tokens more, and the suffix has been read."""
_FEW_TOKENS: Final = 16
"""Tokens of an answer that is asked for to see how it is given; some servers take no smaller number."""

_OPTIONAL: Final = ("suffix", "stream_options", "max_tokens", "stop", "temperature", "top_p", "seed", "stream")
"""Fields without which a completion can be asked for, in the order in which they are tried."""
_ALIASES: Final = {"infill": "suffix", "insert": "suffix", "streaming": "stream", "include_usage": "stream_options"}
_MOST_TRIES: Final = 10
_CREDENTIALS: Final = (401, 402)
_OTHER_REASONS: Final = re.compile(
    r"model[^.]{0,80}(not exist|not found|not available|unknown|invalid)|(unknown|invalid|no such|find) (the )?model"
    r"|model_not_found|loading|overload|busy|capacity|maintenance|temporar",
    re.IGNORECASE,
)
"""Words of refusals that no field is the reason of: they are told at once."""
_NUMBER: Final = re.compile(r"\d{1,6}")


@define
class FirstQuestions:
    """Asks one server, at the endpoint `url`, what it takes of a request with these options.

    `is_doubted`: it has refused a completion, so that the whole answer is asked for that a completion would have.
    """

    _host: Provider
    _url: str
    _options: RequestOptions
    _is_doubted: bool = False
    _fills_in: bool | None = None
    _streams: bool | None = None
    _refused: dict[str, None] = field(factory=dict)  # in the order in which it was found out
    _max_tokens: int | None = None
    _tried_tokens: set[int] = field(factory=set)
    _finding: str = ""

    def ask(self) -> Questions:
        """Yield the questions; return the facts. Raises ProviderError where asking on has no point."""
        wanted = self._options.max_tokens or _FEW_TOKENS
        self._max_tokens = wanted if self._is_doubted else min(wanted, _FEW_TOKENS)
        reply = yield from self._until_taken()
        if self._options.template == AUTO:
            yield from self._judge_suffix(reply)
            if self._fills_in is False and self._takes_template():
                yield from self._until_taken()  # The marks of a template come with texts to stop at.
        return self._facts()

    def _until_taken(self) -> _Step:
        """Ask in the shape of a completion until the server takes it, leaving out what it names."""
        refusal: ProbeReply | None = None
        for _ in range(_MOST_TRIES):
            if self._fills_in is False and not self._takes_template():
                return refusal or ProbeReply(0, {}, "")
            body = self._shape()
            reply = yield Probe(self._url, body)
            if _is_taken(self._host, reply):
                return reply
            refusal = refusal or reply
            name = _named(reply.body, body)
            if reply.status in _CREDENTIALS or (reply.status == 403 and name is None):
                raise self._error(reply)
            if name is None and _OTHER_REASONS.search(reply.body):
                raise self._error(reply)
            if name is None or not self._give_way(name, reply.body):
                break
        assert refusal is not None
        return (yield from self._build_up(refusal))

    def _build_up(self, refusal: ProbeReply) -> _Step:
        """Ask for the least, and add the other fields one by one. Raises the refusal's error where nothing is taken."""
        reply = yield from self._ask_for_least()
        if not _is_taken(self._host, reply):
            raise self._error(reply if reply.status == 429 else refusal)
        taken = {name for name in self._shape() if name not in _OPTIONAL or name == "stream"}
        for name in _OPTIONAL:
            if name in taken or name not in self._shape():
                continue
            added = yield Probe(self._url, _only(self._shape(), {*taken, name}))
            if name == "max_tokens" and not _is_taken(self._host, added) and self._give_way(name, added.body):
                added = yield Probe(self._url, _only(self._shape(), {*taken, name}))
            if added.status in _CREDENTIALS:
                raise self._error(added)
            if _is_taken(self._host, added):
                taken.add(name)
                reply = added
            elif name == "suffix":
                self._fills_in = False
                if not self._takes_template():
                    return reply
            else:
                self._refused[name] = None
        return reply

    def _ask_for_least(self) -> _Step:
        """Ask with nothing but model and prompt, streamed or not as is wanted, and then the other way."""
        reply = ProbeReply(0, {}, "")
        for streams in (self._options.stream, not self._options.stream):
            self._streams = streams
            reply = yield Probe(self._url, _only(self._shape(), {"model", "prompt", "stream"}))
            if _is_taken(self._host, reply):
                break
        else:
            self._refused["stream"] = None
            reply = yield Probe(self._url, _only(self._shape(), {"model", "prompt"}))
        self._streams = None if self._streams == self._options.stream else self._streams
        return reply

    def _judge_suffix(self, reply: ProbeReply) -> Generator[Probe, ProbeReply, None]:
        """Compare the tokens that were counted with those of the prompt alone."""
        if self._fills_in is False or "suffix" not in self._shape():
            self._fills_in, self._finding = False, "the server refuses `suffix`"
            return
        counted = _prompt_tokens(self._host, reply)
        if not counted and "stream" in self._shape():
            body = {name: value for name, value in self._shape().items() if name != "stream_options"}
            counted = _prompt_tokens(self._host, (yield Probe(self._url, {**body, "stream": False})))
        if not counted:
            # Of two guesses, the one that does no harm: a server that reads the suffix also reads a template.
            self._fills_in = False if family_of(self._options.model) is not None else None
            self._finding = "the server does not tell whether it reads `suffix`"
        elif counted - _PROMPT_TOKENS < _LEAST_GROWTH:
            self._fills_in, self._finding = False, "the server takes `suffix` and ignores it"
        else:
            self._fills_in, self._finding = True, "the server fills in between prompt and `suffix`"

    def _give_way(self, name: str, words: str) -> bool:
        """Change what a refusal names; False where nothing is left to change."""
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
        """Return a number of tokens that was not tried: one that the refusal names, or the one that is set."""
        assert self._max_tokens is not None
        self._tried_tokens.add(self._max_tokens)
        named = [int(number) for number in _NUMBER.findall(words)]
        wanted = [*(number for number in named if 1 <= number <= 4_096), self._options.max_tokens or _FEW_TOKENS]
        return next((n for n in wanted if n not in self._tried_tokens and not 400 <= n <= 599), None)

    def _shape(self) -> dict[str, Any]:
        options = evolve(self._options, max_tokens=self._max_tokens, facts=self._facts())
        return dict(self._host.build_request(self._url, SAMPLE, options).body)

    def _takes_template(self) -> bool:
        """Is there a template, where the server does not fill in itself?"""
        try:
            self._shape()
        except RequestRejectedError:
            return False
        return True

    def _facts(self) -> ServerFacts:
        wanted, refused = self._options.max_tokens, frozenset(self._refused)
        is_other = wanted is not None and self._max_tokens is not None and self._max_tokens > wanted
        is_lower = self._is_doubted and wanted is not None and self._max_tokens is not None
        max_tokens = self._max_tokens if is_other or is_lower else None
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

    def _error(self, reply: ProbeReply) -> ProviderError:
        return self._host.read_error(reply.status, reply.headers, reply.body, reply.asked)


def _only(body: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    kept = set(names)
    return {name: value for name, value in body.items() if name in kept}


def _named(words: str, body: dict[str, Any]) -> str | None:
    """Return the optional field of `body` that a refusal names first, or in its own place for that."""
    error = parse_object(words)
    inner = error.get("error")
    for holder in (inner if isinstance(inner, dict) else {}, error):
        if isinstance(param := holder.get("param"), str) and param in body and param in _OPTIONAL:
            return param
    text, found = words.lower(), []
    for name in (*_OPTIONAL, *_ALIASES):
        field_name = _ALIASES.get(name, name)
        if field_name in body and (match := re.search(rf"(?<![a-z_]){name}(?![a-z_])", text)):
            found.append((match.start(), field_name))
    return min(found)[1] if found else None


def _read(host: Provider, reply: ProbeReply) -> list[Any]:
    """Return the chunks of a reply. Raises StreamError where it is no completion."""
    data = reply.body.encode("utf-8", "replace")
    decoder = DECODERS[framing_of(data, Framing.SSE) or Framing.SSE]()
    reading = AnswerReading(host)
    try:
        events = [*decoder.feed(data), *decoder.finish()]
    except EventTooLargeError:
        return []
    chunks = [reading.take(event) for event in events if not host.is_end(event)]
    if not reading.has_said:
        raise reading.failure or StreamError(host.name, "")
    return [chunk for chunk in chunks if chunk is not None]


def _is_taken(host: Provider, reply: ProbeReply) -> bool:
    """Is a reply a completion?"""
    if not 200 <= reply.status < 300:
        return False
    try:
        _read(host, reply)
    except StreamError:
        return False
    return True


def _prompt_tokens(host: Provider, reply: ProbeReply) -> int:
    """Return the tokens of the prompt as the server counts them; 0 where it does not say."""
    if not 200 <= reply.status < 300:
        return 0
    try:
        chunks = _read(host, reply)
    except StreamError:
        return 0
    return next((chunk.usage.prompt_tokens for chunk in chunks if chunk.usage is not None), 0)
