"""One HTTP exchange: send a request, check the status, decode the body, let the provider read it. No HTTP library.

Providers phrase requests and interpret events and refusals; the engine decides when to send and when to stop;
`client` keeps the connections.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final, Protocol

from attrs import define, evolve, field, frozen

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
from fim_language_server.providers.credentials import KeySource, SentSecrets, secrets_after_refusal, secrets_for
from fim_language_server.providers.replies.answer_reading import AnswerReader
from fim_language_server.providers.replies.event_errors import ReportedError
from fim_language_server.providers.replies.framing import DECODERS, EventTooLargeError, framing_of
from fim_language_server.providers.replies.wire_text import looks_like_a_page, quote
from fim_language_server.providers.transport import failures

_MAX_ERROR_BYTES = 64 << 10
_MAX_BODY_BYTES = 4 << 20
_EVENTS_PER_TURN: Final = 64
"""Events read before other tasks of the event loop get a turn: a full buffer of small events takes tens of ms."""


@frozen
class PreparedRequest:
    """A request as it is sent, with its key. Its `repr` shows neither headers nor body."""

    provider: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


class HttpResponse(Protocol):
    """A response whose head has been received; its body may still be on its way."""

    status: int
    headers: Mapping[str, str]  # names in lower case, `date` always among them

    async def read_any(self) -> bytes:
        """Return the bytes of the body that have arrived, at least one; b"" at its end. Raises ProviderError."""
        ...

    def release(self, *, whole: bool) -> None:
        """End the response: keep its connection if the response is `whole`, else close it at once."""
        ...


Send = Callable[[PreparedRequest], Awaitable[HttpResponse]]
"""Sends a request and waits for the head of its response. Raises UnavailableError."""


async def stream_completion(
    send: Send,
    provider: Provider,
    request: HttpRequest,
    summary: RequestSummary,
    options: RequestOptions,
    credentials: KeySource,
) -> AsyncGenerator[Started | Chunk, None]:
    """Yield `Started`, then the chunks of the answer; see `Transport.stream`."""
    response, summary = await _post(send, provider, request, summary, options, credentials)
    whole = False
    try:
        if not 200 <= response.status < 300:
            raise await _refusal(provider, response, summary)
        yield provider.read_started(response.headers, summary)
        async with aclosing(_read_chunks(provider, response, summary, options)) as chunks:
            async for chunk in chunks:
                whole = whole or chunk.finish_reason is not None
                yield chunk
        whole = True
    finally:
        response.release(whole=whole)


async def fetch(send: Send, provider: Provider, url: str, credentials: KeySource) -> str:
    """Return the body of a GET. Raises ProviderError."""
    secrets = await secrets_for(credentials, url)
    headers = secrets.with_headers({"Accept": "application/json"})
    response = await send(PreparedRequest(provider.name, "GET", url, headers))
    try:
        if response.status != 200:
            raise await _refusal(provider, response, _summary_with("", url, credentials, secrets))
        return (await _read_up_to(response, _MAX_BODY_BYTES)).decode("utf-8", "replace")
    finally:
        response.release(whole=True)


async def send_probe(send: Send, provider: Provider, probe: Probe, model: str, credentials: KeySource) -> ProbeReply:
    """Return the reply to a probe, whatever its status. Raises ProviderError where no reply comes, or a redirect."""
    secrets = await secrets_for(credentials, probe.url)
    method, body, headers = "GET", None, secrets.with_headers({"Accept": "*/*"})
    if probe.body is not None:
        method, body = "POST", _encoded(probe.body)
        headers["Content-Type"] = "application/json"
    summary = _summary_with(model, probe.url, credentials, secrets)
    response = await send(PreparedRequest(provider.name, method, probe.url, headers, body))
    try:
        if 300 <= response.status < 400:
            raise await _refusal(provider, response, summary)
        text = (await _read_up_to(response, _MAX_BODY_BYTES)).decode("utf-8", "replace")
        return ProbeReply(response.status, response.headers, text, summary)
    finally:
        response.release(whole=True)


def summary_of(request: HttpRequest, model: str, context: Context) -> RequestSummary:
    """Return what messages may say about `request`. Its texts are confidential; `_post` adds the key."""
    sent = (context.prefix, context.suffix, *(snippet.text for snippet in context.snippets))
    if holds_key(model):
        sent = (model, *sent)
    return RequestSummary(model, request.url, "", ("", *sent))


async def _post(
    send: Send,
    provider: Provider,
    request: HttpRequest,
    summary: RequestSummary,
    options: RequestOptions,
    credentials: KeySource,
) -> tuple[HttpResponse, RequestSummary]:
    """Send the request; after a 401, send it once more if `credentials` have other values by now."""
    body = _encoded(request.body)
    accept = _ACCEPT_HEADERS[provider.framing] if options.stream else "application/json"

    async def post(secrets: SentSecrets) -> tuple[HttpResponse, RequestSummary]:
        headers = secrets.with_headers({**request.headers, "Content-Type": "application/json", "Accept": accept})
        response = await send(PreparedRequest(provider.name, "POST", request.url, headers, body))
        sent = _summary_with(summary.model, summary.url, credentials, secrets)
        return response, evolve(sent, confidential=(*sent.confidential, *summary.confidential[1:]))

    secrets = await secrets_for(credentials, request.url)
    response, sent = await post(secrets)
    if response.status != 401:
        return response, sent
    try:
        other = await secrets_after_refusal(credentials, request.url, secrets)
    except AuthenticationError:
        other = None  # The refusal says more than the failure of the key command.
    except BaseException:
        response.release(whole=False)
        raise
    if other is None:
        return response, sent
    response.release(whole=True)
    return await post(other)


def _summary_with(model: str, url: str, credentials: KeySource, secrets: SentSecrets) -> RequestSummary:
    """Return the summary of a request that `secrets` go with; they are the first of the confidential values."""
    return RequestSummary(model, url, credentials.source if secrets.key else "", secrets.texts())


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode("ascii")


_ACCEPT_HEADERS = {
    Framing.SSE: "text/event-stream",
    Framing.NDJSON: "application/x-ndjson",
    Framing.JSON: "application/json",
}


async def _refusal(provider: Provider, response: HttpResponse, summary: RequestSummary) -> ProviderError:
    if 300 <= response.status < 400:
        location = response.headers.get("location", "")
        return failures.redirected(provider.name, summary.url, response.status, location)
    try:
        body = await _read_up_to(response, _MAX_ERROR_BYTES)
    except ProviderError:
        body = b""  # The status alone names the remedy.
    error = provider.read_error(response.status, response.headers, body.decode("utf-8", "replace"), summary)
    error.status = response.status
    return error


async def _read_up_to(response: HttpResponse, limit: int) -> bytes:
    """Return the body, or its first `limit` bytes."""
    body = bytearray()
    while len(body) < limit and (data := await response.read_any()):
        body += data
    return bytes(body[:limit])


def _expected_framing(content_type: str, framing: Framing, options: RequestOptions) -> Framing | None:
    """Return the framing that `content_type` and the request's options let expect; None for a web page."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return Framing.SSE
    if kind in ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"):
        return Framing.NDJSON
    if "html" in kind or kind.endswith("xml"):
        return None
    return framing if options.stream else Framing.JSON


