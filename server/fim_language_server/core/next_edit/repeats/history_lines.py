"""The edits of the past as changed lines, with what the rules ask about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field

from fim_language_server.core.next_edit.repeats.source_text import tokens_of
from fim_language_server.core.next_edit.repeats.substitutions import LineEdit, line_edits
from fim_language_server.core.next_edit.values import PastEdit


@define(eq=False)
class HistoryLines:
    """The edits of the past, the newest first, and the texts of the other open documents."""

    edits: Sequence[PastEdit]
    other_texts: Sequence[str] = ()
    _lines: list[tuple[LineEdit, ...]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._lines = [line_edits(edit) for edit in self.edits]

    def newest_lines(self, uri: str, most: int) -> Iterator[LineEdit]:
        """Yield the lines that the newest edits changed in a document, `most` edits of all documents at most."""
        for lines in self._lines[:most]:
            for line in lines:
                if line.uri == uri:
                    yield line

    def all_lines(self) -> Iterator[LineEdit]:
        """Yield all changed lines, those of the newest edit first."""
        for lines in self._lines:
            yield from lines

    def lines_with(self, uri: str, old: str, new: str) -> set[int]:
        """Return the lines of a document in which one word became another, among other changes or alone."""
        found = {line.line for line in self.all_lines() if line.uri == uri and old in line.old and new in line.new}
        for edit, lines in zip(self.edits, self._lines, strict=True):
            if edit.uri == uri and not lines and any(old in tokens_of(line) for line in edit.old_lines):
                found |= {edit.line + at for at, line in enumerate(edit.new_lines) if new in tokens_of(line)}
        return found

    def is_repeated(self, old: str, new: str) -> bool:
        """Say whether one word became another in two lines or more."""
        return sum(line.renames().get(old, ("", 0))[0] == new for line in self.all_lines()) > 1

    def was_reversed(self, old: str, new: str) -> bool:
        """Say whether the other change was made, too: the user takes it back, or is not sure."""
        return any(line.renames().get(new, ("", 0))[0] == old for line in self.all_lines())

    def newest(self) -> tuple[LineEdit, ...]:
        """Return the lines that the newest edit changed."""
        return self._lines[0] if self._lines else ()
