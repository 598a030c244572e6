"""Remove what belongs to the model and not to the document: marks of its template, fences, control characters.

Stop marks leak when a server does not know them as special tokens; a chat-tuned model fences its answer. Continue
has a list of stop tokens and a `removeBackticks`; tabby and llama.vim leave it to the server.
A mark that occurs near the cursor is the document's own (a file about FIM templates) and is let be.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.prompt import FIM_TEMPLATES
from fim_language_server.core.shaping.surroundings import Surroundings

_UNMISTAKABLE: Final = re.compile(r"[|｜▁]|fim[_-]")
"""What no document has by chance. Other marks of the templates are words of usage texts and of HTML: `<filename>`."""

_OTHERS: Final = (
    # Marks that might be text, of families that leak them all the same, and marks that no template has.
    "<file_sep>",
    "▁<PRE>",
    "▁<MID>",
    "▁<SUF>",
    "▁<EOT>",
    "<PRE>",
    "<MID>",
    "<SUF>",
    "<EOT>",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "<COMPLETION>",
    "</COMPLETION>",
    "<|eot_id|>",
    "<|cursor|>",
    # DeepSeek's as people write them where their keyboard has no wide bars.
    "<|fim▁begin|>",
    "<|fim▁hole|>",
    "<|fim▁end|>",
    "<|end▁of▁sentence|>",
)
_MARKS: Final = tuple(
    dict.fromkeys(
        [
            *(mark for template in FIM_TEMPLATES for mark in template.marks if _UNMISTAKABLE.search(mark)),
            *_OTHERS,
        ]
    )
)
_END_ONLY: Final = ("</s>", "<eos>", "<|end|>")
"""Marks that are text of their own in some languages (`</s>` is HTML's strike-through): only at the very end."""

_ANY_MARK: Final = re.compile("|".join(re.escape(mark) for mark in _MARKS))
_LEADING: Final = re.compile(rf"[ \t]*(?:(?:{_ANY_MARK.pattern}|<s>(?!\w)) ?)+")
_CONTROLS: Final = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0xFEFF, *range(0xD800, 0xE000)])
"""Control characters but tab and line feed, the byte order mark, and lone surrogates, which no encoding can say."""
_HAS_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")

_FENCE_OPENING: Final = re.compile(r"(\s*)(?:```|~~~)[\w+#.-]*[ \t]*\n")
_FENCE_CLOSING: Final = re.compile(r"\n?[ \t]*(?:```|~~~)[ \t]*(?:\n|$)")


def remove_control_characters(_around: Surroundings, text: str) -> str:
    """Remove characters that would corrupt a document or cannot be sent."""
    return text.translate(_CONTROLS) if _HAS_CONTROL.search(text) else text


def remove_model_marks(around: Surroundings, text: str) -> str:
    """Remove marks that lead the text; end it before the first that comes later."""
    if not ("<" in text or "[" in text):
        return text
    text = text[_leading_marks(around, text) :]
    end = _find_mark(around, text)
    if end is not None:
        text = text[:end]
    stripped = text.rstrip()
    for mark in _END_ONLY:
        if stripped.endswith(mark) and mark not in around.window and not around.language.has_tags:
            return stripped[: -len(mark)]
    return text


def has_ended_itself(around: Surroundings, text: str) -> bool:
    """Say whether one of the model's marks came after some text: what the model says ends there."""
    if not ("<" in text or "[" in text):
        return False
    text = remove_control_characters(around, text)
    text = text[_leading_marks(around, text) :]
    end = _find_mark(around, text)
    return end is not None and bool(text[:end].strip())


def remove_fence(around: Surroundings, text: str) -> str:
    """Unwrap an answer that came as a Markdown code block, where the document is not prose itself."""
    if around.language.is_prose or around.in_comment or not ("```" in text or "~~~" in text):
        return text
    opening = _FENCE_OPENING.match(text)
    if opening is None:
        return text
    if "\n" in opening.group(1) and not (around.is_fresh and around.is_free):
        return text  # A line end comes first, and is what the text is dropped for.
    text = text[opening.end() :]
    closing = _FENCE_CLOSING.search(text)
    return text if closing is None else text[: closing.start()]


def _leading_marks(around: Surroundings, text: str) -> int:
    leading = _LEADING.match(text)
    return leading.end() if leading and leading.group().strip() not in around.window else 0


def _find_mark(around: Surroundings, text: str) -> int | None:
    """Return where the first mark stands that is not the document's own."""
    for mark in _ANY_MARK.finditer(text):
        if mark.group() not in around.window:
            return mark.start()
    return None
