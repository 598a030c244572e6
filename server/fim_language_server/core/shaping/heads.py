"""Lines that have more below them though they open nothing: attributes, heads of blocks, statements in several lines.

`@Override` belongs to the method below it; `if (done)` has its `return` on the next line; `return list` goes on with
`.map(f)`. Where only the next line tells, its indentation does, or the operator that it begins with.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.languages import Language, find_line_comment, open_quote

_SEMICOLONS: Final = frozenset({"c", "cpp", "csharp", "java", "rust", "php", "dart"})
"""Languages whose statements end with a semicolon."""
GO_ON_BELOW: Final = _SEMICOLONS | {
    "javascript",
    "typescript",
    "vue",
    "svelte",
    "kotlin",
    "swift",
    "scala",
    "zig",
    "ruby",
}
"""Languages whose statements may go on with a line that begins with an operator, or that have bodies without braces."""
_BRACES_ALONE: Final = frozenset({"c", "cpp", "csharp", "java", "javascript", "typescript", "php", "dart"})
"""Languages in which the brace of a block is often put on a line of its own."""
_HEAD: Final = re.compile(
    r".*\)(?:\s*(?:const|noexcept|override|final|mutable))*\s*$"
    r"|\s*(?:\w+\s+)*(?:class|struct|enum|interface|namespace|union|record|else|do|try|finally|get|set|unsafe|checked)\b"
    r"[^;{}()=]*$"
)
_ENDED: Final = re.compile(r"[;,}\\]$|^\s*#\s*\w")
"""A line that ends its statement, and one of a preprocessor."""
_OPERATOR: Final = re.compile(r"\s*(?:[?:.|]|&(?:[&.]|$)|where\b)")
_STRING_END: Final = re.compile(r"""(?<!["'])["']$""")
_STRING: Final = re.compile(r"""\s*[A-Za-z]{0,2}["']""")
_PREFIX: Final = 2
"""The most letters before the quote of a string."""
_ADJACENT_STRINGS: Final = frozenset({"python", "c", "cpp"})
"""Languages in which strings that stand behind each other are one."""
_BEGUN_WORD: Final = re.compile(r"\s*(?:w|wh|whe|wher)$")
_AT: Final = re.compile(r"\s*@(?!interface\b)[A-Za-z]")
_HASH: Final = re.compile(r"\s*#!?\[")
_SQUARE: Final = re.compile(r"\s*\[[A-Z][\w.]*(?:\(.*)?\]?\s*$")
_TEMPLATE: Final = re.compile(r"\s*template\s*<[^;{]*$")
_ATTRIBUTES: Final = {
    "python": _AT,
    "java": _AT,
    "kotlin": _AT,
    "swift": _AT,
    "scala": _AT,
    "dart": _AT,
    "javascript": _AT,
    "typescript": _AT,
    "rust": _HASH,
    "php": _HASH,
    "csharp": _SQUARE,
    "cpp": _TEMPLATE,
}
_CLOSERS: Final = re.compile(r"\s*[)\]}>]+\s*$")
_LABEL: Final = re.compile(r"\s*(?:case\b|default\s*:|(?:public|private|protected)(?:\s+\w+)?\s*:)")
_LABEL_WORDS: Final = ("case", "default", "public", "private", "protected")


def is_attribute(line: str, language: Language) -> bool:
    """Say whether a line is an attribute, an annotation or a decorator of what stands below it."""
    form = _ATTRIBUTES.get(language.name)
    if form is None or form.match(line) is None:
        return False
    # `@Override public void run() {` is the head itself.
    return not line.rstrip().endswith(("{", ";", "}")) or form is _HASH


def may_go_on_below(line: str, language: Language) -> bool:
    """Say whether `line`, which opens nothing, may have lines that belong to it below: the next one tells."""
    code = _code(line, language)
    if not code or open_quote(code, language) is not None:
        return False
    if _ends_with_string(code, language):
        return True
    return language.name in GO_ON_BELOW and _ENDED.search(code) is None


def goes_on_below(line: str, width: int, below: str, width_below: int, language: Language) -> bool:
    """Say whether the line `below` belongs to `line`, for which `may_go_on_below` holds; both with their widths."""
    if belongs_to(line, below, language):
        return True
    if language.name not in GO_ON_BELOW:
        return False
    is_brace = below.strip() == "{" and language.name in _BRACES_ALONE
    return width_below > width or (is_brace and _HEAD.match(_code(line, language)) is not None)


def belongs_to(line: str, below: str, language: Language) -> bool:
    """Say whether the line `below`, no deeper than `line`, goes on with its statement by what it begins with."""
    code = _code(line, language)
    if _ends_with_string(code, language) and _STRING.match(below) is not None:
        return True
    return language.name in GO_ON_BELOW and _ENDED.search(code) is None and begins_with_operator(below)


def may_yet_go_on(below: str) -> bool:
    """Say whether a line that has only begun may become one that goes on with the line above at its indentation."""
    begun = below.strip()
    return begun.startswith("{") or _BEGUN_WORD.match(below) is not None or (len(begun) <= _PREFIX and begun.isalpha())


def begins_with_operator(line: str) -> bool:
    """Say whether a line begins as only the rest of a statement does: `.map(f)`, `? 1`, `&& b`, `where T: Copy`."""
    return _OPERATOR.match(line) is not None


def is_label(line: str) -> bool:
    """Say whether a line is a label within a block that may stand as far out as the block: `case 1:`, `public:`."""
    return _LABEL.match(line) is not None


def may_become_label(line: str) -> bool:
    """Say whether a line that has only begun may become a label."""
    begun = line.strip()
    return is_label(line) or any(word.startswith(begun) or begun.startswith(word) for word in _LABEL_WORDS)


def is_before_head(line: str, language: Language) -> bool:
    """Say whether a line at the text's level is no head yet: an attribute, or the end of one of several lines."""
    return is_attribute(line, language) or _CLOSERS.match(line) is not None


def _ends_with_string(code: str, language: Language) -> bool:
    return language.name in _ADJACENT_STRINGS and _STRING_END.search(code) is not None


def _code(line: str, language: Language) -> str:
    comment = find_line_comment(line, language)
    return (line if comment is None else line[:comment]).rstrip()
