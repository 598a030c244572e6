"""One question and its answer: post, check, decode, let the provider read. Knows no HTTP library.

What a request says, what events mean and what refusals mean is the providers'; when to ask and when to stop is
the engine's; connections are `transport`'s.
"""

from __future__ import annotations

import enum
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Protocol

from attrs import field, frozen

from fim_language_server.core.values import Chunk, Context, Started
from fim_language_server.errors import AuthenticationError, ProviderError, StreamError
from fim_language_server.providers.base import Asked, Framing, HttpRequest, Provider, Question, Reply, RequestOptions
from fim_language_server.providers.credentials import KeySource, Secret
from fim_language_server.providers.framing import DECODERS, EventTooLargeError
from fim_language_server.providers.transport import failures
from fim_language_server.providers.wire_text import looks_like_a_page

_MAX_ERROR_BYTES = 64 << 10
_MAX_BODY_BYTES = 4 << 20


@frozen
class Outgoing:
    """A request as it goes out, key and all; it shows neither."""

    provider: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class Answer(Protocol):
    """A response whose head has come and whose body is coming."""

    status: int
    headers: Mapping[str, str]  # names in lower case, `date` always among them

    async def read_any(self) -> bytes:
        """Return what has come of the body, waiting for at least a byte; b"" at its end. Raises ProviderError."""
        ...

    def let_go(self, *, whole: bool) -> None:
        """Be done with it: keep the connection if the answer is `whole`, hang up at once if it is not."""
        ...


Send = Callable[[Outgoing], Awaitable[Answer]]
"""Sends a request and waits for the head of its answer. Raises UnavailableError."""


async def stream_completion(
    send: Send, provider: Provider, request: HttpRequest, asked: Asked, options: RequestOptions, key: KeySource
) -> AsyncGenerator[Started | Chunk, None]:
    """Yield `Started`, then the chunks of the answer; see `Transport.stream`."""
    answer, asked = await _post(send, provider, request, asked, options, key)
    whole = False
    try:
        if answer.status != 200:
            raise await _refusal(provider, answer, asked)
        yield provider.read_started(answer.headers, asked)
        async with aclosing(_read_chunks(provider, answer, asked.url, options)) as chunks:
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
    answer = await send(Outgoing(provider.name, "GET", url, headers))
    try:
        if answer.status != 200:
            withheld = (secret.reveal(),) if secret else ()
            raise await _refusal(provider, answer, Asked("", url, key.source if secret else "", withheld))
        return (await _read_up_to(answer, _MAX_BODY_BYTES)).decode("utf-8", "replace")
    finally:
        answer.let_go(whole=True)


async def ask(send: Send, provider: Provider, question: Question, model: str, key: KeySource) -> Reply:
    """Return what a server says to a question, whatever its status. Raises ProviderError where it says nothing."""
    secret = await key.key()
    method, body, headers = "GET", None, _headers(secret, "*/*", {})
    if question.body is not None:
        method, body = "POST", _encoded(question.body)
        headers["Content-Type"] = "application/json"
    asked = Asked(model, question.url, key.source if secret else "", (secret.reveal() if secret else "",))
    answer = await send(Outgoing(provider.name, method, question.url, headers, body))
    try:
        if 300 <= answer.status < 400:
            raise await _refusal(provider, answer, asked)
        text = (await _read_up_to(answer, _MAX_BODY_BYTES)).decode("utf-8", "replace")
        return Reply(answer.status, answer.headers, text, asked)
    finally:
        answer.let_go(whole=True)


def asked_of(request: HttpRequest, model: str, context: Context) -> Asked:
    """Return what may be said of a request; what was sent with it is withheld, the key joins it later."""
    sent = (context.prefix, context.suffix, *(snippet.text for snippet in context.snippets))
    return Asked(model, request.url, "", ("", *sent))


