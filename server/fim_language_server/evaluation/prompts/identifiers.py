"""Identifiers of lines and texts: the words that a model must have seen to write a line. Pure.

Words of fewer than three characters say little, and keywords are known to every model; neither count.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.languages import find_line_comment, language_of, scan_quotes
from fim_language_server.core.values import Document

_IDENTIFIER: Final = re.compile(r"[^\W\d][\w$]{2,}")

_KEYWORD_TABLE: Final = """
    abstract and any arguments assert async await begin bool boolean break byte case catch chan char class const
    constructor continue crate debugger declare def default defer del delete done double dyn elif else elsif end enum
    esac except export extends extern fallthrough False false final finally float for foreach from func function
    get global goto if impl implements import in instanceof int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64
    i16 i32 i64 u16 u32 u64 f32 f64 interface internal is keyof lambda let local long loop macro map match mod module
    move mut namespace native never new nil None nonlocal not null number object override package pass print private
    protected protocol pub public raise range readonly record ref require rescue return sealed select self Self set
    short signed sizeof static str string String struct super switch synchronized template then this throw throws
    trait transient True true try type typedef typeof undefined union unknown unless unsafe unsigned until use usize
    isize using var virtual void volatile when where while with yield
"""
KEYWORDS: Final = frozenset(_KEYWORD_TABLE.split())
"""Keywords and names of built-in types, of the languages whose lines are asked for."""

_IMPORT: Final = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|(?:pub(?:\([^)]*\))?\s+)?use\s|package\s|using\s|require\b|#\s*include\b"
    r"|export\s+(?:\*|(?:type\s+)?\{)|\}\s*from\s|(?:pub\s+)?mod\s+\w+;|extern\s+crate\b)"
)


def identifiers_in(text: str) -> frozenset[str]:
    """Return the identifiers anywhere in a text, in its strings and comments as well."""
    return frozenset(_IDENTIFIER.findall(text)) - KEYWORDS


def identifiers_of_code(line: str, path: str) -> frozenset[str]:
    """Return the identifiers of a line of code, without those in its strings and its comment.

    The language is told by the file's `path`.
    """
    language = language_of(Document("", path=path))
    end = find_line_comment(line, language)
    code = line if end is None else line[:end]
    bare = "".join(code[column] if quote is None else " " for column, quote in scan_quotes(code, language))
    return identifiers_in(bare)


def is_import(line: str) -> bool:
    """Return whether a line imports, exports from elsewhere, or names its module: no question about other code."""
    return _IMPORT.match(line) is not None
