"""Text of a notebook's cells as parts of one file in one language. Pure.

In a file of code, Markdown cells are comments, and cells of other languages are left out. In a file of Markdown, code
is fenced. A cell that begins with a cell magic of another language (`%%bash`) is a cell of that language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fim_language_server.core.language_table import ALIASES
from fim_language_server.core.languages import language_of
from fim_language_server.core.values import Document
from fim_language_server.lsp.documents.positions import content_end

MARKDOWN: Final = "markdown"
COMMENT_LINES: Final = 30
"""The most lines of a Markdown cell that become comments, the first ones: code is what a model continues."""
COMMENT_WIDTH: Final = 240
"""The most code points of each: an embedded picture is one line of many thousands."""

MAGICS: Final[Mapping[str, str]] = {
    "bash": "shellscript",
    "sh": "shellscript",
    "zsh": "shellscript",
    "system": "shellscript",
    "sx": "shellscript",
    "!": "shellscript",
    "cmd": "bat",
    "powershell": "powershell",
    "pwsh": "powershell",
    "html": "html",
    "svg": "xml",
    "css": "css",
    "js": "javascript",
    "javascript": "javascript",
    "typescript": "typescript",
    "node": "javascript",
    "latex": "latex",
    "markdown": MARKDOWN,
    "perl": "perl",
    "ruby": "ruby",
    "r": "r",
    "julia": "julia",
    "lua": "lua",
    "octave": "matlab",
    "matlab": "matlab",
    "fortran": "fortran",
    "cpp": "cpp",
    "cu": "cuda-cpp",
    "cuda": "cuda-cpp",
    "rust": "rust",
    "go": "go",
    "java": "java",
    "scala": "scala",
    "kotlin": "kotlin",
    "sql": "sql",
    "sparksql": "sql",
    "bigquery": "sql",
    "bq": "sql",
    "duckdb": "sql",
    "configure": "json",
    "mermaid": "mermaid",
    "ai": "plaintext",
}
"""Languages of cell magics, by their names in lower case. A magic that is not here, such as `%%time`, times or captures
code of the notebook's own language."""

_MAGIC: Final = re.compile(r"%%(?P<name>!|\w+)[ \t]*(?P<rest>.*)")
_FILES: Final = frozenset({"writefile", "file"})
_PYTHON: Final = re.compile(r"(?:python|pypy)[\d.]*")
_FENCE: Final = re.compile(r"`{3,}")


def language_of_cell(language_id: str, lines: Sequence[str]) -> str:
    """Return the language id of a cell's text: that of its cell magic, else `language_id` itself.

    Only IPython has cell magics, and only in a cell's first line that is not blank.
    """
    if canonical(language_id) != "python":
        return language_id
    first = next((line for line in lines[:_FIRST_LINES] if line.strip()), "")
    magic = _MAGIC.match(first)
    if magic is None:
        return language_id
    name, rest = magic["name"].lower(), magic["rest"].split()
    if name in _FILES:
        file = rest[-1] if rest else ""
        return language_of(Document("", path=file)).name if "." in file else "plaintext"
    if name == "script":
        name = next((word for word in rest if not word.startswith("-")), "").rpartition("/")[2].lower()
        return language_id if _PYTHON.fullmatch(name) else MAGICS.get(name, "plaintext")
    return MAGICS.get(name, language_id)


_FIRST_LINES: Final = 20


def canonical(language_id: str) -> str:
    """Return the one name of a language that has several."""
    lowered = language_id.lower()
    return ALIASES.get(lowered, lowered)


def is_blank(lines: Sequence[str]) -> bool:
    """Say whether a cell has nothing but blanks and line ends."""
    return not any(line.strip() for line in lines)


def part_of_file(lines: Sequence[str], written_in: str, wanted: str, eol: str) -> Sequence[str] | None:
    """Return a cell's lines as they stand in a file of the language `wanted`; None where they are left out.

    `written_in` is the cell's own language. The last line has no line ending; added lines end with `eol`.
    """
    if canonical(written_in) == canonical(wanted):
        return lines
    if canonical(wanted) == MARKDOWN:
        return _fenced(lines, written_in, eol)
    return _commented(lines, wanted, eol) if canonical(written_in) == MARKDOWN else None


def _commented(lines: Sequence[str], wanted: str, eol: str) -> Sequence[str] | None:
    language = language_of(Document("", wanted))
    texts = [line[: min(content_end(line), COMMENT_WIDTH)] for line in lines[:COMMENT_LINES]]
    while texts and not texts[-1].strip():
        texts.pop()
    if language.is_prose or not texts:
        return None
    if language.line_comments:
        mark = "#" if "#" in language.line_comments else language.line_comments[0]
        texts = [f"{mark} {text}".rstrip() for text in texts]
    elif language.block_comments:
        begin, end = language.block_comments[0]
        texts = [begin, *(text.replace(end, " ".join(end)) for text in texts), end]
    else:
        return None
    return [text + eol for text in texts[:-1]] + texts[-1:]


def _fenced(lines: Sequence[str], written_in: str, eol: str) -> Sequence[str]:
    longest = max((len(fence) for line in lines for fence in _FENCE.findall(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}{written_in}{eol}", *lines[:-1], lines[-1] + eol, fence]
