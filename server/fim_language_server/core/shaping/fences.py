"""Unwrap an answer that came as Markdown, with what a chat model says around it.

CommonMark's fences in all forms: backticks or tildes, three or more, any info string, on one line. In code outside of
comments and strings a line that begins with a fence is never the document's; in prose, comments, docstrings and
template strings it is, and stays. Continue has a `removeBackticks`; tabby and llama.vim leave it to the server.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.cursor_context import CursorContext

_OPENING: Final = re.compile(r"\s*(?P<fence>`{3,}(?=[^`\n]*(?:\n|$))|~{3,})[^\n]*(?:\n|$)")
_INLINE: Final = re.compile(r"[ \t]*(?P<fence>`{3,}) ?(?P<code>[^`\n]+?) ?(?P=fence)[ \t]*(?:\n|$)")
_HALF: Final = re.compile(r"\s*(?:`{1,2}|~{1,2}|`{3,}[^\n]*)$")
_SINGLE: Final = re.compile(r"`([^`\n]+)`[ \t]*\n*$")
_DIFF: Final = re.compile(r"[`~](?:diff|patch)\s*$")
_FENCE_LINE: Final = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[^`\n]*$", re.MULTILINE)
_WRAPPER: Final = re.compile(
    r"\s*<(?P<tag>code|CODE|answer|output|completion|middle|fill|FILL)>\n?(?P<code>.*?)(?:\n?</(?P=tag)>.*|$)",
    re.DOTALL,
)
_PROSE: Final = re.compile(
    r"\s*(?:(?:Sure|Certainly|Of course|Absolutely|Okay|Alright|Hmm|Got it|Great)[,!.]|Ok, |As an AI"
    r"|Here(?:'s| is| are) |Below is |I'm sorry|Sorry, |I cannot |I can't |It (?:looks|seems) like |To complete "
    r"|The (?:user|code|function|completion|missing|next line) \w+ |We (?:need|are|have|should|can) "
    r"|Let(?:'s| me| us) |I (?:need|will|should|think|have|am) |I'll |I'm |Looking at |Based on "
    r"|This (?:code|function|completes|adds|is) )(?=[^\n]*[a-z]{2})"
    r"|\s*(?:The|Here|Below) [a-z][\w' ]*:[ \t]*(?:\n|$)"
    r"|\s*[A-Z][\w' ]*:[ \t]*\n\s*(?=`{3}|~{3})"
)
_ROLE_LINE: Final = re.compile(
    r"\s*(?:\[?assistant\]?:?|<assistant>|#{2,4} (?:assistant|response|answer|completion|output):?)[ \t]*\n",
    re.IGNORECASE,
)
"""A line that names the role or the part of the answer, of a template whose marks the server has removed."""
_MAY_BE_FENCED: Final = re.compile(r"`|~~~")
_NO_BACKTICKS: Final = frozenset({"python", "c", "cpp", "java", "csharp", "rust", "json", "yaml", "css"})
_HAS_HEREDOCS: Final = frozenset({"shell", "fish", "ruby", "perl", "php", "generic"})
_MARKED_UP: Final = frozenset({"javascript", "typescript", "vue", "svelte"})


def remove_fence(around: CursorContext, text: str) -> str:
    """Return the code of an answer that is fenced, and of one that is not what comes before a fence."""
    if around.is_text_here:
        return text
    text = _unwrapped(around, text)
    if not _MAY_BE_FENCED.search(text):
        return text
    if _is_own(around):
        return text
    if inline := _INLINE.match(text):
        return inline["code"]
    if opening := _OPENING.match(text):
        if "\n" in opening[0][: opening.start("fence")] and not around.is_free:
            return text  # A line end comes first, and is what the text is dropped for.
        code = _up_to_fence(around, text[opening.end() :], opening["fence"])
        return _patched(code) if _DIFF.search(opening[0]) else code
    if _HALF.match(text) and "`" not in around.language.quotes and around.language.name in _NO_BACKTICKS:
        return ""
    if around.language.name in _NO_BACKTICKS and not _is_in_plain_value(around) and (single := _SINGLE.match(text)):
        return single[1]
    return _up_to_fence(around, text, "")


def _patched(diff: str) -> str:
    """Return the lines that a diff leaves or adds, without their marks."""
    lines = (line for line in diff.split("\n") if not line.startswith(("-", "@@ ", "+++ ")))
    return "\n".join(line[1:] if line[:1] in ("+", " ") else line for line in lines)


def remove_prose(around: CursorContext, text: str) -> str:
    """Begin where the code begins, behind a sentence to the user; "" where there is none, or none yet."""
    if (role := _ROLE_LINE.match(text)) and not _is_own_role(around, role[0]):
        text = text[role.end() :]
    if not _PROSE.match(text) or around.is_text_here or around.language.name == "generic":
        return text
    if around.language.has_tags or (around.language.name in _MARKED_UP and _is_in_markup(around)):
        return text
    opening = next((found for found in _FENCE_LINE.finditer(text) if found.end() < len(text)), None)
    return "" if opening is None else text[opening.start() :]


def has_closed_fence(around: CursorContext, text: str) -> bool:
    """Say whether a fence came after some code: what the model says ends there."""
    if not _MAY_BE_FENCED.search(text) or around.is_text_here or _is_own(around):
        return False
    inline = _INLINE.match(text)
    if inline is not None and inline[0].endswith("\n"):
        return True
    opening = _OPENING.match(text)
    start = opening.end() if opening else 0
    end = _fence_at(around, text[start:], opening["fence"] if opening else "")
    return end is not None and bool(text[start : start + end].strip())


def _is_own_role(around: CursorContext, line: str) -> bool:
    """May the line be the document's: text for people, or a name that it has?"""
    word = line.strip(" \t\n[]<>:#").lower()
    return around.language.has_tags or word in around.window.lower() or around.is_text_here


