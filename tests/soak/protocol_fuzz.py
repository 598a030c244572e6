"""Broken messages: each costs only itself, each request has its answer, and each answer its code.

    python -m tests.soak.protocol_fuzz --count 100000 --seed 1

Messages go to a real server over standard input, in blocks. What each should be answered with is worked out here from
the specification, and not by the server's code. After each block a completion is asked for, which must be answered.
Whole sessions (`initialize` broken, twice, missing; requests after `shutdown`) run within this process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from lsprotocol import types

from fim_language_server.cli.serve import session_maker
from fim_language_server.lsp.editor.capabilities import COMMANDS
from fim_language_server.lsp.editor.origin import Origin
from tests.e2e.raw_client import RawClient, completion, did_open, frame, notification, request, server_environment
from tests.soak.lsp_values import JUNK, NEXT_EDIT_METHODS, URIS, break_somewhere, params_of

PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
NOT_INITIALIZED, CANCELLED = -32002, -32800
RESULT = 0
"""Stands for an answer that is no error."""

BLOCK = 250
NEXT_EDIT = NEXT_EDIT_METHODS[0]
OWN = ("textDocument/inlineCompletion", "workspace/executeCommand", NEXT_EDIT)
NOTIFIED = (
    "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/didSave",
    "workspace/didChangeConfiguration", "workspace/didChangeWorkspaceFolders", "workspace/didChangeWatchedFiles",
    "initialized", "$/setTrace", "$/cancelRequest", "window/workDoneProgress/cancel",
    "notebookDocument/didOpen", "notebookDocument/didChange", "notebookDocument/didSave", "notebookDocument/didClose",
    *NEXT_EDIT_METHODS[1:],
)  # fmt: skip
ENDING = ("exit", "shutdown")


@frozen
class Sent:
    """A message's body, and what may answer it: codes by id (None: an error without one), or nothing."""

    body: bytes
    answers_id: Any = None
    codes: frozenset[int] = frozenset()


@define
class Tally:
    """What was sent and what went wrong."""

    messages: int = 0
    codes: Counter[int] = field(factory=Counter)
    failures: list[str] = field(factory=list)

    def fail(self, what: str) -> None:
        """Keep a failure; the first ones are shown."""
        self.failures.append(what)


