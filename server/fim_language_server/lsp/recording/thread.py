"""The thread that writes a recording. The event loop only puts notes into its queue, and never waits for it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Final

from fim_language_server.lsp.recording.file import FullError
from fim_language_server.lsp.recording.writing import Note, RecordWriter

logger = logging.getLogger(__name__)

EACH_S: Final = 0.1
"""Seconds for which notes are gathered, so that typing and writing do not take turns at each key."""
MOST_WAITING: Final = 100_000
"""Notes that may wait: more do where the disk does not answer."""


class WritingThread:
    """Runs the writer's methods in their order, until `end`, or until one fails.

    `on_ended` receives, in the thread, why the recording ended before its time: a sentence for the user.
    """

    def __init__(self, writer: RecordWriter, on_ended: Callable[[str], None]) -> None:
        self.path = writer.path
        self._writer = writer
        self._on_ended = on_ended
        self._notes: queue.SimpleQueue[Note | None] = queue.SimpleQueue()
        self._is_ending = threading.Event()
        self.is_over = False
        self._last = (0.0, "session")
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def put(self, method: Callable[..., None], *arguments: Any) -> None:
        """Have a method of the writer called. Without effect once the recording is over."""
        if self.is_over:
            return
        if self._notes.qsize() > MOST_WAITING:
            self.is_over = True
            self._on_ended("the recording ends: its file is written too slowly")
            return
        self._notes.put((method, arguments))

    def end(self, ms: float, why: str) -> None:
        """Write what waits, then the last line, `ms` after the beginning, and close the file. `join` waits for it."""
        self._last = ms, why
        self._notes.put(None)
        self._is_ending.set()

    def join(self, seconds: float) -> bool:
        """Wait until the thread has ended, at most for some seconds; return whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        why = ""
        try:
            while self._gather():
                self._writer.flush()
        except FullError:
            why = "size"
            self._fail("the recording has reached its greatest size and ends here")
        except OSError as error:
            why = "unwritable"
            self._fail(f"the recording ends: its file cannot be written ({error.strerror or error})")
        except Exception:
            why = "unwritable"
            logger.exception("a record could not be written")
            self._fail("the recording ends, by a fault of this program; its log says more")
        try:
            ms, reason = self._last
            self._writer.ended(ms, why or reason)
        except OSError as error:
            if not why:
                self._fail(f"the recording's end cannot be written ({error.strerror or error})")

    def _gather(self) -> bool:
        """Run the notes that wait and come within EACH_S; False at the end."""
        note = self._notes.get()
        self._is_ending.wait(EACH_S)
        while note is not None:
            method, arguments = note
            method(*arguments)
            try:
                note = self._notes.get_nowait()
            except queue.Empty:
                return True
        return False

    def _fail(self, sentence: str) -> None:
        if not self.is_over:
            self.is_over = True
            self._on_ended(sentence)
