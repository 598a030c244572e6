"""Notes on their way to the writing thread, held until it is known which documents are excluded or secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import define, field

from fim_language_server.core.values import Document
from fim_language_server.lsp.recording.kept_documents import Keeping, KeptDocument
from fim_language_server.lsp.recording.thread import WritingThread
from fim_language_server.lsp.recording.writing import RecordWriter

MOST_HELD: Final = 20_000
"""Notes that are held while a document is not judged yet; with more, documents that are still unknown are not kept."""

HeldNote = tuple[KeptDocument | None, Callable[..., None], tuple[Any, ...]]
"""The document that a note is about, a method, and its arguments."""


@define(eq=False)
class HeldNotes:
    """The notes of one recording, in their order. `is_excluded` is None until the settings are known."""

    _writer: RecordWriter = field(repr=False)
    _thread: WritingThread = field(repr=False)
    _now: Callable[[], float] = field(repr=False)
    _ms: Callable[[], float] = field(repr=False)
    is_excluded: Callable[[Document], bool] | None = field(default=None, repr=False)
    _held: list[HeldNote] = field(factory=list, repr=False)

    def may_keep(self, kept: KeptDocument) -> bool:
        """Return whether anything of a document may be kept by now."""
        return kept.resolve(self.is_excluded, self._now()) is Keeping.YES

    def hide(self, kept: KeptDocument) -> None:
        """Keep nothing more of a document."""
        kept.keeping = Keeping.NO
        self._thread.put(self._writer.forgotten, kept.number)
        self._thread.put(self._writer.record, "hidden", self._ms(), {})

    def add(self, kept: KeptDocument | None, method: Callable[..., None], *arguments: Any) -> None:
        """Have a method of the writer, or of the recorder, called if the document may be kept."""
        self._held.append((kept, method, arguments))
        self.release()

    def release(self) -> None:
        """Pass on what is held, in its order, up to the first note about a document that is not judged yet."""
        if self._thread.is_over:
            self._held.clear()
            return
        done = 0
        for kept, method, arguments in self._held:
            keeping = self._judge(kept)
            if keeping is Keeping.UNKNOWN:
                break
            done += 1
            if keeping is Keeping.YES:
                self._pass_on(method, arguments)
        del self._held[:done]

    def _judge(self, kept: KeptDocument | None) -> Keeping:
        is_full = len(self._held) >= MOST_HELD
        if kept is None:
            return Keeping.YES
        if kept.keeping is not Keeping.UNKNOWN:
            return kept.keeping
        kept.resolve(self.is_excluded, self._now())
        if kept.keeping is Keeping.UNKNOWN and is_full:
            kept.keeping = Keeping.NO
        if kept.keeping is Keeping.NO:
            self._thread.put(self._writer.record, "hidden", self._ms(), {})
        return kept.keeping

    def _pass_on(self, method: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if getattr(method, "__self__", None) is self._writer:
            self._thread.put(method, *arguments)
        else:
            method(*arguments)
