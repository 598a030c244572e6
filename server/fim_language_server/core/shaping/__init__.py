"""Which of a model's text may be shown. (Signatures first; the filters follow.)"""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from fim_language_server.core.values import CompletionRequest


@frozen
class ShapingOptions:
    """How suggestions may look: the settings' section `shaping`, as values of `core`."""

    multi_line: Literal["auto", "always", "never"] = "auto"
    max_lines: int = 12


@frozen
class Shaped:
    """What is left of a text: `text` (may be ""), who dropped it all, and who changed it, in order."""

    text: str = field(repr=False)
    dropped_by: str | None = None
    changed_by: tuple[str, ...] = ()


def is_complete(request: CompletionRequest, text: str, options: ShapingOptions) -> bool:
    """Say whether a still-growing `text` holds all that would be shown, so that the reader can be answered."""
    raise NotImplementedError


def is_exhausted(request: CompletionRequest, text: str, options: ShapingOptions) -> bool:
    """Say whether nothing the model could still add would be shown, now or after the next keystrokes."""
    raise NotImplementedError


def shape(request: CompletionRequest, text: str, options: ShapingOptions, finished: bool) -> Shaped:
    """Make `text` presentable as a pure insertion at the cursor, or drop it."""
    raise NotImplementedError
