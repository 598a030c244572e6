"""What a web page in Chromium, or another program, sends to each door of a running server is refused, unread.

A page can make the browser send any of these to a port of this machine: it chooses the body, the end of the address,
some headers and the Referer. The proof of a break-in is a file that a program named in the settings would write.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.raw_client import (
    SERVER,
    TOKEN,
    RawClient,
    completion,
    did_open,
    frame,
    notification,
    request,
    server_environment,
    start_listening,
)

CODE = "def f(a):\n    return "


def lsp_attack(proof: Path, options: dict[str, Any] | None = None) -> bytes:
    """Return the messages of a session that runs a program, if it is let in."""
    command = [sys.executable, "-c", f"open({str(proof)!r}, 'w').write('ran')"]
    settings = {"provider": {"kind": "mistral", "apiKeyCommand": command}, **(options or {})}
    messages = [
        request(1, "initialize", {"capabilities": {}, "initializationOptions": settings}),
        notification("initialized", {}),
        notification("workspace/didChangeConfiguration", {"settings": {"fim": settings}}),
        did_open(CODE),
        completion(2, 1, 11, kind=1),
        completion(3, 1, 11, kind=2),
    ]
    return b"".join(map(frame, messages))


def as_chromium_sends_it(attack: bytes) -> dict[str, bytes]:
    """Return raw requests by the way in which a page of evil.example sends them."""
    head = (
        b'Host: 127.0.0.1:9257\r\nConnection: keep-alive\r\nContent-Length: %d\r\nsec-ch-ua-platform: "Linux"\r\n'
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0\r\n"
        b"Accept: */*\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"
        b"Sec-Fetch-Dest: empty\r\nReferer: http://evil.example/page?content-length:0\r\n%b"
        b"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n"
    )
    post = b"POST /%b HTTP/1.1\r\n"
    text = b"Content-Type: text/plain;charset=UTF-8\r\n"
    form = b"a=\r\n" + attack + b"Content-Length: 10000000\r\n\r\n" + b"x" * 100_000
    boundary = b"----WebKitFormBoundaryA1b2C3d4E5f6G7h8"
    multipart = b'--%b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\r\n%b\r\n--%b--\r\n'
    parts = multipart % (boundary, attack, boundary)
    fetch = b"\r\n" + attack + b"\r\n" * 4
    return {
        "fetch no-cors": post % b"" + head % (len(fetch), text) + fetch,
        "fetch with a length in the address": post % b"?content-length:0" + head % (len(fetch), text) + fetch,
        "form text/plain": post % b"" + head % (len(form), b"Content-Type: text/plain\r\n") + form,
        "form multipart": post % b""
        + head % (len(parts), b"Content-Type: multipart/form-data; boundary=" + boundary + b"\r\n")
        + parts,
        "sendBeacon": post % b"" + head % (len(fetch), b"Content-Type: application/x-www-form-urlencoded\r\n") + fetch,
        "preflight": b"OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccess-Control-Request-Method: POST\r\n\r\n" + attack,
        "image": b"GET /content-length:0%0d%0a HTTP/1.1\r\nHost: 127.0.0.1\r\nReferer: http://e/?content-length:0\r\n\r\n"
        + attack,
        "WebSocket": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Origin: http://evil.example\r\n\r\n" + attack,
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + attack,
        "FTP": b"USER anonymous\r\n" + attack,
        "LSP without a token": attack,
    }


WAYS = sorted(as_chromium_sends_it(b""))
DOORS = {
    "tcp": ("--tcp", "127.0.0.1:0"),
    "ws": ("--ws", "127.0.0.1:0"),
}


@asynccontextmanager
async def open_door(name: str) -> AsyncIterator[tuple[str, int]]:
    """Start a server; yields host and port of its door."""
    if name == "fim-server":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fim_language_server", "fim-server", "--workspace", str(SERVER.parent / "docs")),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=server_environment(),
        )  # fmt: skip
        assert process.stdout
        url = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))["url"]
        address = url.removeprefix("http://")
    else:
        process, address = await start_listening(*DOORS[name], FIM_TOKEN=TOKEN)
    host, _, port = address.rpartition(":")
    try:
        yield host, int(port)
    finally:
        process.kill()
        await process.wait()


async def knock(host: str, port: int, data: bytes) -> bytes:
    """Send bytes, and return what comes until the other side hangs up, or has said nothing for a while."""
    reader, writer = await asyncio.open_connection(host, port)
    said = b""
    with suppress(ConnectionError, TimeoutError):
        writer.write(data)
        async with asyncio.timeout(10):
            while chunk := await reader.read(65_536):
                said += chunk
                if said.startswith(b"HTTP/1.") and b" 4" in said[:12]:
                    break
    writer.close()
    return said


@pytest.mark.parametrize("door", [*DOORS, "fim-server"])
async def test_no_page_runs_a_program_or_reads_code(door: str, tmp_path: Path) -> None:
    """Each way is tried twice: at the second try everything is loaded, and a session would be quick to act."""
    proof = tmp_path / "ran"
    attacks = as_chromium_sends_it(lsp_attack(proof))
    async with open_door(door) as (host, port):
        for way, data in [*attacks.items()] * 2:
            said = await knock(host, port, data)
            refused = re.match(rb"HTTP/1\.[01] 4\d\d ", said) is not None
            told = said.startswith(b"Content-Length")  # that a token is wanted
            assert not said or refused or told, (way, said[:200])
            if told:
                assert (door, way) == ("tcp", "LSP without a token")
                assert b'"error"' in said
            assert b"serverInfo" not in said
            assert b"Traceback" not in said
    assert not proof.exists()


async def test_a_client_with_the_token_names_no_program_either(tmp_path: Path) -> None:
    """And everything else of its session works."""
    proof = tmp_path / "ran"
    client = await RawClient.tcp()
    client.write(lsp_attack(proof, {"token": TOKEN}))
    assert "serverInfo" in (await client.answer(1))["result"]
    await client.answer(2)
    await client.answer(3)
    shown = [told["params"]["message"] for told in client.others if told.get("method") == "window/showMessage"]
    assert any("provider.apiKeyCommand: it names a program" in text for text in shown)
    client.send(request(4, "shutdown"))
    assert (await client.answer(4))["result"] is None
    await client.kill()
    assert not proof.exists()


async def test_the_proof_would_be_there_if_the_attack_worked(tmp_path: Path) -> None:
    """On standard input, where the user's own editor speaks: the tests above could not fail otherwise."""
    client = await RawClient.stdio()
    client.write(lsp_attack(tmp_path / "ran"))
    await client.answer(2)
    await client.kill()
    assert (tmp_path / "ran").read_text() == "ran"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix domain sockets")
