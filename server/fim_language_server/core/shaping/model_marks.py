"""Remove what belongs to the model and not to the document: marks of its template, and its reasoning.

Marks leak when a server does not know them as special tokens. Continue has a list of stop tokens; tabby and llama.vim
leave it to the server. A mark that occurs near the cursor, or stands in quotes, is the document's own (a file about
FIM templates, a tokenizer's source) and is let be. What may yet become a mark is not shown.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.languages import open_quote
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.mark_table import (
    BYTES,
    CLOSING_TAGS,
    ECHO_MARKS,
    END_MARKS,
    INDEX_LIKE,
    LINE_MARKS,
    MIDDLE_MARKS,
    NO_ANSWERS,
    REASONING,
    ROLE_MARKS,
    ROLE_STARTS,
    SPACES,
    TAG_LIKE,
)


def _any_of(*marks: str) -> str:
    return "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))


_FORM: Final = r"<[|｜](?=[\w▁/ ]*[A-Za-z])[\w▁/]+(?: [\w▁]+)?[|｜]>"
"""`<|name|>`, also with the wide bars of DeepSeek."""
_MARK: Final = re.compile(
    rf"(?P<mark>{_FORM}|{_any_of(*END_MARKS)})|(?P<index>{_any_of(*INDEX_LIKE)})"
    rf"|(?P<tag>{_any_of(*TAG_LIKE)})|^(?P<line>{_any_of(*LINE_MARKS)})",
    re.MULTILINE,
)
_MARK_START: Final = re.compile(_any_of("<", "[", "▁", "{{FILL", "+++++ ", ">>>>>>> ", "@@ -"))
"""The first characters of all marks: searching for them is many times faster than searching for a mark."""
_LEADING: Final = re.compile(rf"[ \t]*(?:{_FORM}|{_any_of(*END_MARKS, *INDEX_LIKE, *TAG_LIKE)}) ?")
_ROLE: Final = re.compile(rf"\s*(?:{'|'.join(ROLE_MARKS)})", re.DOTALL)
_MIDDLE: Final = re.compile(_any_of(*MIDDLE_MARKS))
_BYTES: Final = re.compile(_any_of(*BYTES))
_HALF: Final = re.compile(r"<[|｜][\w▁]*[|｜]?$|<(?:fim|end_of|start_of|file_)[\w-]*$|\[(?:PRE|SUF|MID)[A-Z]*$")
_LONG_ENOUGH: Final = 3
_QUOTES: Final = ("'", '"', "`")
_REASONING_MARK: Final = re.compile(_any_of(*(mark for pair in REASONING for mark in pair)))
_MAY_BE_MARKED: Final = re.compile(_any_of("<", "[", "◁", *SPACES, "{{FILL", "+++++ ", ">>>>>>> ", "@@ -"))


def remove_reasoning(around: CursorContext, text: str) -> str:
    """Begin behind what the model says to itself; "" while it still does."""
    if not _REASONING_MARK.search(text):
        return text
    begun = text.lstrip()
    for opening, closing in REASONING:
        if not (begun.startswith(opening) or closing in text) or opening in around.window or closing in around.window:
            continue
        if begun.startswith(opening):
            thought, found, answer = begun.removeprefix(opening).partition(closing)
            if found and around.language.has_tags and _is_element(thought, answer):
                continue
            return _answer(answer) if found else ""
        at = text.find(closing)
        if at >= 0 and "\n" not in text[:at].strip():
            # Its opening mark was part of the prompt.
            return _answer(text[at + len(closing) :])
    return text


def remove_model_marks(around: CursorContext, text: str) -> str:
    """Remove marks that lead the text; end it before the first that comes later."""
    if text.startswith("NO_") and (answer := text.strip()) in NO_ANSWERS and answer not in around.window:
        return ""
    if not _MAY_BE_MARKED.search(text):
        return text
    text = _with_white_space(around, text)
    text = _without_leading(around, text)
    found = _find_mark(around, text)
    if found is not None:
        return text[:found]
    half = _HALF.search(text)
    if half and len(half[0]) >= _LONG_ENOUGH and half[0] not in around.window and not _is_quoted(around, text, half):
        return text[: half.start()]
    return text


def has_ended_itself(around: CursorContext, text: str) -> bool:
    """Say whether one of the model's marks came after some text: what the model says ends there."""
    if not _MAY_BE_MARKED.search(text):
        return False
    text = _without_leading(around, remove_reasoning(around, text))
    end = _find_mark(around, text, growing=True)
    return end is not None and bool(text[:end].strip())


def _is_element(content: str, after: str) -> bool:
    """Is it an element of the document, not reasoning: without a sentence, or followed by nothing but a closing tag?"""
    after = after.lstrip()
    return len(content.split()) < 2 or content.lstrip().startswith("<") or not after or after.startswith("</")


