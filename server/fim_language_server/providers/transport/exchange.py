"""One question and its answer: post, check, decode, let the provider read. Knows no HTTP library.

What a request says, what events mean and what refusals mean is the providers'; when to ask and when to stop is
the engine's; connections are `transport`'s.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final, Protocol

from attrs import define, field, frozen

from fim_language_server.core.shown_values import holds_key
from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import AuthenticationError, ProviderError, StreamError
from fim_language_server.providers.base import (
    Framing,
    HttpRequest,
    Probe,
    ProbeReply,
    Provider,
    RequestOptions,
    RequestSummary,
)
from fim_language_server.providers.credentials import KeySource, Secret
from fim_language_server.providers.replies.answer_reading import AnswerReading
from fim_language_server.providers.replies.event_errors import ToldError
from fim_language_server.providers.replies.framing import DECODERS, EventTooLargeError, framing_of
from fim_language_server.providers.replies.wire_text import looks_like_a_page, quote
from fim_language_server.providers.transport import failures

_MAX_ERROR_BYTES = 64 << 10
_MAX_BODY_BYTES = 4 << 20
_BREATHING_EVENTS: Final = 64
"""Events after which the loop is given to others: a buffer full of small ones would hold it for tens of ms."""


@frozen
class PreparedRequest:
    """A request as it goes out, key and all; it shows neither."""

    provider: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class HttpAnswer(Protocol):
    """A response whose head has come and whose body is coming."""

    status: int
    headers: Mapping[str, str]  # names in lower case, `date` always among them

    async def read_any(self) -> bytes:
        """Return what has come of the body, waiting for at least a byte; b"" at its end. Raises ProviderError."""
        ...

    def let_go(self, *, whole: bool) -> None:
        """Be done with it: keep the connection if the answer is `whole`, hang up at once if it is not."""
        ...


Send = Callable[[PreparedRequest], Awaitable[HttpAnswer]]
"""Sends a request and waits for the head of its answer. Raises UnavailableError."""


async def stream_completion(
    send: Send, provider: Provider, request: HttpRequest, asked: RequestSummary, options: RequestOptions, key: KeySource
) -> AsyncGenerator[Started | Chunk, None]:
    """Yield `Started`, then the chunks of the answer; see `Transport.stream`."""
    answer, asked = await _post(send, provider, request, asked, options, key)
    whole = False
    try:
        if not 200 <= answer.status < 300:
            raise await _refusal(provider, answer, asked)
        yield provider.read_started(answer.headers, asked)
        async with aclosing(_read_chunks(provider, answer, asked, options)) as chunks:
            async for chunk in chunks:
                whole = whole or chunk.finish_reason is not None
                yield chunk
        whole = True
    finally:
        answer.let_go(whole=whole)


async def fetch(send: Send, provider: Provider, url: str, key: KeySource) -> str:
    """Return the body of a GET. Raises ProviderError."""
    secret = await key.key()
    headers = _headers(secret, "application/json", {})
    answer = await send(PreparedRequest(provider.name, "GET", url, headers))
    try:
        if answer.status != 200:
            withheld = (secret.reveal(),) if secret else ()
            raise await _refusal(provider, answer, RequestSummary("", url, key.source if secret else "", withheld))
        return (await _read_up_to(answer, _MAX_BODY_BYTES)).decode("utf-8", "replace")
    finally:
        answer.let_go(whole=True)


async def ask(send: Send, provider: Provider, question: Probe, model: str, key: KeySource) -> ProbeReply:
    """Return what a server says to a question, whatever its status. Raises ProviderError where it says nothing."""
    secret = await key.key()
    method, body, headers = "GET", None, _headers(secret, "*/*", {})
    if question.body is not None:
        method, body = "POST", _encoded(question.body)
        headers["Content-Type"] = "application/json"
    asked = RequestSummary(model, question.url, key.source if secret else "", (secret.reveal() if secret else "",))
    answer = await send(PreparedRequest(provider.name, method, question.url, headers, body))
    try:
        if 300 <= answer.status < 400:
            raise await _refusal(provider, answer, asked)
        text = (await _read_up_to(answer, _MAX_BODY_BYTES)).decode("utf-8", "replace")
        return ProbeReply(answer.status, answer.headers, text, asked)
    finally:
        answer.let_go(whole=True)


def asked_of(request: HttpRequest, model: str, context: Context) -> RequestSummary:
    """Return what may be said of a request; what was sent with it is withheld, the key joins it later."""
    sent = (context.prefix, context.suffix, *(snippet.text for snippet in context.snippets))
    if holds_key(model):
        sent = (model, *sent)
    return RequestSummary(model, request.url, "", ("", *sent))


async def _post(
    send: Send, provider: Provider, request: HttpRequest, asked: RequestSummary, options: RequestOptions, key: KeySource
) -> tuple[HttpAnswer, RequestSummary]:
    """Send the request; after a 401, once more if the key's command has another key by now."""
    body = _encoded(request.body)
    accept = _ACCEPTED[provider.framing] if options.stream else "application/json"

    async def post(secret: Secret | None) -> tuple[HttpAnswer, RequestSummary]:
        headers = _headers(secret, accept, {**request.headers, "Content-Type": "application/json"})
        answer = await send(PreparedRequest(provider.name, "POST", request.url, headers, body))
        revealed = secret.reveal() if secret else ""
        said = RequestSummary(asked.model, asked.url, key.source if secret else "", (revealed, *asked.withheld[1:]))
        return answer, said

    secret = await key.key()
    answer, said = await post(secret)
    if answer.status != 401:
        return answer, said
    try:
        other = await key.key_after_refusal(secret)
    except AuthenticationError:
        other = None  # the refusal says more than the command's failure
    except BaseException:
        answer.let_go(whole=False)
        raise
    if other is None:
        return answer, said
    answer.let_go(whole=True)
    return await post(other)


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def _headers(secret: Secret | None, accept: str, others: Mapping[str, str]) -> dict[str, str]:
    headers = {**others, "Accept": accept}
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret.reveal()}"
    return headers


