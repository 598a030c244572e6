"""Types a trace into a language server as an editor does, looks at the screen before each key, and counts."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from lsprotocol import types

from benchmarks.accepting import Accepts
from benchmarks.fake_api.provider_server import FimServer, Recorded
from benchmarks.oracle import HEAD, TAIL, Oracle, Place
from benchmarks.screen import Screen, is_right
from benchmarks.tally import MOST_TYPED, Pause, Tally, is_of, text_at
from benchmarks.traces import PAUSE_S, Edit, Trace, apply
from fim_language_server.cli.editor import METHOD, Editor, ghost_text
from fim_language_server.lsp.editor.capabilities import TRIGGERS

LANGUAGES = {
    ".py": "python", ".ts": "typescript", ".tsx": "typescriptreact", ".js": "javascript", ".go": "go", ".c": "c",
    ".h": "c", ".rs": "rust", ".java": "java", ".lua": "lua", ".json": "json", ".md": "markdown",
}  # fmt: skip
LAST_LOOK_S = 0.5
"""Seconds for which the last suggestion of a trace is waited for."""
LAST_ANSWERS_S = 10.0
RECENT = 30
"""API requests in which the text on the screen, or one that should be there, is looked for."""


@frozen
class Client:
    """An editor's habits: its wait after a key in seconds, whether it cancels requests, and whether it keeps texts.

    `draws_line_ends`: it is offered texts that begin with a line end. `has_popup`: it asks for its completion popup,
    behind a letter, a digit or a trigger character, and not for ghost text.
    """

    wait_s: float
    cancels: bool
    keeps: bool
    draws_line_ends: bool = False
    has_popup: bool = False


CLIENTS = {
    "raw": Client(0.0, cancels=True, keeps=True),
    "vscode": Client(0.05, cancels=True, keeps=True, draws_line_ends=True),
    "neovim": Client(0.2, cancels=False, keeps=False),
    "neovim-plugin": Client(0.03, cancels=True, keeps=True, draws_line_ends=True),
    "popup": Client(0.0, cancels=False, keeps=True, has_popup=True),
}
"""A request at every key, the hardest case; VS Code; Neovim 0.12, which removes the text at each key; the plugin of
this project where it draws; and a completion popup that asks at every key it can, and never cancels."""


@define(eq=False)
class Typist:
    """One editor with one server. Type trace after trace; then `finish`."""

    editor: Editor
    api: FimServer
    oracle: Oracle
    folder: Path
    client: Client
    accepts: Accepts = field(factory=Accepts)
    tally: Tally = field(factory=Tally)
    _screen: Screen = field(init=False)
    _texts: dict[str, str] = field(factory=dict, init=False)
    _asking: set[asyncio.Task[None]] = field(factory=set, init=False)
    _newest: asyncio.Task[None] | None = field(default=None, init=False)
    _running: int | None = field(default=None, init=False)
    _versions: itertools.count[int] = field(factory=lambda: itertools.count(2), init=False)
    _shown_at: float | None = field(default=None, init=False)
    _at: Edit | None = field(default=None, init=False)
    _pressed_at: float = field(default=0.0, init=False)
    _was_there: bool = field(default=False, init=False)
    _accepted_at: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._screen = Screen(self.client.keeps)
        self.editor.on_refresh = self._refresh  # type: ignore[attr-defined]

    async def type(self, trace: Trace) -> None:
        """Type a trace, at its own speed."""
        before: Edit | None = None
        began = due = time.monotonic()
        coming = deque(trace.edits)
        while coming:
            due += coming[0].gap_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._look(before, coming[0].gap_s)
            accepted = self.accepts.choose(before, self._screen.ghost, coming)
            edit = accepted or coming.popleft()
            self._press(trace, edit)
            if accepted is not None:
                self.tally.accepted += 1
                self._accepted_at = time.monotonic()
            before = edit
        await asyncio.sleep(LAST_LOOK_S)
        self._show("")
        self.tally.seconds += time.monotonic() - began
        for path in [path for path in trace.documents if path in self._texts]:
            self.editor.notify("textDocument/didClose", {"textDocument": {"uri": self._uri(path)}})
            del self._texts[path]

    async def finish(self) -> None:
        """Wait until every request is answered, but not for ever."""
        if self._asking:
            await asyncio.wait(self._asking, timeout=LAST_ANSWERS_S)
        for asking in self._asking:
            asking.cancel()

    # --- what is seen --------------------------------------------------------------------------------------

    def _look(self, before: Edit | None, gap_s: float) -> None:
        """Judge what is on the screen just before the next key is pressed."""
        tally, ghost = self.tally, self._screen.ghost
        tally.keys += 1
        if before is None:
            return
        right, is_completable = is_right(ghost, before.comes), bool(before.missing.strip())
        tally.used.update(self._said(before, ghost))
        tally.shown += bool(ghost)
        tally.right += right
        tally.completable += is_completable
        tally.completable_right += is_completable and right
        if not right and is_completable:
            self._look_for_hidden(before)
        if gap_s >= PAUSE_S:
            shown_at = self._shown_at if ghost else None
            tally.pauses.append(
                Pause(self._pressed_at, shown_at, bool(ghost) and self._was_there, is_completable, right)
            )

    def _look_for_hidden(self, edit: Edit) -> None:
        before = self._before(edit)
        if any(is_right(text_at(it, before), edit.comes) for it in self._recent()):
            self.tally.hidden += 1
            self.tally.hidden_by_guess += bool(self._screen.ghost) and not self._screen.is_from_api

    def _recent(self) -> Sequence[Recorded]:
        return [it for it in self.api.requests[-RECENT:] if it.method == "POST"]

    def _show(self, ghost: str) -> None:
        """Note when text comes to the screen and when it goes."""
        now = time.monotonic()
        if ghost and self._shown_at is None:
            self._shown_at = now
            if self._accepted_at is not None:
                self.tally.after_accept_ms.append((now - self._accepted_at) * 1e3)
                self._accepted_at = None
        elif not ghost and self._shown_at is not None:
            self.tally.seconds_shown += now - self._shown_at
            self._shown_at = None

    # --- what is done --------------------------------------------------------------------------------------

    def _press(self, trace: Trace, edit: Edit) -> None:
        if self.client.cancels and self._running is not None:
            self.editor.cancel(self._running)
            self._running = None
        if edit.document not in self._texts:
            self._texts[edit.document] = trace.documents[edit.document]
            language = LANGUAGES.get(Path(edit.document).suffix, "plaintext")
            self.editor.open(self.folder / edit.document, language, trace.documents[edit.document])
        text = self._send_change(edit)
        self._screen.edited(edit)
        self._show(self._screen.ghost)
        self._pressed_at, self._was_there = time.monotonic(), bool(self._screen.ghost)
        self.oracle.stand(
            Place(
                text[max(0, edit.cursor - MOST_TYPED) : edit.cursor],
                text[edit.cursor : edit.cursor + HEAD],
                edit.missing,
            )
        )
        self._count_instant(text[max(0, edit.cursor - MOST_TYPED) : edit.cursor], edit)
        self._at = edit
        self._begin(self._ask(edit, self.client.wait_s))

    def _begin(self, asking: Coroutine[Any, Any, None]) -> None:
        self._newest = task = asyncio.create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    def _refresh(self, place: Mapping[str, Any]) -> None:
        """Take the text away and ask again, where the cursor is still there."""
        edit = self._at
        if edit is None or place["uri"] != self._uri(edit.document):
            return
        if _position(self._texts[edit.document], edit.cursor) != {key: place[key] for key in ("line", "character")}:
            return
        self._screen.ghost = ""
        self._show("")
        self._begin(self._ask(edit, 0.0))

    def _send_change(self, edit: Edit) -> str:
        """Tell the server; several changes at once as the whole text, as some clients do."""
        before = self._texts[edit.document]
        after = self._texts[edit.document] = apply(before, edit.changes)
        change: dict[str, Any] = {"text": after}
        if len(edit.changes) == 1:
            one = edit.changes[0]
            span = {"start": _position(before, one.start), "end": _position(before, one.end)}
            change = {"range": span, "text": one.text}
        document = {"uri": self._uri(edit.document), "version": next(self._versions)}
        self.editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        return after

    def _count_instant(self, before: str, edit: Edit) -> None:
        ghost = self.oracle.go_wrong(before, edit.missing)
        right = is_right(ghost, edit.comes)
        self.tally.instant_right += right
        self.tally.instant_completable_right += right and bool(edit.missing.strip())

    async def _ask(self, edit: Edit, wait_s: float) -> None:
        if wait_s:
            await asyncio.sleep(wait_s)
            if asyncio.current_task() is not self._newest:
                return  # a newer key: the editor asks for that one
        if self.client.has_popup and not _opens_popup(self._before(edit)):
            return
        n_requests, began = len(self.api.requests), time.monotonic()
        position = _position(self._texts[edit.document], edit.cursor)
        document = {"uri": self._uri(edit.document)}
        if self.client.has_popup:
            method, kind = "textDocument/completion", types.CompletionTriggerKind.Invoked.value
        else:
            method, kind = METHOD, types.InlineCompletionTriggerKind.Automatic.value
        params = {"textDocument": document, "position": position, "context": {"triggerKind": kind}}
        number, answer = self.editor.begin(method, params)
        self._running = number
        self.tally.asked += 1
        try:
            result = await answer
            ghost = _popup_text(result, position) if self.client.has_popup else ghost_text(result)
        except RuntimeError:  # cancelled: an answer, too
            ghost = ""
        self.tally.answered += 1
        if self._running == number:
            self._running = None
        if asyncio.current_task() is self._newest:
            self._take(edit, ghost, n_requests, (time.monotonic() - began) * 1e3)

    def _take(self, edit: Edit, ghost: str, n_requests: int, elapsed_ms: float) -> None:
        """Show the answer to the newest request."""
        if ghost:
            self.tally.texts += 1
            if not any(it.method == "POST" for it in self.api.requests[n_requests:]):
                self.tally.known_ms.append(elapsed_ms)
        if self._screen.answered(ghost, is_from_api=bool(self._said(edit, ghost))):
            self._show(ghost)
        self.tally.used.update(self._said(edit, self._screen.ghost))

    def _said(self, edit: Edit, ghost: str) -> list[int]:
        """Return the numbers of the API requests that said this text, behind this edit."""
        if not ghost:
            return []
        before = self._before(edit)
        return [number for number, it in list(enumerate(self.api.completions))[-RECENT:] if is_of(it, before, ghost)]

    def _before(self, edit: Edit) -> str:
        return self._texts[edit.document][max(0, edit.cursor - TAIL - MOST_TYPED) : edit.cursor]

    def _uri(self, path: str) -> str:
        return (self.folder / path).as_uri()


def _opens_popup(before: str) -> bool:
    return bool(before) and (before[-1].isalnum() or before[-1] == "_" or before[-1] in TRIGGERS)


def _popup_text(result: Any, position: Mapping[str, int]) -> str:
    """Return what the first item would insert at the cursor; "" for no item."""
    if not result or not result["items"]:
        return ""
    edit = result["items"][0]["textEdit"]
    typed = position["character"] - edit["range"]["start"]["character"]
    return str(edit["newText"][typed:])


def _position(text: str, offset: int) -> dict[str, int]:
    start = text.rfind("\n", 0, offset) + 1
    return {"line": text.count("\n", 0, offset), "character": offset - start}