async def _post(
    send: Send, provider: Provider, request: HttpRequest, asked: Asked, options: RequestOptions, key: KeySource
) -> tuple[Answer, Asked]:
    """Send the request; after a 401, once more if the key's command has another key by now."""
    body = _encoded(request.body)
    accept = _ACCEPTED[provider.framing] if options.stream else "application/json"

    async def post(secret: Secret | None) -> tuple[Answer, Asked]:
        headers = _headers(secret, accept, {**request.headers, "Content-Type": "application/json"})
        answer = await send(Outgoing(provider.name, "POST", request.url, headers, body))
        revealed = secret.reveal() if secret else ""
        said = Asked(asked.model, asked.url, key.source if secret else "", (revealed, *asked.withheld[1:]))
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


async def _refusal(provider: Provider, answer: Answer, asked: Asked) -> ProviderError:
    if 300 <= answer.status < 400:
        location = answer.headers.get("location", "")
        return failures.redirected(provider.name, asked.url, answer.status, location)
    try:
        body = await _read_up_to(answer, _MAX_ERROR_BYTES)
    except ProviderError:
        body = b""  # the status alone says what is to be done
    return provider.read_error(answer.status, answer.headers, body.decode("utf-8", "replace"), asked)


async def _read_up_to(answer: Answer, limit: int) -> bytes:
    """Return the body, or its first `limit` bytes or so."""
    body = bytearray()
    while len(body) < limit and (data := await answer.read_any()):
        body += data
    return bytes(body[:limit])


class _Layout(enum.Enum):
    EVENTS = "events"
    LINES = "lines"
    WHOLE = "whole"
    PAGE = "page"


def _layout(content_type: str, framing: Framing, options: RequestOptions) -> _Layout:
    """Decide how a body is laid out: its own content type comes before what was asked for."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return _Layout.EVENTS
    if kind in ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"):
        return _Layout.LINES
    if "html" in kind or kind.endswith("xml"):
        return _Layout.PAGE
    if not options.stream or framing is Framing.JSON or (kind == "application/json" and framing is Framing.SSE):
        return _Layout.WHOLE
    return _Layout.EVENTS if framing is Framing.SSE else _Layout.LINES


async def _read_chunks(
    provider: Provider, answer: Answer, url: str, options: RequestOptions
) -> AsyncGenerator[Chunk, None]:
    layout = _layout(answer.headers.get("content-type", ""), provider.framing, options)
    if layout is _Layout.PAGE:
        raise failures.no_api(provider.name, url)
    if layout is _Layout.WHOLE:
        yield await _read_whole(provider, answer, url)
        return
    finished = False
    async for event, is_last in _events(provider, answer, url, layout):
        if provider.is_end(event):
            return
        try:
            chunk = provider.read_event(event)
        except StreamError:
            if is_last:  # no event but the beginning of one
                raise failures.broken_off(provider.name, url) from None
            raise
        if chunk is not None:
            finished = finished or chunk.finish_reason is not None
            yield chunk
    if not finished:
        raise failures.broken_off(provider.name, url)


async def _read_whole(provider: Provider, answer: Answer, url: str) -> Chunk:
    body = (await _read_up_to(answer, _MAX_BODY_BYTES)).decode("utf-8", "replace")
    chunk = None if looks_like_a_page("", body) else provider.read_event(body)
    if chunk is None:
        raise failures.no_api(provider.name, url)
    return chunk


async def _events(provider: Provider, answer: Answer, url: str, layout: _Layout) -> AsyncIterator[tuple[str, bool]]:
    """Yield the data of each event, and whether it came without its end because the body ended."""
    decoder = DECODERS[Framing.SSE if layout is _Layout.EVENTS else Framing.NDJSON]()
    is_first = True
    while data := await answer.read_any():
        if is_first and looks_like_a_page("", data[:64].decode("utf-8", "replace")):
            raise failures.no_api(provider.name, url)
        is_first = False
        try:
            events = decoder.feed(data)
        except EventTooLargeError:
            raise failures.broken_off(provider.name, url) from None
        for event in events:
            yield event, False
    for event in decoder.finish():
        yield event, True