async def test_a_client_that_listens_starts_the_server_with_the_name(tmp_path: Path) -> None:
    """LSP's `--pipe`, and its `--clientProcessId`, as VS Code's language client gives them."""
    tmp_path.chmod(0o700)
    connected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_unix_server(lambda *ends: connected.set_result(ends), str(tmp_path / "s"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fim_language_server", f"--pipe={tmp_path / 's'}", f"--clientProcessId={os.getpid()}"),
        env=server_environment(),
    )
    client = RawClient(process, *await asyncio.wait_for(connected, 20))
    assert (await client.initialize())["serverInfo"]["name"] == "fim-language-server"
    client.send(request(1, "shutdown"))
    await client.answer(1)
    client.send(notification("exit"))
    assert await client.wait_exit() == 0
    client.writer.close()
    server.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix domain sockets")
async def test_a_socket_of_ones_own_is_listened_at(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    process, address = await start_listening("--listen", str(tmp_path / "s"))
    client = RawClient(process, *await asyncio.open_unix_connection(address))
    assert (await client.initialize())["serverInfo"]["name"] == "fim-language-server"
    process.terminate()
    await client.wait_exit()
    assert not (tmp_path / "s").exists()


async def test_a_client_that_listens_on_a_port_says_the_token_too() -> None:
    """LSP's `--socket`; without a token in the environment it is refused, with what to use instead."""
    connected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *ends: connected.set_result(ends), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    words = (sys.executable, "-m", "fim_language_server", f"--socket={port}")
    process = await asyncio.create_subprocess_exec(*words, env=server_environment(FIM_TOKEN=TOKEN))
    client = RawClient(process, *await asyncio.wait_for(connected, 20), token=TOKEN)  # type: ignore[misc]
    assert (await client.initialize())["serverInfo"]["name"] == "fim-language-server"
    client.writer.close()
    assert await client.wait_exit() == 1
    server.close()
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE, env=server_environment())
    _, told = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert b"--pipe" in told


async def test_the_token_is_printed_where_none_was_given_and_nowhere_else() -> None:
    process, address = await start_listening("--tcp", "127.0.0.1:0")
    assert process.stderr
    token = (await asyncio.wait_for(process.stderr.readline(), 20)).decode().split()[1]
    client = await RawClient.connect(process, address)
    client.token = token
    assert (await client.initialize())["serverInfo"]["name"] == "fim-language-server"
    if sys.platform == "linux":
        words = Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        assert token not in words
    process.terminate()
    assert token not in (await process.stderr.read()).decode()
    await client.wait_exit()
