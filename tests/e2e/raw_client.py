"""A client that writes bytes: what pytest-lsp, being a good client, cannot do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import define, field

SERVER = Path(__file__).parents[2] / "server"
URI = "file:///project/raw.py"
TOKEN = "open sesame"


def server_environment(**more: str) -> dict[str, str]:
    """Return an environment in which the checkout's server runs, without anybody's key."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return {**kept, "PYTHONPATH": str(SERVER), "PYTHONUNBUFFERED": "1", "FIM_TEST_KEY": "test-key", **more}


def provider_options(url: str) -> dict[str, Any]:
    """Return initializationOptions for a loopback FIM server, for which nobody stands in.

    It may want a key, and gets it where the client may name a variable (`apiKeyEnv`): not on a network connection.
    """
    model = {"kind": "mistral", "url": url, "model": "codestral-latest", "apiKeyEnv": "FIM_TEST_KEY"}
    return {
        "provider": model | {"fallback": []},
        "trigger": {"maxDelayMs": 0},
    }


def frame(message: Any, header: str = "Content-Length") -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return f"{header}: {len(body)}\r\n\r\n".encode() + body


def request(request_id: Any, method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def notification(method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def did_open(text: str, uri: str = URI) -> dict[str, Any]:
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    return notification("textDocument/didOpen", {"textDocument": item})


def did_change(version: int, *changes: dict[str, Any], uri: str = URI) -> dict[str, Any]:
    identifier = {"uri": uri, "version": version}
    return notification("textDocument/didChange", {"textDocument": identifier, "contentChanges": list(changes)})


def change(line: int, start: int, end: int, text: str) -> dict[str, Any]:
    places = [{"line": line, "character": character} for character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}


def completion(request_id: Any, line: int, character: int, uri: str = URI, kind: Any = 2) -> dict[str, Any]:
    params = {
        "textDocument": {"uri": uri, "version": 77},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": kind},
        "formattingOptions": {"tabSize": 4, "insertSpaces": True},  # as one large client adds them
    }
    return request(request_id, "textDocument/inlineCompletion", params)


def insert_text(answer: Mapping[str, Any]) -> str | None:
    """Return the text of an answer's one item, or None for an answer of null."""
    if answer["result"] is None:
        return None
    (item,) = answer["result"]["items"]
    return str(item["insertText"])


@define(eq=False)
class RawClient:
    """A server process and the bytes to and from it."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    others: list[dict[str, Any]] = field(factory=list)  # messages that nobody waited for
    token: str | None = None  # what it says on a network connection

    @classmethod
    async def stdio(cls, *arguments: str, **environment: str) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fim_language_server",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=server_environment(**environment),
        )
        assert process.stdout
        assert process.stdin
        return cls(process, process.stdout, process.stdin)

    @classmethod
    async def tcp(cls) -> Self:
        process, address = await start_listening("--tcp", "127.0.0.1:0", FIM_TOKEN=TOKEN, MISTRAL_API_KEY="test-key")
        return await cls.connect(process, address)

    @classmethod
    async def connect(cls, process: asyncio.subprocess.Process, address: str) -> Self:
        """Open one more connection to a server that listens on TCP."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 24)
        return cls(process, reader, writer, token=TOKEN)

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def send(self, *messages: Any) -> None:
        """Send messages in one write."""
        self.write(b"".join(map(frame, messages)))

    async def read(self) -> dict[str, Any]:
        """Return the next message; EOFError at the end."""
        async with asyncio.timeout(20):
            try:
                header = await self.reader.readuntil(b"\r\n\r\n")
                body = await self.reader.readexactly(int(header.lower().split(b"content-length:")[1].split()[0]))
            except asyncio.IncompleteReadError as error:
                raise EOFError from error
        message: dict[str, Any] = json.loads(body)
        return message

    async def answer(self, request_id: Any) -> dict[str, Any]:
        """Return the answer to a request, whatever else comes before it."""
        for message in self.others:
            if message.get("id") == request_id and "method" not in message:
                self.others.remove(message)
                return message
        while (message := await self.read()).get("id") != request_id or "method" in message:
            self.others.append(message)
        return message

    async def initialize(self, options: Any = None, **params: Any) -> dict[str, Any]:
        if self.token is not None:
            options = {**(options or {}), "token": self.token}
        self.send(
            request("init", "initialize", {"capabilities": {}, "initializationOptions": options, **params}),
            notification("initialized", {}),
        )
        result: dict[str, Any] = (await self.answer("init"))["result"]
        return result

    async def wait_exit(self) -> int:
        """Wait until the process has ended; return its exit status."""
        async with asyncio.timeout(15):
            return await self.process.wait()

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.wait_exit()


async def start_listening(*arguments: str, **environment: str) -> tuple[asyncio.subprocess.Process, str]:
    """Start a server that listens; return it and the address it tells (HOST:PORT)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fim_language_server",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=server_environment(**environment),
    )
    assert process.stderr
    async with asyncio.timeout(15):
        line = (await process.stderr.readline()).decode()
    assert line.startswith("listening on "), line
    return process, line.split()[-1]
