"""How the process begins and ends: whoever it serves is gone, and so is it, with the right exit status."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.raw_client import (
    TOKEN,
    RawClient,
    completion,
    did_open,
    notification,
    request,
    server_environment,
    start_listening,
)

SERVE = [sys.executable, "-m", "fim_language_server"]


@pytest.mark.parametrize("shutdown", [True, False])
async def test_exit_tells_whether_shutdown_came_before(shutdown: bool) -> None:
    client = await RawClient.stdio("--stdio")
    await client.initialize(trace="compact")  # an unknown value, too
    if shutdown:
        client.send(request(1, "shutdown"))
        assert (await client.answer(1))["result"] is None
    client.send(notification("exit"))
    assert await client.wait_exit() == (0 if shutdown else 1)


async def test_the_end_of_input_ends_the_server() -> None:
    client = await RawClient.stdio()
    await client.initialize()
    client.writer.close()
    assert await client.wait_exit() == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
async def test_a_signal_ends_the_server_while_it_starts_and_after() -> None:
    client = await RawClient.stdio()
    await client.initialize()
    client.process.send_signal(signal.SIGTERM)
    assert await client.wait_exit() == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_dead_editor_ends_the_server_whose_input_stays_open() -> None:
    """The pipe is held open by another process, here by this one; only `processId` tells."""
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    client = await RawClient.stdio()
    await client.initialize(processId=editor.pid)
    editor.kill()
    await editor.wait()
    assert await client.wait_exit() == 1


async def test_a_client_that_does_not_read_blocks_nobody() -> None:
    """Its answers are kept; the server goes on reading, and leaves when it is told to."""
    client = await RawClient.stdio()
    await client.initialize()
    client.send(did_open("x = 1\n"))
    for number in range(20_000):  # their answers are more than any pipe holds
        client.send(request(number, "textDocument/hover"))
    await asyncio.wait_for(client.writer.drain(), 15)
    client.send(request("end", "shutdown"))
    await client.writer.drain()
    # The pipe is read only now: had the server waited for it, nothing above would have got through.
    assert (await client.answer("end"))["result"] is None
    client.send(notification("exit"))
    assert await client.wait_exit() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="file descriptors")
async def test_input_from_a_file_and_from_nothing(tmp_path: Path) -> None:
    """A regular file and /dev/null cannot be waited for; a thread reads them."""
    messages = tmp_path / "messages"
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}'
    messages.write_bytes(b"content-length: %d\r\n\r\n%b" % (len(body), body))
    output = tmp_path / "output"
    for source, expected in ((messages, b"inlineCompletionProvider"), (os.devnull, b"")):
        with Path(source).open("rb") as stdin, output.open("wb") as stdout:
            process = await asyncio.create_subprocess_exec(*SERVE, stdin=stdin, stdout=stdout, env=server_environment())
            assert await asyncio.wait_for(process.wait(), 15) == 1
        assert expected in output.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="socket pairs")
async def test_one_socket_for_input_and_output() -> None:
    """As some editors and all super-servers start programs."""
    ours, theirs = socket.socketpair()
    process = await asyncio.create_subprocess_exec(*SERVE, stdin=theirs, stdout=theirs, env=server_environment())  # type: ignore[arg-type]
    theirs.close()
    client = RawClient(process, *await asyncio.open_connection(sock=ours))
    assert (await client.initialize())["serverInfo"]["name"] == "fim-language-server"
    client.writer.close()
    assert await client.wait_exit() == 1


async def test_tcp_serves_several_clients_at_once_and_in_turn() -> None:
    process, address = await start_listening("--tcp", "127.0.0.1:0", FIM_TOKEN=TOKEN)
    clients = []
    for _ in range(2):
        clients.append(await RawClient.connect(process, address))
        await clients[-1].initialize()
    first, second = clients
    first.send(request(1, "shutdown"), notification("exit"))
    await first.answer(1)
    with pytest.raises(EOFError):
        await first.answer("never")
    second.send(did_open("x"), completion(2, 0, 0, "file:///other"))
    assert (await second.answer(2))["result"] is None
    process.terminate()
    await second.wait_exit()


async def test_a_websocket_client_speaks_lsp_with_the_token() -> None:
    process, address = await start_listening("--ws", "127.0.0.1:0", FIM_TOKEN="sesame")
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"http://{address}/")
        async with http.ws_connect(f"http://{address}/?token=sesame") as socket:
            await socket.send_json(request(1, "initialize", {"capabilities": {}}))
            answer = await socket.receive_json()
            assert answer["result"]["capabilities"]["inlineCompletionProvider"] == {}
            await socket.send_json(request(2, "shutdown"))
            assert await socket.receive_json() == {"jsonrpc": "2.0", "id": 2, "result": None}
            await socket.send_json(notification("exit"))
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    process.terminate()
    await asyncio.wait_for(process.wait(), 15)


@pytest.mark.parametrize("option", ["--tcp", "--ws"])
async def test_other_addresses_are_refused_with_a_sentence(option: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *SERVE, option, "0.0.0.0:0", stderr=asyncio.subprocess.PIPE, env=server_environment()
    )
    _, told = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 2
    assert b"not a loopback address" in told
    assert b"Traceback" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="file descriptors")
@pytest.mark.parametrize("state", ["closed", "broken", "full", "only to be read"])
async def test_standard_error_that_takes_nothing_costs_nothing(state: str, tmp_path: Path) -> None:
    """Neither the exit status, nor what is said on standard output."""
    reading, writing = os.pipe()
    os.close(reading)
    if state == "full" and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    words = [*SERVE]
    stderr: int = writing
    if state == "closed":
        words = ["sh", "-c", 'exec "$@" 2>&-', "sh", *SERVE]
    elif state != "broken":
        stderr = os.open(
            "/dev/full" if state == "full" else os.devnull, os.O_WRONLY if state == "full" else os.O_RDONLY
        )
    environment = server_environment(TMPDIR=str(tmp_path / "none"))
    environment.pop("PYTHONUNBUFFERED")
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=stderr, env=environment
    )
    os.close(writing)
    assert process.stdout
    assert process.stdin
    client = RawClient(process, process.stdout, process.stdin)
    client.write(b"junk, which is logged\n")
    await client.initialize()
    client.send(did_open("x = 1\n"), completion(1, 0, 5, kind=1))
    await client.answer(1)
    client.send(request(2, "shutdown"), notification("exit"))
    await client.answer(2)
    assert await client.wait_exit() == 0
