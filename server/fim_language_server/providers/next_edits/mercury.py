"""Inception's Mercury over its endpoint for edits: one message of four blocks, and an answer in a fence.

Source: docs.inceptionlabs.ai (next edit); Zed's and cursortab's clients send the blocks in this order.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.values import NextEditQuestion
from fim_language_server.providers.next_edits.history_text import path_of, unified_diff
from fim_language_server.providers.next_edits.profile import EditProfile, without_last_line_end
from fim_language_server.providers.next_edits.windows import EditWindow

CURSOR = "<|cursor|>"
NO_EDIT = "None"
REGION, REGION_END = "<|code_to_edit|>", "<|/code_to_edit|>"
_FENCE: Final = re.compile(r"```[\w+#.-]*\n")


@frozen
class MercuryEdit(EditProfile):
    """Mercury's edit models."""

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return the message: pieces of other files, the file with its region, and the edits, oldest first."""
        snippets = [
            _block(
                "recently_viewed_code_snippet",
                f"code_snippet_file_path: {path_of(other.path)}\n{without_last_line_end(other.text)}",
            )
            for other in question.others
        ]
        file = (
            f"current_file_path: {path_of(question.document.path)}\n{window.before}{REGION}\n"
            f"{window.with_mark(CURSOR)}\n{REGION_END}\n{without_last_line_end(window.following)}"
        )
        file = without_last_line_end(file)
        return "\n".join(
            [
                _block("recently_viewed_code_snippets", "\n".join(snippets)),
                _block("current_file_content", file),
                _block("edit_diff_history", "\n".join(map(unified_diff, question.history))),
            ]
        )

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the text in the answer's fence; the window's own text where the answer says that there is no edit."""
        if answer.strip().strip("`").strip() == NO_EDIT:
            return window.text
        text = answer.strip("\n") if _FENCE.match(answer.lstrip("\n")) else answer
        if (fence := _FENCE.match(text)) and text.endswith("\n```") and not _is_in_window(text, window):
            text = text[fence.end() : -len("\n```")] if len(text) > fence.end() + 3 else ""
        elif text.startswith(f"{REGION}\n"):
            text = text.removeprefix(f"{REGION}\n").rstrip("\n").removesuffix(REGION_END)
            text = without_last_line_end(text)
        else:
            text = without_last_line_end(text)
        if text.startswith(f"{REGION}\n"):
            text = without_last_line_end(text.removeprefix(f"{REGION}\n").rstrip("\n").removesuffix(REGION_END))
        return text


def _block(name: str, text: str) -> str:
    return f"<|{name}|>\n{text}\n<|/{name}|>" if text else f"<|{name}|>\n<|/{name}|>"


def _is_in_window(answer: str, window: EditWindow) -> bool:
    """Is the answer's fence one of the window's own lines, as in Markdown?"""
    first, last = window.lines[0], window.lines[-1]
    return first.startswith("```") and answer.startswith(first) and last.startswith("```")