def _is_in_plain_value(around: CursorContext) -> bool:
    """Does the cursor stand within a value of YAML that has begun without quotes? A backtick may not be its first."""
    begun = around.line_before.strip()
    return around.language.name == "yaml" and bool(begun) and not begun.endswith((":", "-", "[", ",", "{"))


def _is_own(around: CursorContext) -> bool:
    """May a fence be the document's, in a string whose end is not told by quotes?"""
    return around.language.name in _HAS_HEREDOCS and ("```" in around.window or "~~~" in around.window)


def _is_in_markup(around: CursorContext) -> bool:
    above = around.lines_above[-1].rstrip() if around.lines_above else ""
    return above.endswith(">") or around.rest.lstrip().startswith("<") or "<" in around.line_before


def _unwrapped(around: CursorContext, text: str) -> str:
    if around.language.has_tags or around.language.name in _MARKED_UP or "<" not in text[:8]:
        return text
    wrapped = _WRAPPER.match(text)
    return wrapped["code"] if wrapped and f"<{wrapped['tag']}>" not in around.window else text


def _up_to_fence(around: CursorContext, text: str, fence: str) -> str:
    end = _fence_at(around, text, fence)
    return text if end is None else text[:end].removesuffix("\n")


def _fence_at(around: CursorContext, text: str, fence: str) -> int | None:
    """Return where a line stands that closes `fence`, or is a fence at all; not within the text's own strings."""
    for found in _FENCE_LINE.finditer(text):
        if fence and not (found["fence"].startswith(fence) and not found[0].strip().strip(fence[0])):
            continue
        if not fence and found.start() == 0 and not around.is_fresh:
            continue
        if not _is_in_own_text(around, text[: found.start()]):
            return found.start()
    return None


def _is_in_own_text(around: CursorContext, before: str) -> bool:
    """Does a string or a comment of the text itself go on here?"""
    if any((around.line_before + before).count(quote) % 2 for quote in around.language.long_quotes):
        return True
    return any(before.rfind(opening) > before.rfind(closing) for opening, closing in around.language.block_comments)