_ACCEPTED = {
    Framing.SSE: "text/event-stream",
    Framing.NDJSON: "application/x-ndjson",
    Framing.JSON: "application/json",
}


async def _refusal(provider: Provider, answer: HttpAnswer, asked: RequestSummary) -> ProviderError:
    if 300 <= answer.status < 400:
        location = answer.headers.get("location", "")
        return failures.redirected(provider.name, asked.url, answer.status, location)
    try:
        body = await _read_up_to(answer, _MAX_ERROR_BYTES)
    except ProviderError:
        body = b""  # the status alone says what is to be done
    error = provider.read_error(answer.status, answer.headers, body.decode("utf-8", "replace"), asked)
    error.status = answer.status
    return error


async def _read_up_to(answer: HttpAnswer, limit: int) -> bytes:
    """Return the body, or its first `limit` bytes or so."""
    body = bytearray()
    while len(body) < limit and (data := await answer.read_any()):
        body += data
    return bytes(body[:limit])


def _expected_framing(content_type: str, framing: Framing, options: RequestOptions) -> Framing | None:
    """Return how a body should be framed, by its label and by what was asked for; None for a web page."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return Framing.SSE
    if kind in ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"):
        return Framing.NDJSON
    if "html" in kind or kind.endswith("xml"):
        return None
    return framing if options.stream else Framing.JSON


async def _read_chunks(
    provider: Provider, answer: HttpAnswer, asked: RequestSummary, options: RequestOptions
) -> AsyncGenerator[Chunk, None]:
    expected = _expected_framing(answer.headers.get("content-type", ""), provider.framing, options)
    if expected is None:
        raise failures.no_api(provider.name, asked.url)
    body = _Body(provider, answer, asked, expected)
    reading = AnswerReading(provider, any("\ufffd" in text for text in asked.withheld))
    n_events = 0
    async for event, is_last in body.events(reading):
        n_events += 1
        if provider.is_end(event):
            break
        try:
            chunk = reading.take(event)
        except ToldError as error:
            raise _told(provider, answer, asked, error, has_said=reading.has_said) from None
        except StreamError:
            if is_last:  # no event but the beginning of one
                raise failures.broken_off(provider.name, asked.url) from None
            raise
        if chunk is not None:
            yield chunk
        if reading.is_over:
            return
        if reading.is_silent_for_too_long:
            raise failures.says_nothing(provider.name, asked.url)
        if not n_events % _BREATHING_EVENTS:
            await asyncio.sleep(0)
    else:
        _check_end(provider, asked.url, reading, body.framing, n_events)
    if not reading.has_said:
        raise reading.failure or failures.says_nothing(provider.name, asked.url)


def _check_end(provider: Provider, url: str, reading: AnswerReading, framing: Framing | None, n_events: int) -> None:
    """See whether an answer that ended without an end mark is whole. Raises ProviderError where it is not."""
    may_be_whole = framing is Framing.JSON and provider.framing is not Framing.NDJSON
    if reading.has_finished or (may_be_whole and n_events == 1 and reading.has_said):
        return
    is_other = may_be_whole and n_events
    raise reading.failure or (failures.no_api if is_other else failures.broken_off)(provider.name, url)


@define(eq=False)
class _Body:
    """The body of an answer, as events."""

    _provider: Provider
    _answer: HttpAnswer
    _asked: RequestSummary
    _expected: Framing
    framing: Framing | None = None
    """How it is framed; None until its first characters have come."""

    async def events(self, reading: AnswerReading) -> AsyncIterator[tuple[str, bool]]:
        """Yield the data of each event, and whether it came without its end because the body ended."""
        decoder, beginning = None, b""
        while data := await self._answer.read_any():
            reading.received(len(data))
            if decoder is None:
                beginning += data
                if looks_like_a_page("", beginning[:64].decode("utf-8", "replace")):
                    raise failures.no_api(self._provider.name, self._asked.url)
                self.framing = framing_of(beginning, self._expected)
                if self.framing is None and len(beginning) <= _MAX_ERROR_BYTES:
                    continue
                decoder, data = DECODERS[self.framing or self._expected](), beginning
            try:
                events = decoder.feed(data)
            except EventTooLargeError:
                raise failures.broken_off(self._provider.name, self._asked.url) from None
            for event in events:
                yield event, False
            if reading.is_silent_for_too_long:
                raise failures.says_nothing(self._provider.name, self._asked.url)
        for event in decoder.finish() if decoder else ():
            yield event, self.framing is not Framing.JSON


def _told(
    provider: Provider, answer: HttpAnswer, asked: RequestSummary, error: ToldError, *, has_said: bool
) -> ProviderError:
    """Return the error for one that is told inside a good answer: as its status says, or in the server's own words."""
    if error.status and not has_said:
        body = json.dumps({"error": {"message": error.words}})
        return provider.read_error(error.status, answer.headers, body, asked)
    said = quote(error.words, asked.withheld)
    sentence, semicolon, remedy = error.message.partition(";")
    return StreamError(provider.name, f"{sentence}: {said}{semicolon}{remedy}" if said else error.message)
