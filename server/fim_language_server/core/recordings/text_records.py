"""Frozen values of the records of documents and notebooks: opened, edited, closed.

Lines count from zero, columns count code points, `ms` is the time since the recording began. Documents and notebooks
have numbers that are unique within the recording.
"""

from __future__ import annotations

from attrs import field, frozen


@frozen
class KeptText:
    """A text as a recording has it, or only its length in code points and its number of line ends.

    `mark` is a hash with a salt that is in no file, so that equal texts have equal marks; "" for short texts.
    """

    length: int
    text: str | None = field(default=None, repr=False)
    line_ends: int = 0
    mark: str = ""

    @property
    def known(self) -> str:
        """The text; "" where only its length was kept."""
        return self.text or ""


@frozen
class TextEdit:
    """The text between two places, each a line and a column, becomes `text`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: KeptText


@frozen
class OpenedText:
    """A document, or a notebook's cell, is opened; `path` is relative to the workspace where it lies in it."""

    ms: float
    document: int
    path: str
    language_id: str
    version: int
    text: KeptText
    notebook: int | None = None


@frozen
class ChangedText:
    """A document is edited; each edit applies to the text after the one before it."""

    ms: float
    document: int
    version: int
    edits: tuple[TextEdit, ...] = field(repr=False)


@frozen
class ClosedText:
    """A document is closed."""

    ms: float
    document: int


@frozen
class SavedText:
    """A document is saved."""

    ms: float
    document: int


@frozen
class KeptCell:
    """An element of a notebook's array of cells: the number of its text, and whether it is a Markdown cell."""

    document: int
    is_markup: bool = False


@frozen
class NotebookCells:
    """The array of cells of a notebook: `delete_count` elements from `start` on become `cells`.

    `is_opening` is true for the record that opens the notebook, which comes after the texts of its cells.
    """

    ms: float
    notebook: int
    path: str = ""
    start: int = 0
    delete_count: int = 0
    cells: tuple[KeptCell, ...] = ()
    is_opening: bool = False


@frozen
class ClosedNotebook:
    """A notebook is closed, and all its cells with it."""

    ms: float
    notebook: int


@frozen
class HiddenText:
    """A document was opened of which nothing is kept: it is excluded, or a secret."""

    ms: float
