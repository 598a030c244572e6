"""The floor: a language server without a framework that keeps documents as lines and answers nothing."""

from __future__ import annotations

import asyncio
import json
import sys


async def main() -> None:
    """Serve over standard input and output."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    documents: dict[str, list[str]] = {}
    while header := await reader.readuntil(b"\r\n\r\n"):
        body = await reader.readexactly(int(header.split(b":")[1].split(b"\r")[0]))
        message = json.loads(body)
        method, params = message["method"], message.get("params")
        if method == "textDocument/didOpen":
            documents[params["textDocument"]["uri"]] = params["textDocument"]["text"].splitlines(keepends=True)
        elif method == "textDocument/didChange":
            lines = documents[params["textDocument"]["uri"]]
            for change in params["contentChanges"]:
                start = change["range"]["start"]
                line, column = start["line"], start["character"]
                lines[line] = lines[line][:column] + change["text"] + lines[line][column:]
        elif method == "exit":
            return
        if "id" in message:
            result: object = {"capabilities": {}} if method == "initialize" else None
            answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer))
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(main())
