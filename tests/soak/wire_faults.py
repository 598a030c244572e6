"""What can be wrong behind an address: every fault as what a server writes, for each wire API. Data and small writers.

A fault says what may be expected of it: `text`, that something is shown at a place where the embedded model has a
text; `asked pause`, the same, and that the API itself asks to be left alone; `quiet`, that its model has ended
properly and nothing need be shown; `slow text`, that its text comes all the time, and too slowly.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

Write = Callable[[asyncio.StreamWriter], Awaitable[None]]

GOOD = "api_text(1)"
"""What a healthy API answers: no other text of a session looks like it."""


@frozen
class Wire:
    """One wire API: how its events, its whole answers and its errors are written."""

    kind: str
    label: str
    event: Callable[[Any, str | None], Any]
    whole: Callable[[str], Any]
    frame: Callable[[str], str] = field(default=lambda data: f"data: {data}\n\n")
    done: str = "data: [DONE]\n\n"
    settings: Mapping[str, Any] = field(factory=dict)

    def stream(self, *texts: Any, end: str | None = "stop", done: bool = True) -> str:
        """Return the body of a streamed answer."""
        said = "".join(self.frame(json.dumps(self.event(text, None))) for text in texts)
        said += self.frame(json.dumps(self.event("", end))) if end else ""
        return said + (self.done if done else "")


def _chat(text: Any, end: str | None) -> Any:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": end}]}


def _plain(text: Any, end: str | None) -> Any:
    return {"choices": [{"index": 0, "text": text, "finish_reason": end}]}


def _llama(text: Any, end: str | None) -> Any:
    return {"content": text, "stop": bool(end), **({"stop_type": "eos"} if end else {})}


def _ollama(text: Any, end: str | None) -> Any:
    return {"response": text, "done": bool(end), **({"done_reason": end} if end else {})}


def _lines(data: str) -> str:
    return data + "\n"


WIRES: tuple[Wire, ...] = (
    Wire("mistral", "text/event-stream", _chat, lambda text: _chat(text, "stop")),
    Wire("openai", "text/event-stream", _plain, lambda text: _plain(text, "stop"), settings={"template": "qwen"}),
    Wire("llamacpp", "text/event-stream", _llama, lambda text: _llama(text, "stop"), done=""),
    Wire("ollama", "application/x-ndjson", _ollama, lambda text: _ollama(text, "stop"), _lines, ""),
    Wire("tabby", "application/json", _plain, lambda text: {"id": "1", "choices": [{"index": 0, "text": text}]}),
)


@frozen
class Fault:
    """One fault: `write` answers a request; None: nobody accepts connections."""

    name: str
    write: Write | None = field(repr=False)
    expects: str = "text"


def respond(status: str, body: str | bytes, label: str = "application/json", more: str = "") -> Write:
    """Return a writer of one whole response; the connection closes after it."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    kind = f"Content-Type: {label}\r\n" if label else ""
    head = f"HTTP/1.1 {status}\r\n{kind}Content-Length: {len(data)}\r\nConnection: close\r\n{more}\r\n"

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + data)

    return write


def raw(data: bytes, *, repeat: bytes = b"", every_s: float = 0.0, times: int = 1 << 30, hold: bool = False) -> Write:
    """Return a writer of bytes, then of `repeat` over and over; `hold` keeps the connection open in silence."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        for _ in range(times if repeat else 0):
            writer.write(repeat)
            await writer.drain()
            await asyncio.sleep(every_s)
        if hold:
            await asyncio.sleep(3_600)

    return write


async def reset(writer: asyncio.StreamWriter) -> None:
    """Drop the connection without a word."""
    transport = writer.transport
    transport.abort()


def head(label: str) -> bytes:
    """Return the head of an endless answer."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {label}\r\nConnection: close\r\n\r\n".encode()


STATUSES = {
    300: "Choices", 301: "Moved", 302: "Found", 303: "Other", 304: "Not Modified", 307: "Redirect", 308: "Redirect",
    400: "Bad", 402: "Pay", 404: "Not Found", 405: "Method", 406: "No", 407: "Proxy", 408: "Timeout", 409: "Conflict",
    410: "Gone", 411: "Length", 412: "Pre", 413: "Large", 414: "Long", 415: "Type", 416: "Range", 417: "Expect",
    418: "Teapot", 421: "Misdirected", 422: "Entity", 423: "Locked", 424: "Dep", 425: "Early", 426: "Upgrade",
    428: "Pre", 431: "Headers", 451: "Legal", 499: "Closed", 500: "Error", 501: "Not Impl", 502: "Bad Gateway",
    503: "Busy", 504: "Timeout", 505: "Version", 507: "Storage", 508: "Loop", 511: "Login", 520: "Web", 521: "Down",
    522: "Timeout", 524: "Timeout", 525: "TLS", 529: "Overloaded", 530: "Frozen", 599: "Network", 999: "Denied",
}  # fmt: skip
ERRORS: Mapping[str, Any] = {
    "message": {"message": "no"},
    "detail": {"detail": "no"},
    "error text": {"error": "no"},
    "error object": {"error": {"message": "no", "type": "server_error", "code": 500}},
    "list": [{"error": {"message": "no"}}],
    "object error": {"object": "error", "message": "no"},
}


