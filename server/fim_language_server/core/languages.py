"""What shaping and triggering know of languages: one table, by LSP language id, with file extensions to fall back on.

Facts only, no grammar: comment marks, quotes, and how a block begins, goes on and ends. An unknown language gets
`GENERIC`, whose facts hold for most of the C family. Model templates and prompts are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.values import CompletionRequest, Document

_COMMENT_WINDOW: Final = 4_000
"""How far back, in code points, an unclosed block comment is looked for."""

_BRACKETS: Final = ("{", "(", "[")


@frozen
class Language:
    """The facts of one language. Marks and words are literal text."""

    name: str
    line_comments: tuple[str, ...] = ("//",)
    block_comments: tuple[tuple[str, str], ...] = (("/*", "*/"),)
    quotes: tuple[str, ...] = ('"', "'")
    long_quotes: tuple[str, ...] = ()  # quotes whose text may run over several lines
    openers: tuple[str, ...] = (*_BRACKETS, "=>", "->")  # a line that ends with one begins a block
    opener_words: frozenset[str] = frozenset()  # a line whose last word is one begins a block
    head_words: frozenset[str] = frozenset()  # a line whose first word is one begins a block
    clauses: frozenset[str] = frozenset({"else", "catch", "finally"})  # go on with a block at its own level
    closers: frozenset[str] = frozenset()  # words that close a block, as brackets do
    has_tags: bool = False  # `<name>` opens, `</name>` closes
    is_prose: bool = False  # sentences: code's rules about brackets and repeats do not hold


GENERIC: Final = Language("generic", line_comments=("//", "#"))

_C = Language("c", clauses=frozenset({"else"}))
_SCRIPT = Language("javascript", quotes=('"', "'", "`"), long_quotes=("`",))
_HASH = Language("hash", line_comments=("#",), block_comments=())
_PYTHON = Language(
    "python",
    line_comments=("#",),
    block_comments=(),
    long_quotes=('"""', "'''"),
    openers=(*_BRACKETS, ":"),
    clauses=frozenset({"elif", "else", "except", "finally", "case"}),
)
_RUBY = evolve(
    _HASH,
    name="ruby",
    block_comments=(("=begin", "=end"),),
    openers=(*_BRACKETS, "|"),
    opener_words=frozenset({"do", "then", "begin", "else"}),
    head_words=frozenset({"def", "class", "module", "if", "unless", "while", "until", "case", "begin", "for"}),
    clauses=frozenset({"else", "elsif", "when", "rescue", "ensure", "in"}),
    closers=frozenset({"end"}),
)
_SHELL = evolve(
    _HASH,
    name="shell",
    opener_words=frozenset({"do", "then", "else", "in"}),
    clauses=frozenset({"else", "elif"}),
    closers=frozenset({"fi", "done", "esac"}),
)
_MARKUP = Language(
    "markup",
    line_comments=(),
    block_comments=(("<!--", "-->"),),
    openers=(),
    clauses=frozenset(),
    has_tags=True,
)
_PROSE = Language(
    "prose", line_comments=(), block_comments=(), quotes=(), openers=(), clauses=frozenset(), is_prose=True
)

