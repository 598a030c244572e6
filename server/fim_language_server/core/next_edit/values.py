"""Frozen values of next edits. Offsets count code points of a document's text, lines count from zero."""

from __future__ import annotations

from attrs import frozen


@frozen
class PastEdit:
    """One edit as a person sees it: neighbouring changes that were made one after the other, merged.

    Lines are without their line ends. `line` is the first changed line in the text after the edit; `above` and
    `below` are up to three unchanged lines around it. `at` is the time of its last change in seconds.
    """

    uri: str
    path: str
    line: int
    old_lines: tuple[str, ...]
    new_lines: tuple[str, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    at: float = 0.0
    was_accepted: bool = False
    """Whether the text came from an accepted suggestion and not from the keyboard."""


@frozen
class DocumentText:
    """The text of an open document that may be shown to a model; `first_line` is the number of lines before it."""

    uri: str
    path: str
    language_id: str
    text: str
    first_line: int = 0


@frozen
class NextEditQuestion:
    """A document, its cursor, and the edits made before: all that a next edit is looked for by.

    `cursor` is an offset in the text. `history` has the oldest edit first, `others` the document that was used last
    first. `version` is the document's version, which an answer must carry. `is_at_rest` says that nothing was edited
    for so long that also a name at the cursor is typed to its end.
    """

    document: DocumentText
    version: int
    cursor: int
    history: tuple[PastEdit, ...] = ()
    others: tuple[DocumentText, ...] = ()
    is_at_rest: bool = False


@frozen
class Replacement:
    """A text that takes the place of the code points from `start` on and before `end` of a document's text."""

    start: int
    end: int
    text: str


@frozen
class NextEdit:
    """An edit to offer in the document of a URI; `source` says what found it: a rule's name, or the model's."""

    uri: str
    replacement: Replacement
    source: str