def faults(wire: Wire) -> Iterator[Fault]:
    """Yield every fault, as this API would have it."""
    yield from _of_statuses()
    yield from _of_connections(wire)
    yield from _of_bodies(wire)
    yield from _without_end(wire)


def _of_statuses() -> Iterator[Fault]:
    for status, reason in STATUSES.items():
        expects = "asked pause" if status == 402 else "text"
        yield Fault(str(status), respond(f"{status} {reason}", json.dumps({"message": "no"})), expects)
    for status in (401, 403):
        yield Fault(str(status), respond(f"{status} No", json.dumps({"message": "no"})), "asked pause")
    for status in (204, 205):
        yield Fault(str(status), raw(f"HTTP/1.1 {status} None\r\nConnection: close\r\n\r\n".encode()))
    for status in (200, 404, 500, 502, 503):
        yield Fault(f"{status} page", respond(f"{status} Page", "<!DOCTYPE html><html>login</html>", "text/html"))
    for status in (400, 500, 503):
        yield Fault(f"{status} empty", respond(f"{status} Empty", "", ""))
    for status in (429, 503):
        for wait in ("", "0", "1", "-5", "1e9", "nan", "inf", "soon", "Wed, 21 Oct 2099 07:28:00 GMT"):
            more = f"Retry-After: {wait}\r\n" if wait else ""
            expects = "asked pause" if wait[:3] in ("1e9", "Wed") else "text"
            answer = respond(f"{status} Slow", json.dumps({"message": "slow"}), more=more)
            yield Fault(f"{status} Retry-After {wait or 'missing'}", answer, expects)
    yield Fault("302 elsewhere", respond("302 Found", "", "", "Location: http://127.0.0.1:9/x\r\n"))


def _of_connections(wire: Wire) -> Iterator[Fault]:
    ok = head(wire.label)
    body = wire.stream("half_", end=None, done=False).encode()
    yield Fault("nobody listens", None)
    yield Fault("reset at once", reset)
    yield Fault("closed at once", raw(b""))
    yield Fault("accepted, never spoken to", raw(b"", hold=True))
    yield Fault("another protocol", raw(b"SSH-2.0-OpenSSH_9.6\r\n"))
    yield Fault("garbage", raw(bytes(range(256)) * 4))
    yield Fault("TLS", raw(b"\x15\x03\x01\x00\x02\x02\x46"))
    yield Fault(
        "101", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", hold=True)
    )
    yield Fault("half a head", raw(b"HTTP/1.1 200 OK\r\nContent-Ty"))
    yield Fault("half a head, held", raw(b"HTTP/1.1 200 OK\r\nContent-Ty", hold=True))
    yield Fault("a head byte by byte", raw(b"HTTP/1.1 200 OK\r\n", repeat=b"X", every_s=1.0))
    yield Fault("headers for ever", raw(b"HTTP/1.1 200 OK\r\n", repeat=b"X-A: b\r\n" * 100))
    yield Fault("a long header", raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * (1 << 20) + b"\r\n\r\n"))
    yield Fault("103 for ever", raw(b"", repeat=b"HTTP/1.1 103 Early Hints\r\n\r\n", every_s=0.5))
    yield Fault("head and silence", raw(ok, hold=True))
    yield Fault("head and close", raw(ok))
    yield Fault("half a text and silence", raw(ok + body, hold=True))
    yield Fault("half a text and close", raw(ok + body))
    yield Fault("cut within an event", raw(ok + body[:-9]))
    yield Fault("length too long", raw(ok.replace(b"\r\n\r\n", b"\r\nContent-Length: 9999\r\n\r\n") + body))
    yield Fault("length no number", raw(ok.replace(b"\r\n\r\n", b"\r\nContent-Length: many\r\n\r\n") + body))
    chunked = ok.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    yield Fault("chunk size no number", raw(chunked + b"zz\r\n" + body))
    yield Fault("chunks without an end", raw(chunked + b"%x\r\n%b\r\n" % (len(body), body)))
    packed = ok.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    yield Fault("gzip that is none", raw(packed + body))
    yield Fault("gzip cut", raw(packed + gzip.compress(body)[:-12]))
    yield Fault("gzip of nothing", raw(packed + gzip.compress(b"\0" * 5_000_000)))
    deflated = ok.replace(b"\r\n\r\n", b"\r\nContent-Encoding: deflate\r\n\r\n")
    yield Fault("deflate of nothing", raw(deflated + zlib.compress(b" " * 5_000_000)))


