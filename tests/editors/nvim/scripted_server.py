"""A language server that answers as it is told to: what the plugin does with any answer is tested with it.

Started by Neovim on standard input and output. Told and asked by methods of its own: `test/script` sets what is
answered, `test/notify` sends a notification back, `test/refresh` says that there is a better text where it was last
asked (with what it is given in place of the truth), `test/recorded` returns the requests, cancellations and commands,
`test/opened` the documents that were opened and closed, `test/texts` their texts now, `test/initialized_with` what the
client said of itself.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

CAPABILITIES = {
    "textDocumentSync": 1,
    "inlineCompletionProvider": {},
    "executeCommandProvider": {
        "commands": [
            f"fim.{name}"
            for name in ("accept", "snooze", "toggleLanguage", "showWhy", "acceptNextEdit", "dismissNextEdit")
        ]
    },
}


class Server:
    """One session. Columns are UTF-16 units, as Neovim assumes where nothing is said."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.initialized_with: dict[str, Any] = {}
        self.last_asked: dict[str, Any] = {}
        self.recorded: list[list[Any]] = []
        self.opened: list[list[str]] = []
        self.script: dict[str, Any] = {}
        self.writing = threading.Lock()

    def run(self) -> None:
        """Handle messages until `exit`."""
        while message := self.read():
            method, params = message.get("method"), message.get("params") or {}
            if method == "exit":
                return
            if method in {"textDocument/didOpen", "textDocument/didChange"}:
                document = params["textDocument"]
                self.last_asked["version"] = document["version"]
                is_new = method.endswith("didOpen")
                if is_new or document["uri"] in self.texts:  # As the real server: no document, no change.
                    self.texts[document["uri"]] = document["text"] if is_new else params["contentChanges"][-1]["text"]
                self.opened += [["open", document["uri"], document["text"]]] if is_new else []
            elif method == "textDocument/didClose":
                self.opened.append(["close", params["textDocument"]["uri"]])
                self.texts.pop(params["textDocument"]["uri"], None)
            elif method == "$/cancelRequest":
                self.recorded.append(["cancel", params["id"]])
            elif method == "textDocument/didShowInlineEdit":
                self.recorded.append(["shown", params["item"]["command"]["arguments"][0]])
            elif method == "test/script":
                self.script = params
            elif method == "test/refresh":
                self.write({"method": "$/fim/refresh", "params": {**self.last_asked, **params}})
            elif method == "test/notify":
                self.write({"method": params["method"], "params": params["params"]})
            elif "id" in message and method is not None:
                self.answer(message["id"], method, params)

    def answer(self, request: int, method: str, params: dict[str, Any]) -> None:
        """Answer one request, an inline completion as late as the script says."""
        result: Any = None
        if method == "initialize":
            self.initialized_with = params
            result = {"capabilities": CAPABILITIES}
        elif method == "test/recorded":
            result = self.recorded
        elif method == "test/texts":
            result = self.texts
        elif method == "test/opened":
            result = self.opened
        elif method == "test/initialized_with":
            result = self.initialized_with
        elif method == "workspace/executeCommand":
            self.recorded.append(["command", params["command"], params.get("arguments")])
            result = self.script.get("command_result")
        elif method == "textDocument/inlineCompletion":
            self.recorded.append(["request", request, params["context"]["triggerKind"]])
            self.last_asked |= {"uri": params["textDocument"]["uri"], **params["position"]}
            result = self.complete(params)
            if late := self.script.get("late_ms"):
                threading.Timer(late / 1000, self.write, [{"id": request, "result": result}]).start()
                return
        self.write({"id": request, "result": result})

    def complete(self, params: dict[str, Any]) -> Any:
        """Return what is left of the script's texts after its anchor: typing through is the server's business, too."""
        place = params["position"]
        if params["textDocument"]["uri"] not in self.texts:
            return None
        lines = self.texts[params["textDocument"]["uri"]].split("\n")
        line = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
        before = "\n".join([*lines[: place["line"]], line])
        _, found, typed = before.rpartition(self.script.get("anchor", "\0"))
        texts = [text for text in self.script.get("texts", []) if found and text.startswith(typed) and text != typed]
        if not texts:
            return None
        accept = {"title": "accepted", "command": "fim.accept", "arguments": ["s1"]}
        over = self.script.get("over", "")
        end = place["character"] + len(over if lines[place["line"]].endswith(over) else "")
        span = {"start": place, "end": {**place, "character": end}}
        return {"items": [{"insertText": t.removeprefix(typed), "range": span, "command": accept} for t in texts]}

    def read(self) -> dict[str, Any] | None:
        """Return the next message, or None at the end."""
        length = 0
        while line := sys.stdin.buffer.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(sys.stdin.buffer.read(length)) if length else None

    def write(self, message: dict[str, Any]) -> None:
        """Send one message."""
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.writing:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    Server().run()
