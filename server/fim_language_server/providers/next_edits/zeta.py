"""Zed's first model, zeta: an instruction, the user's edits, and an excerpt with the region to write anew.

The model is trained on the instruction word for word (dataset `zed-industries/zeta`, Apache-2.0).
"""

from __future__ import annotations

from attrs import frozen

from fim_language_server.core.next_edit.values import NextEditQuestion
from fim_language_server.providers.next_edits.history_text import hunk, path_of
from fim_language_server.providers.next_edits.profile import EditProfile, without_last_line_end
from fim_language_server.providers.next_edits.windows import EditWindow

CURSOR = "<|user_cursor_is_here|>"
FILE_START = "<|start_of_file|>"
REGION_START = "<|editable_region_start|>"
REGION_END = "<|editable_region_end|>"
_FENCE = "```"
_INSTRUCTION = (
    "You are a code completion assistant and your task is to analyze user edits and then rewrite an excerpt that the "
    "user provides, suggesting the appropriate edits within the excerpt, taking into account the cursor location."
)


@frozen
class ZetaFirst(EditProfile):
    """The first generation."""

    context_chars: int = 1_500
    """Code points of the lines before the region, and of those after it, that are shown."""

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return instruction, edits and excerpt."""
        before, after = lines_before(window, self.context_chars), lines_after(window, self.context_chars)
        is_file_start = not question.document.first_line and before == window.before
        edits = [
            f'User edited "{path_of(edit.path)}":\n{_FENCE}diff\n{hunk(edit)}\n{_FENCE}' for edit in question.history
        ]
        excerpt = [
            f"{_FENCE}{path_of(question.document.path)}",
            *([FILE_START] if is_file_start else []),
            f"{before}{REGION_START}",
            window.with_mark(CURSOR),
            f"{REGION_END}{window.after[:1]}{after}",
        ]
        parts = [
            "### Instruction:\n" + _INSTRUCTION,
            "### User Edits:",
            *edits,
            "### User Excerpt:",
            without_last_line_end("\n".join(excerpt)) + f"\n{_FENCE}",
            "### Response:\n",
        ]
        return "\n\n".join(parts)

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the text between the two marks of the region; a mark that is left out is where the answer ends."""
        has_start = REGION_START in answer
        text = answer.partition(REGION_START)[2] if has_start else _without_fence(answer)
        text = text.partition(REGION_END)[0]
        return text.removeprefix("\n")


def lines_before(window: EditWindow, chars: int) -> str:
    """Return the whole lines before a window that fit into so many code points."""
    text = window.before
    if len(text) <= chars:
        return text
    start = text.find("\n", len(text) - chars - 1) + 1
    return text[start:] if start else ""


def lines_after(window: EditWindow, chars: int) -> str:
    """Return the whole lines after a window that fit into so many code points."""
    text = window.following
    return text if len(text) <= chars else text[: text.rfind("\n", 0, chars) + 1]


def _without_fence(answer: str) -> str:
    """Return an answer without the line of a fence before it and the one behind it."""
    text = answer.lstrip("\n")
    if not text.startswith(_FENCE) or "\n" not in text:
        return answer
    text = text.partition("\n")[2]
    return text.rstrip("\n").removesuffix(_FENCE)