def _of_bodies(wire: Wire) -> Iterator[Fault]:
    for name, error in ERRORS.items():
        for label in ("application/json", "text/event-stream"):
            yield Fault(f"error {name} as {label}", respond("200 OK", json.dumps(error), label))
        yield Fault(
            f"error {name} in the stream", respond("200 OK", wire.frame(json.dumps(error)) + wire.done, wire.label)
        )
        text = wire.stream("half_", end=None, done=False) + wire.frame(json.dumps(error))
        yield Fault(f"error {name} after text", respond("200 OK", text, wire.label))
    bodies: dict[str, str | bytes] = {
        "empty": "",
        "blanks": "  \n\n  ",
        "[DONE] alone": "data: [DONE]\n\n",
        "[DONE] first": "data: [DONE]\n\n" + wire.stream(GOOD),
        "comments": ": wait\n\n" * 5,
        "field error": 'error: {"code": 400, "message": "too long"}\n\ndata: [DONE]\n\n',
        "field error, no JSON": "error: out of memory\n\n",
        "event error": 'event: error\ndata: {"message": "overloaded"}\n\n',
        "event error, no JSON": "event: error\ndata: overloaded\n\n",
        "pings": "event: ping\ndata: {}\n\n" * 5 + wire.done,
        "null": wire.stream(None, end=None),
        "null ended": wire.frame(json.dumps(wire.event(None, "stop"))) + wire.done,
        "a number": wire.stream(12),
        "an object": wire.stream({"a": 1}),
        "true": wire.stream(True),
        "usage alone": wire.frame('{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}') + wire.done,
        "choices null": wire.frame('{"choices": null}') + wire.done,
        "choices an object": wire.frame('{"choices": {"0": 1}}') + wire.done,
        "another choice": wire.frame('{"choices": [{"index": 1, "text": "not_this", "finish_reason": "stop"}]}'),
        "no JSON": wire.frame("hello there"),
        "half JSON": wire.frame('{"choices": [{'),
        "half JSON after text": wire.stream("half_", end=None, done=False) + wire.frame('{"choices": [{'),
        "a list": wire.frame("[1, 2]"),
        "a text": wire.frame('"hello"'),
        "deep JSON": wire.frame("[" * 100_000),
        "a long number": wire.frame('{"choices": [{"index": ' + "9" * 6_000 + "}]}"),
        "a huge event": wire.frame('{"x": "' + "y" * (2 << 20) + '"}'),
        "zeros": b"\0" * 4_096,
        "not UTF-8": b"\xff\xfe\xfa" * 100,
        "a page": "<html><body>Sign in</body></html>",
        "XML": '<?xml version="1.0"?><error/>',
        "YAML": "error:\n  message: no\n",
        "10,000 equal words": wire.stream("word " * 10_000),
        "one word without an end": wire.stream(*["x" * 9_000] * 30),
        "32,000 pieces": wire.stream(*"x" * 32_000),
        "an error finish": wire.stream("half_", end="error"),
    }  # fmt: skip
    for name, body in bodies.items():
        yield Fault(name, respond("200 OK", body, wire.label))
    yield Fault("nothing to say", respond("200 OK", wire.stream(""), wire.label), "quiet")
    yield Fault("blanks to say", respond("200 OK", wire.stream("   "), wire.label), "quiet")
    yield Fault("10,000 blank lines", respond("200 OK", wire.stream("\n" * 10_000), wire.label), "quiet")


def _without_end(wire: Wire) -> Iterator[Fault]:
    ok, one = head(wire.label), wire.frame(json.dumps(wire.event("x", None))).encode()
    empty = wire.frame(json.dumps(wire.event("", None))).encode()
    blank = wire.frame(json.dumps(wire.event(" ", None))).encode()
    line = wire.frame(json.dumps(wire.event("\n", None))).encode()
    row = wire.frame(json.dumps(wire.event("a = 1\n", None))).encode()
    for name, data, expects in (
        ("comments", b": wait\n\n", "text"),
        ("events without text", empty, "text"),
        ("blanks", blank, "quiet"),
        ("line ends", line, "quiet"),
        ("pieces of a line", one, "text"),
        ("equal lines", row, "quiet"),
        ("notes", wire.frame('{"status": "queued"}').encode(), "text"),
        ("bytes", b"x", "text"),
    ):
        yield Fault(f"{name} without an end", raw(ok, repeat=data * 50), expects)
        is_text = name == "pieces of a line"
        yield Fault(
            f"{name} without an end, slowly", raw(ok, repeat=data, every_s=0.5), "slow text" if is_text else expects
        )
