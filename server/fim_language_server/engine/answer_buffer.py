"""The text of an answer while it arrives, with plain line ends and a limit of its length."""

from __future__ import annotations

from attrs import define, field

from fim_language_server.core.typing_through import with_plain_line_ends


@define
class AnswerBuffer:
    """Collects the pieces of one answer; keeps at most `max_chars` code points of them (None: all)."""

    max_chars: int | None = None
    length: int = field(default=0, init=False)
    """Code points of the pieces added so far."""
    _pieces: list[str] = field(factory=list, init=False, repr=False)  # with plain line ends
    _after_cr: bool = field(default=False, init=False)

    @property
    def text(self) -> str:
        """The text so far. Its line ends are "\\n"."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def is_full(self) -> bool:
        """Has the text reached `max_chars`?"""
        return self.max_chars is not None and self.length >= self.max_chars

    def add(self, text: str) -> None:
        """Add a piece of the answer as far as there is room; a CR LF may be cut in two between pieces."""
        is_second_half = self._after_cr and text.startswith("\n")
        self._after_cr = text.endswith("\r")
        piece = with_plain_line_ends(text.removeprefix("\n") if is_second_half else text)
        if self.max_chars is not None:
            piece = piece[: max(0, self.max_chars - self.length)]
        self._pieces.append(piece)
        self.length += len(piece)

    def cut_to_whole_lines(self) -> bool:
        """Drop the last line, which was cut; False, and nothing dropped, where no other line has any text."""
        whole, line_end, _ = self.text.rpartition("\n")
        if not whole.strip():
            return False
        self._pieces = [whole + line_end]
        return True