_BY_ID: Final[dict[str, Language]] = {
    "c": _C,
    "cpp": evolve(_C, name="cpp", clauses=frozenset({"else", "catch"})),
    "objective-c": _C,
    "cuda-cpp": evolve(_C, name="cpp", clauses=frozenset({"else", "catch"})),
    "csharp": Language("csharp"),
    "java": Language("java", long_quotes=('"""',)),
    "kotlin": Language("kotlin", long_quotes=('"""',)),
    "scala": Language("scala", long_quotes=('"""',), openers=(*_BRACKETS, "=>", "=", ":")),
    "swift": Language("swift", long_quotes=('"""',), openers=(*_BRACKETS, "in"), quotes=('"',)),
    "dart": Language("dart", long_quotes=('"""', "'''")),
    "go": Language("go", quotes=('"', "'", "`"), long_quotes=("`",), openers=(*_BRACKETS, ":")),
    # A single quote begins a lifetime as often as a character.
    "rust": Language("rust", quotes=('"',), clauses=frozenset({"else"})),
    "zig": Language("zig", block_comments=(), clauses=frozenset({"else"})),
    "php": Language("php", line_comments=("//", "#")),
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "typescript": evolve(_SCRIPT, name="typescript"),
    "typescriptreact": evolve(_SCRIPT, name="typescript"),
    "vue": evolve(_SCRIPT, name="vue", block_comments=(("/*", "*/"), ("<!--", "-->"))),
    "svelte": evolve(_SCRIPT, name="svelte", block_comments=(("/*", "*/"), ("<!--", "-->"))),
    "python": _PYTHON,
    "starlark": evolve(_PYTHON, name="starlark"),
    "nim": evolve(_PYTHON, name="nim", openers=(*_BRACKETS, ":", "=")),
    "ruby": _RUBY,
    "crystal": evolve(_RUBY, name="crystal", block_comments=()),
    "elixir": evolve(_RUBY, name="elixir", block_comments=(), openers=(*_BRACKETS, "->"), head_words=frozenset()),
    "julia": evolve(
        _RUBY,
        name="julia",
        block_comments=(("#=", "=#"),),
        head_words=frozenset({"function", "if", "while", "for", "struct", "module", "begin", "let", "try", "macro"}),
        clauses=frozenset({"else", "elseif", "catch", "finally"}),
    ),
    "lua": Language(
        "lua",
        line_comments=("--",),
        block_comments=(("--[[", "]]"),),
        openers=_BRACKETS,
        opener_words=frozenset({"do", "then", "else", "repeat"}),
        head_words=frozenset({"function"}),
        clauses=frozenset({"else", "elseif"}),
        closers=frozenset({"end", "until"}),
    ),
    "shellscript": _SHELL,
    "fish": evolve(_SHELL, name="fish", closers=frozenset({"end"})),
    "perl": evolve(_HASH, name="perl", clauses=frozenset({"else", "elsif"})),
    "r": _HASH,
    "powershell": evolve(_HASH, name="powershell", block_comments=(("<#", "#>"),)),
    "makefile": evolve(_HASH, name="makefile", openers=(*_BRACKETS, ":", "\\")),
    "dockerfile": evolve(_HASH, name="dockerfile", openers=("\\",)),
    "cmake": evolve(_HASH, name="cmake"),
    "yaml": evolve(_HASH, name="yaml", openers=(*_BRACKETS, ":", "|", ">"), clauses=frozenset()),
    "toml": evolve(_HASH, name="toml", long_quotes=('"""', "'''"), clauses=frozenset()),
    "ini": evolve(_HASH, name="ini", line_comments=("#", ";"), clauses=frozenset()),
    "terraform": evolve(_HASH, name="terraform", line_comments=("#", "//"), block_comments=(("/*", "*/"),)),
    "json": Language("json", line_comments=(), block_comments=(), quotes=('"',), clauses=frozenset()),
    "jsonc": Language("jsonc", quotes=('"',), clauses=frozenset()),
    "sql": Language("sql", line_comments=("--",), openers=("(",), clauses=frozenset()),
    "haskell": Language(
        "haskell",
        line_comments=("--",),
        block_comments=(("{-", "-}"),),
        quotes=('"',),
        openers=(*_BRACKETS, "=", "->"),
        opener_words=frozenset({"where", "do", "of", "let"}),
    ),
    # A single quote is part of names and type variables.
    "ocaml": Language(
        "ocaml",
        line_comments=(),
        block_comments=(("(*", "*)"),),
        quotes=('"',),
        openers=(*_BRACKETS, "=", "->"),
        opener_words=frozenset({"in", "with", "begin", "then", "else", "struct", "sig"}),
        closers=frozenset({"end", "done"}),
    ),
    "clojure": Language("clojure", line_comments=(";",), block_comments=(), quotes=('"',)),
    "lisp": Language("lisp", line_comments=(";",), block_comments=(("#|", "|#"),), quotes=('"',)),
    "vim": Language("vim", line_comments=('"',), block_comments=(), quotes=("'",)),
    "css": Language("css", line_comments=(), clauses=frozenset()),
    "scss": Language("scss", clauses=frozenset()),
    "less": Language("less", clauses=frozenset()),
    "html": _MARKUP,
    "xml": _MARKUP,
    "markdown": evolve(_PROSE, name="markdown"),
    "restructuredtext": evolve(_PROSE, name="restructuredtext"),
    "asciidoc": evolve(_PROSE, name="asciidoc"),
    "latex": evolve(_PROSE, name="latex", line_comments=("%",)),
    "plaintext": _PROSE,
    "git-commit": evolve(_PROSE, name="git-commit"),
}

_ALIASES: Final[dict[str, str]] = {
    "bash": "shellscript",
    "sh": "shellscript",
    "zsh": "shellscript",
    "tsx": "typescriptreact",
    "jsx": "javascriptreact",
    "emacs-lisp": "lisp",
    "commonlisp": "lisp",
    "scheme": "lisp",
    "make": "makefile",
    "text": "plaintext",
    "gitcommit": "git-commit",
    "rst": "restructuredtext",
    "tex": "latex",
    "cs": "csharp",
    "objc": "objective-c",
    "cuda": "cuda-cpp",
    "hcl": "terraform",
    "mdx": "markdown",
}
"""What some clients (Neovim's filetypes, Emacs' modes) call a language of the table."""

