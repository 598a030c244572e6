"""The base of all profiles: one model family of next edits as data, with what is the same for all of them. Pure.

A family subclasses `EditProfile` and adds two functions: `render` makes the prompt of a window, `new_text` takes the
window's new text out of an answer. The table sets the rest.
"""

from __future__ import annotations

import enum
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.core.next_edit.focus import QuestionLimits
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, PastEdit
from fim_language_server.providers.next_edits.answers import edits_of_window
from fim_language_server.providers.next_edits.windows import EditWindow, WindowRule, window_of

WHOLE_REASONS: Final = frozenset({"stop", "eos", "eos_token", "stop_sequence", "end_turn", "done"})
"""Finish reasons of an answer that its model ended itself. A text that a limit cut off reads as a deletion."""
NO_EDIT_WORDS: Final = frozenset({"NO_EDITS", "NO_EDIT", "NO_CHANGE", "<NO_CHANGE>", "<NO_EDIT>", "KEEP_PREVIOUS"})
"""Answers that say in words that nothing is to be changed."""
TOKENS_BESIDE: Final = 256
"""Tokens that an answer may have besides those of its window's text."""


class EditWire(enum.Enum):
    """An API that next edits are asked over."""

    COMPLETIONS = "POST /v1/completions with a prompt, as OpenAI, llama.cpp, vLLM and Ollama have it"
    EDITS = "POST /v1/edit/completions with one message, as Inception has it"


@frozen
class EditPrompt:
    """One request to a model: its prompt, the texts that end the answer, and the most tokens that it may have."""

    text: str = field(repr=False)
    stops: tuple[str, ...] = ()
    max_tokens: int = 1_024


@frozen
class EditAnswer:
    """A model's whole answer, and the reason for its end; None where the server named none."""

    text: str = field(repr=False)
    finish_reason: str | None = None


@frozen(kw_only=True)
class EditProfile:
    """One family of models for next edits."""

    name: str
    """The value of `nextEdit.provider.kind`."""
    description: str
    url: str
    """The base URL where none is set."""
    model: str
    """The model where none is set."""
    known_by: tuple[str, ...] = ()
    """Parts of a model's name by which `auto` knows the family."""
    api_key_env: str | None = None
    wire: EditWire = EditWire.COMPLETIONS
    window: WindowRule
    limits: QuestionLimits
    """The most that a prompt has of each part where the settings do not say."""
    marks: tuple[str, ...]
    """Texts with a meaning of their own in prompt or answer: a question that holds one of them is not asked."""
    cursor_mark: str = ""
    """The mark at the cursor, which an answer may repeat once."""
    stops: tuple[str, ...] = ()

    def phrase(self, question: NextEditQuestion) -> EditPrompt | None:
        """Return the prompt for a question; None where the model could not read it without mistake."""
        document, window = question.document, window_of(question, self.window)
        if window is None or self.holds_mark(document.text) or self.holds_mark(document.path):
            return None
        text = self.render(self.without_marks(question), window)
        tokens = len(window.text.encode("utf-8", "replace")) // 2 + TOKENS_BESIDE
        return EditPrompt(text, self.stops, tokens)

    def read(self, answer: EditAnswer, question: NextEditQuestion) -> tuple[NextEdit, ...]:
        """Return the edits that an answer to a question means, the one nearest to the cursor first."""
        window = window_of(question, self.window)
        if window is None or answer.finish_reason not in WHOLE_REASONS | {None}:
            return ()
        text = answer.text
        for stop in self.stops:
            text = text.partition(stop)[0]
        if not text.strip() or text.strip() in NO_EDIT_WORDS:
            return ()
        if self.cursor_mark and text.count(self.cursor_mark) == 1:
            text = text.replace(self.cursor_mark, "")
        new = self.new_text(text, self.without_marks(question), window)
        if new is None or new.strip() in NO_EDIT_WORDS or self.holds_mark(new):
            return ()
        return edits_of_window(question, window, new, self.name)

    def holds_mark(self, text: str) -> bool:
        """Does a text hold one of the model's marks?"""
        text = f"\n{text}\n"
        return any(mark in text for mark in self.marks)

    def without_marks(self, question: NextEditQuestion) -> NextEditQuestion:
        """Return the question without other documents and edits that hold a mark."""
        others = tuple(it for it in question.others if not self.holds_mark(it.text) and not self.holds_mark(it.path))
        history = tuple(edit for edit in question.history if not self.holds_mark(text_of(edit)))
        return evolve(question, others=others, history=history)

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return the prompt for a window."""
        raise NotImplementedError

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the window's new text, given an answer without its stop; None for an answer that has none."""
        raise NotImplementedError


def text_of(edit: PastEdit) -> str:
    """Return the path of an edit and all its lines."""
    return "\n".join((edit.path, *edit.above, *edit.old_lines, *edit.new_lines, *edit.below))


def without_last_line_end(text: str) -> str:
    """Return a text without the line end that a format puts behind each block."""
    return text.removesuffix("\n")
