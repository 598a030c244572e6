"""Values of editing sessions: documents, and what a person changed in them, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from attrs import field, frozen

from fim_language_server.core.next_edit.values import Replacement


@frozen
class EditStep:
    """One edit of a session: replacements in the text before it, in ascending order; `at` is its time in seconds.

    `cursor` is the cursor's offset in the text after it. `is_settled` says whether the person paused after it, so that
    a next edit would be asked for.
    """

    uri: str
    replacements: tuple[Replacement, ...]
    at: float
    cursor: int
    is_settled: bool = True


@frozen
class EditSession:
    """Documents by URI as they were at first, and the steps of editing them; `name` tells it from others."""

    name: str
    documents: Mapping[str, str] = field(repr=False)
    steps: tuple[EditStep, ...] = field(repr=False)

    def path(self, uri: str) -> str:
        """Return a document's path in the workspace."""
        return str(PurePosixPath(uri.removeprefix("file:///")))


def apply_step(text: str, step: EditStep) -> str:
    """Return a text after a step."""
    parts, at = [], 0
    for each in step.replacements:
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join([*parts, text[at:]])