_EXTENSIONS: Final[dict[str, str]] = {
    "bash": "shellscript",
    "c": "c",
    "cc": "cpp",
    "cpp": "cpp",
    "cs": "csharp",
    "css": "css",
    "cu": "cuda-cpp",
    "dart": "dart",
    "ex": "elixir",
    "exs": "elixir",
    "go": "go",
    "h": "c",
    "hpp": "cpp",
    "hs": "haskell",
    "html": "html",
    "java": "java",
    "jl": "julia",
    "js": "javascript",
    "json": "json",
    "jsx": "javascriptreact",
    "kt": "kotlin",
    "lua": "lua",
    "md": "markdown",
    "mjs": "javascript",
    "ml": "ocaml",
    "php": "php",
    "pl": "perl",
    "py": "python",
    "pyi": "python",
    "r": "r",
    "rb": "ruby",
    "rs": "rust",
    "rst": "restructuredtext",
    "scala": "scala",
    "sh": "shellscript",
    "sql": "sql",
    "svelte": "svelte",
    "swift": "swift",
    "tf": "terraform",
    "toml": "toml",
    "ts": "typescript",
    "tsx": "typescriptreact",
    "txt": "plaintext",
    "vue": "vue",
    "xml": "xml",
    "yaml": "yaml",
    "yml": "yaml",
    "zig": "zig",
}


def language_of(document: Document) -> Language:
    """Return the facts of a document's language: by its id, else by its file's extension, else `GENERIC`."""
    language_id = document.language_id.lower()
    known = _BY_ID.get(_ALIASES.get(language_id, language_id))
    if known is not None:
        return known
    extension = document.path.rpartition("/")[2].rpartition(".")[2].lower()
    return _BY_ID.get(_EXTENSIONS.get(extension, ""), GENERIC)


def is_in_comment(request: CompletionRequest) -> bool:
    """Say whether the cursor stands in a comment: after a line comment's mark, or in an unclosed block comment.

    Judged from the cursor's line and the 4,000 code points before it; a comment mark inside a string of several
    lines fools it, which costs nothing worse than a rule applied or not.
    """
    language = language_of(request.document)
    if find_line_comment(request.line_before, language) is not None:
        return True
    window = request.prefix[-_COMMENT_WINDOW:]
    for opening, closing in language.block_comments:
        opened = window.rfind(opening)
        if opened >= 0 and window.find(closing, opened + len(opening)) < 0:
            # `"/*"` in a string is no comment: glob patterns and regular expressions have it.
            line_start = max(window.rfind("\n", 0, opened), window.rfind("\r", 0, opened)) + 1
            if not is_in_string(window[line_start:opened], language):
                return True
    return False


def find_line_comment(line: str, language: Language) -> int | None:
    """Return the column at which a line comment's mark stands in a line, outside of strings; None where none does."""
    if not any(mark in line for mark in language.line_comments):
        return None
    for column, quote in scan_quotes(line, language):
        if quote is None and line.startswith(language.line_comments, column):
            # In `a#b`, `$#`, `${#a}` and `http://` these marks mean something else.
            before = line[column - 1 : column]
            if before != ":" and not (line[column] == "#" and (before.isalnum() or before in ("$", "{"))):
                return column
    return None


def is_in_string(line_before: str, language: Language) -> bool:
    """Say whether the cursor after `line_before` stands in a string that began on this line."""
    return open_quote(line_before, language) is not None


def open_quote(line_before: str, language: Language) -> str | None:
    """Return the quote of the string in which the cursor after `line_before` stands; None where in none."""
    if not any(quote in line_before for quote in language.quotes):
        return None
    *_, (_, quote) = scan_quotes(line_before + " ", language)
    return quote


def scan_quotes(line: str, language: Language, quote: str | None = None) -> Iterator[tuple[int, str | None]]:
    """Yield each column of a line with the quote of the string it stands in; a quote itself counts as outside.

    `quote` is the quote of a string that the line begins in.
    """
    escaped = False
    for column, character in enumerate(line):
        if quote is None:
            yield column, None
            if character in language.quotes and not is_apostrophe(line, column, character):
                quote = character
        elif escaped:
            escaped = False
            yield column, quote
        elif character == "\\":
            escaped = True
            yield column, quote
        elif character == quote:
            quote = None
            yield column, None
        else:
            yield column, quote


def is_apostrophe(line: str, column: int, character: str) -> bool:
    """`don't` in a comment, `1'000'000` in C++: a single quote after a letter or digit, before another."""
    return (
        character == "'"
        and line[column + 1 : column + 2].isalnum()
        and column > 0
        and line[column - 1].isalnum()
        and line[column - 1] not in "bfruBFRUL"
    )
