"""Lexer for lines of any programming language; joining the tokens rebuilds the line exactly.

One regular expression serves all languages: a model that copies text from elsewhere needs no grammar, only tokens
that are split alike everywhere. `vocabulary` numbers the tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

TAB_WIDTH: Final = 4
"""Columns a tab counts for when two lines' indentation is compared."""

LONGEST_LINE: Final = 1_000
"""Code points above which a line is data, not code: it counts as a line without tokens."""

_OPERATORS: Final = (
    "===", "!==", "**=", "//=", ">>=", "<<=", "...", "=>", "->", "::", ":=", "==", "!=", "<=", ">=", "&&", "||",
    "+=", "-=", "*=", "/=", "++", "--", "<<", ">>", "??", "?.",
)  # fmt: skip

# Any token may include one space before it: " =" and "=" are different tokens, and text is rebuilt exactly. The most
# frequent alternatives come first: names in ASCII, and characters that begin no operator.
_TOKEN: Final = re.compile(
    r" ?(?:[a-zA-Z_][\w$]*|[()\[\]{},;\"'`@#\\~]|\.(?!\.)|=(?![=>])|\d[\w.]*|[^\W\d][\w$]*|\$[\w$]*"
    rf"|(?:{'|'.join(re.escape(operator) for operator in _OPERATORS)})"
    r"|[^\w\s])|\s+"
)

_SELF_CONTAINED: Final = frozenset("()[]{},;@#\"'`.")
"""Characters that end a token: no character typed next can make it longer (while `=` may become `==`)."""


def split_tokens(line: str) -> list[str]:
    """Return the tokens of one line; joined they are the line again."""
    return _TOKEN.findall(line)


def split_unfinished(tokens: list[str]) -> tuple[list[str], str]:
    """Return the finished tokens before the cursor, and the text of the last one if it may become longer, else ""."""
    if tokens and tokens[-1][-1] not in _SELF_CONTAINED:
        return tokens[:-1], tokens[-1]
    return tokens, ""


def indentation(line: str) -> int:
    """Return the column of the first character that is no space or tab, tabs counted to the next multiple of 4."""
    columns = len(line) - len(line.lstrip(" \t"))
    return len(line[:columns].expandtabs(TAB_WIDTH)) if "\t" in line else columns


def normalise_line_ends(text: str) -> str:
    r"""Return the text with `\n` for each `\r\n` and each lone `\r`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def code_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield (indentation, text without surrounding blanks) of each line that is not blank; lines end with `\n`."""
    for line in text.split("\n"):
        body = line.strip()
        if body:
            yield (0 if line[0] == body[0] else indentation(line)), body