async def _read_chunks(
    provider: Provider, response: HttpResponse, summary: RequestSummary, options: RequestOptions
) -> AsyncGenerator[Chunk, None]:
    expected = _expected_framing(response.headers.get("content-type", ""), provider.framing, options)
    if expected is None:
        raise failures.no_api(provider.name, summary.url)
    body = _Body(provider, response, summary, expected)
    reader = AnswerReader(provider, any("\ufffd" in text for text in summary.confidential))
    n_events = 0
    async for event, is_last in body.events(reader):
        n_events += 1
        if provider.is_end(event):
            break
        try:
            chunk = reader.read(event)
        except ReportedError as error:
            raise _reported_error(provider, response, summary, error, has_content=reader.has_content) from None
        except StreamError:
            if is_last:  # The body broke off within this event.
                raise failures.broken_off(provider.name, summary.url) from None
            raise
        if chunk is not None:
            yield chunk
        if reader.is_over:
            return
        if reader.is_silent_for_too_long:
            raise failures.empty_response(provider.name, summary.url)
        if not n_events % _EVENTS_PER_TURN:
            await asyncio.sleep(0)
    else:
        _check_end(provider, summary.url, reader, body.framing, n_events)
    if not reader.has_content:
        raise reader.failure or failures.empty_response(provider.name, summary.url)


def _check_end(provider: Provider, url: str, reader: AnswerReader, framing: Framing | None, n_events: int) -> None:
    """Check an answer that ended without an end mark. Raises ProviderError where it is not whole."""
    may_be_whole = framing is Framing.JSON and provider.framing is not Framing.NDJSON
    if reader.has_finished or (may_be_whole and n_events == 1 and reader.has_content):
        return
    is_other = may_be_whole and n_events
    raise reader.failure or (failures.no_api if is_other else failures.broken_off)(provider.name, url)


@define(eq=False)
class _Body:
    """The body of a response, decoded into events."""

    _provider: Provider
    _response: HttpResponse
    _summary: RequestSummary
    _expected: Framing
    framing: Framing | None = None
    """The framing of the body; None until its first characters have arrived."""

    async def events(self, reader: AnswerReader) -> AsyncIterator[tuple[str, bool]]:
        """Yield the data of each event, and whether the body ended before the event did."""
        decoder, beginning = None, b""
        while data := await self._response.read_any():
            reader.count_bytes(len(data))
            if decoder is None:
                beginning += data
                if looks_like_a_page("", beginning[:64].decode("utf-8", "replace")):
                    raise failures.no_api(self._provider.name, self._summary.url)
                self.framing = framing_of(beginning, self._expected)
                if self.framing is None and len(beginning) <= _MAX_ERROR_BYTES:
                    continue
                decoder, data = DECODERS[self.framing or self._expected](), beginning
            try:
                events = decoder.feed(data)
            except EventTooLargeError:
                raise failures.broken_off(self._provider.name, self._summary.url) from None
            for event in events:
                yield event, False
            if reader.is_silent_for_too_long:
                raise failures.empty_response(self._provider.name, self._summary.url)
        for event in decoder.finish() if decoder else ():
            yield event, self.framing is not Framing.JSON


def _reported_error(
    provider: Provider, response: HttpResponse, summary: RequestSummary, error: ReportedError, *, has_content: bool
) -> ProviderError:
    """Return the error for an error event in a response of status 200: by the status it names, or with its words."""
    if error.status and not has_content:
        body = json.dumps({"error": {"message": error.words}})
        return provider.read_error(error.status, response.headers, body, summary)
    quoted = quote(error.words, summary.confidential)
    sentence, semicolon, remedy = error.message.partition(";")
    return StreamError(provider.name, f"{sentence}: {quoted}{semicolon}{remedy}" if quoted else error.message)