def _answer(text: str) -> str:
    """Return an answer without the blank lines between the reasoning and it."""
    lines = text.lstrip("\n")
    return lines if lines != text else text.removeprefix(" ")


def _with_white_space(around: CursorContext, text: str) -> str:
    """Return the text with a tokenizer's names of white space as what they name."""
    if "<0x" in text and "<0x" not in around.window:
        text = _BYTES.sub(lambda found: BYTES[found[0]], text)
    if around.language.is_prose or around.in_comment or around.quote is not None:
        return text
    for written, meant in SPACES.items():
        if written in text and written not in around.window and not re.search(rf"[<\[|｜][\w▁]*{written}", text):
            text = text.replace(written, meant)
    return text


def _without_leading(around: CursorContext, text: str) -> str:
    """Return the text behind the marks, roles and echoes of the prompt that it begins with; "" while one goes on."""
    begun = text.lstrip()
    if begun.startswith(ECHO_MARKS) and not any(
        begun.startswith(mark) and mark in around.window for mark in ECHO_MARKS
    ):
        middles = list(_MIDDLE.finditer(text))
        if middles:
            text = text[middles[-1].end() :]
    while True:
        if role := _ROLE.match(text):
            if role[0].strip() in around.window:
                return text
            text = text[role.end() :]
            continue
        begun = text.lstrip()
        if begun.startswith(ROLE_STARTS) and not any(mark in around.window for mark in ROLE_STARTS):
            return ""
        found = _LEADING.match(text)
        if found is None or not _is_leading(around, text, found):
            return text
        text = text[found.end() :]


def _is_leading(around: CursorContext, text: str, found: re.Match[str]) -> bool:
    mark = found[0].strip()
    if mark in around.window or _is_quoted(around, text, found):
        return False
    if mark in TAG_LIKE:
        return not mark.startswith("</") and not around.language.has_tags and not around.language.is_prose
    return mark not in INDEX_LIKE or not _is_a_name(around, mark)


def _find_mark(around: CursorContext, text: str, *, growing: bool = False) -> int | None:
    """Return where the first mark stands that is not the document's own."""
    end = 0
    for start in _MARK_START.finditer(text):
        found = _MARK.match(text, start.start()) if start.start() >= end else None
        if found is None:
            continue
        begin, mark, end = end, found[0].strip(), found.end()
        if mark in around.window:
            continue
        if mark == "@@ -" and text.lstrip().startswith(("```", "~~~")):
            continue  # In a fence a diff is read: see `fences`.
        if found["mark"] and _is_quoted(around, text, found, growing=growing):
            continue
        if found["index"] and _is_a_name(around, mark):
            continue
        if found["tag"] and not _is_tag_like_mark(around, text, found):
            continue
        if found["line"] and (around.language.is_prose or (found.start() == 0 and not around.is_fresh)):
            continue
        # The space before a mark is the model's, too.
        return begin + len(text[begin : found.start()].rstrip(" \t")) if found["mark"] else found.start()
    return None


def _is_a_name(around: CursorContext, mark: str) -> bool:
    return re.search(rf"\b{mark.strip('[]')}\b", around.window) is not None


def _is_tag_like_mark(around: CursorContext, text: str, found: re.Match[str]) -> bool:
    if around.language.has_tags or around.language.is_prose or around.in_comment:
        return False
    mark = found[0]
    if mark in CLOSING_TAGS and mark.replace("/", "") in around.window + text:
        return False
    is_last = not text[found.end() :].strip()
    if mark in ("<eos>", "<bos>") and not is_last:
        return open_quote(_line_before(around, text, found), around.language) is None
    starts_a_line = found.start() > 0 and text[found.start() - 1] == "\n"
    return is_last or (starts_a_line and found[0] == "<filename>")


def _line_before(around: CursorContext, text: str, found: re.Match[str]) -> str:
    """Return what stands before a mark on its line."""
    return (around.line_before + text[: found.start()]).rpartition("\n")[2]


def _is_quoted(around: CursorContext, text: str, found: re.Match[str], *, growing: bool = False) -> bool:
    """Does a mark stand in quotes, or in a string of a document that has marks? Then it is the document's own."""
    start = found.start() + len(found[0]) - len(found[0].lstrip())
    before = (around.line_before + text[:start])[-1:]
    after = text[found.end() : found.end() + 1]
    if before in _QUOTES and (after == before or (growing and not after)):
        return True
    line = _line_before(around, text, found)
    if "<|" not in around.window and "<fim" not in around.window:
        return False
    return open_quote(line, around.language) is not None