def is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_uinteger(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and float(value).is_integer() and value >= 0


def expected(message: Any) -> Sent:
    """Say what answers a message in a running session, by JSON-RPC 2.0 and LSP 3.18."""
    body = json.dumps(message).encode()
    if not isinstance(message, dict):
        return Sent(body, None, frozenset({INVALID_REQUEST}))
    method, msg_id = message.get("method"), message.get("id")
    told_id = msg_id if is_id(msg_id) else None
    if message.get("jsonrpc") != "2.0":
        return Sent(body, told_id, frozenset({INVALID_REQUEST}))
    if isinstance(method, str):
        if "id" not in message:
            return Sent(body)
        if not is_id(msg_id):
            return Sent(body, None, frozenset({INVALID_REQUEST}))
        return Sent(body, msg_id, codes_of_request(method, message.get("params")))
    is_answer = "method" not in message and is_id(msg_id) and ("result" in message or "error" in message)
    if is_answer or ("method" not in message and "id" in message):
        return Sent(body)  # an answer to nothing that was asked, or a broken one: nobody answers answers
    return Sent(body, told_id, frozenset({INVALID_REQUEST}))


def codes_of_request(method: str, params: Any) -> frozenset[int]:
    """Return the codes with which a request may be answered in a running session."""
    if method == "initialize":
        return frozenset({INVALID_REQUEST})
    if method in ("textDocument/inlineCompletion", "textDocument/completion"):
        return frozenset({RESULT, CANCELLED}) if is_completion(params) else frozenset({INVALID_PARAMS})
    if method == NEXT_EDIT:
        return frozenset({RESULT, CANCELLED}) if is_next_edit(params) else frozenset({INVALID_PARAMS})
    if method == "workspace/executeCommand":
        # Which arguments a command takes is the project's own; that a wrong one is told as such is the protocol's.
        known = isinstance(params, dict) and params.get("command") in COMMANDS
        return frozenset({RESULT, CANCELLED, INVALID_PARAMS}) if known else frozenset({INVALID_PARAMS})
    if method in NOTIFIED:
        return frozenset(
            {RESULT, INVALID_PARAMS, NO_METHOD}
        )  # a client's mistake, on which the specification is silent
    return frozenset({NO_METHOD})


def is_completion(params: Any) -> bool:
    """Has it all that LSP requires, but for the context, which some clients leave out?"""
    if not isinstance(params, dict) or not isinstance(params.get("textDocument"), dict):
        return False
    if not isinstance(params["textDocument"].get("uri"), str) or not is_position(params.get("position")):
        return False
    context = params.get("context")
    selected = context.get("selectedCompletionInfo") if isinstance(context, dict) else None
    if selected is None:
        return True
    place = selected.get("range") if isinstance(selected, dict) else None
    ends = isinstance(place, dict) and is_position(place.get("start")) and is_position(place.get("end"))
    return ends and isinstance(selected.get("text"), str)


def is_next_edit(params: Any) -> bool:
    """Has it what docs/protocol.md requires: a document and a place? Whatever the version is."""
    document = params.get("textDocument") if isinstance(params, dict) else None
    return isinstance(document, dict) and isinstance(document.get("uri"), str) and is_position(params.get("position"))


def is_position(value: Any) -> bool:
    return isinstance(value, dict) and is_uinteger(value.get("line")) and is_uinteger(value.get("character"))


class Maker:
    """Makes messages at random; request ids are its own, so that each answer can be told."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._last = 0
        self._methods = [method for method in types.METHOD_TO_TYPES if method not in ENDING]

    def block(self, size: int) -> Iterator[Sent]:
        for _ in range(size):
            yield self._rng.choice([self._message, self._message, self._broken, self._enveloped, self._text])()

    def _id(self) -> Any:
        self._last += 1
        return self._rng.choice([self._last, -self._last, f"r{self._last}", 10**20 + self._last, f"\u2028{self._last}"])

    def _method(self) -> str:
        kind = self._rng.random()
        if kind < 0.4:
            return self._rng.choice(OWN)
        if kind < 0.8:
            return self._rng.choice(NOTIFIED)
        return self._rng.choice(self._methods)

    def _raw(self, *, broken: bool) -> dict[str, Any]:
        method = self._method()
        params = params_of(method, self._rng)
        if method == "workspace/executeCommand" and isinstance(params, dict) and self._rng.random() < 0.8:
            params["command"] = self._rng.choice(COMMANDS)
        if method == "workspace/didChangeConfiguration":
            params = {"settings": {"fim": {"trigger": params.get("settings"), "embedded": self._rng.choice(JUNK)}}}
        for _ in range(self._rng.choice([1, 1, 2, 3]) if broken else 0):
            params = break_somewhere(params, self._rng)
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        return message if method in NOTIFIED and self._rng.random() < 0.9 else {**message, "id": self._id()}

    def _message(self) -> Sent:
        return expected(self._raw(broken=False))

    def _broken(self) -> Sent:
        return expected(self._raw(broken=True))

    def _enveloped(self) -> Sent:
        """Break what is around the parameters, or put many into an array."""
        message: Any = self._raw(broken=False)
        if self._rng.random() < 0.15:
            return expected([self._raw(broken=False) for _ in range(self._rng.choice([0, 1, 2, 40]))])
        key = self._rng.choice(["jsonrpc", "method", "id", "params", "result", "error"])
        if key == "id" and message["method"] in OWN:
            # Junk may be the id of another request of the block; then two answers have it.
            junk: Any = self._rng.choice([it for it in JUNK if not is_id(it)])
        else:
            junk = self._rng.choice(JUNK)
        if key == "method" and junk in ENDING:
            return expected(message)
        if self._rng.random() < 0.3:
            message.pop(key, None)
        elif key != "id" or not is_id(junk):
            message[key] = junk
        return expected(message)

    def _text(self) -> Sent:
        """Make something that is no JSON."""
        body = json.dumps(self._raw(broken=False)).encode()
        place = self._rng.randrange(1, len(body))
        text = self._rng.choice([
            body[:place], body[:place] + b"\xff" + body[place:], body + b"}", b"", b"\0", b"{" * 50_000, b"[" * 50_000,
            body.replace(b'"', b"'"), body[:place] + b"\n//" + body[place:], b"\xef\xbb\xbf" + b"{", b'{"id": 1, }',
            b"1" * 6_000, b"Content-Length: 2\r\n\r\n{}",
        ])  # fmt: skip
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return Sent(text, None, frozenset({PARSE}))
        return expected(json.loads(text))


STRAY = [
    b"", b"", b"", b"a line of somebody's log\n", b"Content-Length: abc\r\n\r\n", b"\r\n\r\n", b"{}",
    b"Content-Length: 99999999999999999999\r\n\r\n", b"X-Header: 1\r\n", b"\xff\xfe\r\n", b"Content-Length: -5\r\n\r\n",
]  # fmt: skip
"""Between two messages on standard input; all but the first three are broken framing."""


async def fuzz_stream(tally: Tally, rng: random.Random, count: int, folder: Path) -> float:
    """Send blocks of messages to a server process until `count` were sent; return its peak of memory in MB."""
    client = await start_server(folder)
    await client.initialize()
    maker, number = Maker(rng), 0
    uri = "file:///project/fence.py"
    while tally.messages < count:
        block = list(maker.block(BLOCK))
        number += 1
        fence = f"fence-{number}"
        client.send(did_open("def f(a):\n    return ", uri))
        for sent in block:
            client.write(rng.choice(STRAY) + frame(sent.body))
        client.send(completion(fence, 1, 11, uri))
        await client.writer.drain()
        tally.messages += len(block)
        await _check_block(client, block, fence, tally)
        if len(tally.failures) > 20:
            break
    peak = _peak_mb(client.process.pid)
    client.send(request("end", "shutdown"))
    await client.answer("end")
    client.send(notification("exit"))
    if (status := await client.wait_exit()) != 0:
        tally.fail(f"exit status {status}")
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    if "Traceback" in log:
        tally.fail(f"{log.count('Traceback')} tracebacks in the log: {log[log.index('Traceback') :][-1_500:]}")
    return peak


async def start_server(folder: Path) -> RawClient:
    """Start a server without anybody's keys, settings and files; its log is the file `log` in `folder`."""
    own = {"XDG_STATE_HOME": str(folder), "XDG_CACHE_HOME": str(folder), "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fim_language_server"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            limit=1 << 24, env=server_environment(**own),
        )  # fmt: skip
    assert process.stdout
    assert process.stdin
    return RawClient(process, process.stdout, process.stdin)


async def _check_block(client: RawClient, block: list[Sent], fence: str, tally: Tally) -> None:
    """Read until each request of a block has its answer, and compare the codes."""
    wanted = {_key(sent.answers_id): sent for sent in block if sent.codes and sent.answers_id is not None}
    without_id = Counter(code for sent in block if sent.codes and sent.answers_id is None for code in sent.codes)
    waiting = {*wanted, _key(fence)}
    found: Counter[int] = Counter()
    while waiting or found.total() < without_id.total():
        try:
            message = await client.read()
        except (TimeoutError, EOFError):
            tally.fail(f"unanswered: {[wanted[key].body[:200] for key in list(waiting)[:3] if key in wanted]}")
            return
        if "method" in message:
            if "id" in message:
                client.send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            continue
        code = message["error"]["code"] if "error" in message else RESULT
        tally.codes[code] += 1
        key = _key(message.get("id"))
        if message.get("id") is None:
            found[code] += 1
        elif key not in waiting:
            tally.fail(f"an answer to nothing: {message}")
        else:
            waiting.discard(key)
            codes = wanted[key].codes if key in wanted else {RESULT}
            if code not in codes:
                tally.fail(f"{code} instead of {sorted(codes)} to {wanted[key].body[:300] if key in wanted else key}")  # type: ignore[str-bytes-safe]
    if found != without_id:
        tally.fail(f"without an id: {dict(found)} instead of {dict(without_id)}")


def _key(value: Any) -> str:
    return json.dumps(value)


async def fuzz_sessions(tally: Tally, rng: random.Random, count: int) -> None:
    """Run short sessions within this process: the order of life's messages, and broken `initialize`."""
    for _ in range(count):
        answers: list[dict[str, Any]] = []
        session = session_maker(Origin())(lambda body, kept=answers: kept.append(json.loads(body)))  # type: ignore[misc]
        wanted: list[tuple[Any, frozenset[int]]] = []
        stage = "new"
        for number in range(rng.randrange(1, 8)):
            message, codes, stage = _of_life(number, stage, rng)
            tally.messages += 1
            session.receive(json.dumps(message).encode())
            if codes:
                wanted.append((message.get("id") if isinstance(message, dict) else None, codes))
        for _ in range(20):
            await asyncio.sleep(0)
        await session.close()
        said = [(it["id"], it["error"]["code"] if "error" in it else RESULT) for it in answers if "method" not in it]
        tally.codes.update(code for _, code in said)
        said.sort(key=lambda it: str(it[0]))
        wanted.sort(key=lambda it: str(it[0]))
        right = len(said) == len(wanted) and all(
            told[0] == due[0] and told[1] in due[1] for told, due in zip(said, wanted, strict=True)
        )
        if not right:
            tally.fail(f"session: {said} instead of {[(i, sorted(c)) for i, c in wanted]}")


def _of_life(number: int, stage: str, rng: random.Random) -> tuple[Any, frozenset[int], str]:
    """Return a message, the codes that answer it in this stage, and the stage after it."""
    kind = rng.choice(["initialize", "initialize", "broken", "shutdown", "request", "notify", "array", "unknown"])
    if kind == "array":
        return [request(number, "initialize", {})] * rng.randrange(3), frozenset({INVALID_REQUEST}), stage
    if kind == "notify":
        method = rng.choice([*NOTIFIED[:6], "shutdown", "initialize", *OWN])
        return notification(method, rng.choice([*JUNK, {"capabilities": {}}])), frozenset(), stage
    method = {"shutdown": "shutdown", "unknown": "no/such"}.get(kind, "initialize")
    params: Any = None
    if method == "initialize":
        params = {"capabilities": {}, **params_of("initialize", rng), "processId": None}
        params |= {"workspaceFolders": [{"uri": rng.choice(URIS), "name": "w"}], "initializationOptions": None}
        if kind == "broken":
            params = break_somewhere({**params, "rootUri": rng.choice(URIS)}, rng)
            if isinstance(params, dict):
                params["processId"] = None  # a number could be a process of this machine, or none
    if kind == "request":
        method, params = "textDocument/inlineCompletion", break_somewhere(params_of(OWN[0], rng), rng)
    message = request(number, method, params)
    if stage == "over":
        return message, frozenset({INVALID_REQUEST}), stage
    if stage == "new":
        if method != "initialize":
            return message, frozenset({NOT_INITIALIZED}), stage
        if not isinstance(params, dict):
            return message, frozenset({INVALID_PARAMS}), stage
        return message, frozenset({RESULT}), "running"
    if method == "shutdown":
        return message, frozenset({RESULT}), "over"
    return message, codes_of_request(method, params), stage


def _peak_mb(process_id: int) -> float:
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return int(status.split("VmHWM:")[1].split()[0]) / 1_024


async def run(count: int, seed: int) -> tuple[Tally, float]:
    """Send about `count` messages; a tenth of them in sessions of their own."""
    rng, tally = random.Random(seed), Tally()
    await fuzz_sessions(tally, rng, count // 40)
    with tempfile.TemporaryDirectory() as folder:
        peak = await fuzz_stream(tally, rng, count, Path(folder))
    return tally, peak


def main() -> int:
    """Print one row; the exit status is 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    tally, peak = asyncio.run(run(arguments.count, arguments.seed))
    for failure in tally.failures[:10]:
        print(failure, file=sys.stderr)
    codes = ", ".join(f"{code or 'result'}: {n:,}" for code, n in sorted(tally.codes.items()))
    print(
        f"protocol fuzz | {tally.messages:,} broken or odd messages, {tally.codes.total():,} answers ({codes}) | "
        f"{len(tally.failures)} wrong or missing, {tally.codes[INTERNAL]} internal errors | "
        f"peak {peak:.0f} MB | {time.monotonic() - began:.0f} s"
    )
    return 1 if tally.failures or tally.codes[INTERNAL] else 0


if __name__ == "__main__":
    sys.exit(main())
