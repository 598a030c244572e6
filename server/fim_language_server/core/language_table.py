"""The one table of languages: facts by LSP language id, with aliases and file extensions. Look-ups are in `languages`.

Facts only, no grammar: comment marks, quotes, and how a block begins, goes on and ends. Model templates and prompts
are not here. A new language is one row; it needs only what differs from the C family.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

_BRACKETS: Final = ("{", "(", "[")


@frozen(eq=False)
class Language:
    """The facts of one language. Marks and words are literal text. Compared by identity: it is a key of caches."""

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
    head_words=frozenset(
        {"def", "class", "module", "if", "unless", "while", "until", "case", "begin", "for"}
        | {"when", "elsif", "rescue", "ensure"}
    ),
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

BY_ID: Final[dict[str, Language]] = {
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

ALIASES: Final[dict[str, str]] = {
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
"""Names that some clients (Neovim's filetypes, Emacs' modes) use for a language of the table."""

EXTENSIONS: Final[dict[str, str]] = {
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
