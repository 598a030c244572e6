"""Tree-sitter's parsers of nine languages, loaded when they are asked for. Nothing else here imports tree-sitter."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

_GRAMMARS: Final = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "go": ("tree_sitter_go", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "java": ("tree_sitter_java", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
}
_SEQUENCE: Final = re.compile(
    "^(?:block|body_statement|statement_list|then|module|program|source_file|translation_unit)$"
)
"""Nodes that hold statements and begin where the first of them does."""
LANGUAGES: Final = tuple(_GRAMMARS)


def is_installed() -> bool:
    """Say whether tree-sitter and the grammars are installed."""
    return all(
        importlib.util.find_spec(name) for name in ("tree_sitter", *(module for module, _ in _GRAMMARS.values()))
    )


@cache
def _parser(language: str) -> Any:
    module, function = _GRAMMARS[language]
    tree_sitter = importlib.import_module("tree_sitter")
    return tree_sitter.Parser(tree_sitter.Language(getattr(importlib.import_module(module), function)()))


def parse(language: str, text: str) -> Any:
    """Return the root of a text's syntax tree."""
    return _parser(language).parse(text.encode()).root_node


def walk(root: Any) -> Iterator[Any]:
    """Yield a node and all below it."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        yield node
        nodes.extend(node.children)


def count_errors(language: str, text: str) -> int:
    """Return how many nodes of a text's tree are errors, or missing."""
    root = parse(language, text)
    return sum(node.is_error or node.is_missing for node in walk(root)) if root.has_error else 0


def block_end(language: str, prefix: str, text: str) -> int | None:
    """Return where in `text` the block or statement ends that the parser sees at the cursor; None where it does not.

    On a blank line that is the block around the cursor, on a line that has begun the statement begun on it; the
    place is moved to the end of its line where only closers follow.
    """
    before = prefix.encode()
    document = before + text.encode()
    root = parse(language, prefix + text)
    line = prefix.rpartition("\n")[2]
    is_fresh = not line.strip()
    blank = text[: len(text) - len(text.lstrip())]
    start = len(before) + len(blank.encode()) if is_fresh else len(before) - len(line.lstrip().encode())
    node = _node_at(root, start, is_fresh=is_fresh)
    if node is None or not len(before) < node.end_byte < len(document):
        return None
    end = len(document[len(before) : node.end_byte].decode(errors="replace"))
    line_end = text.find("\n", end) if "\n" in text[end:] else len(text)
    return line_end if not text[end:line_end].strip(" \t;,)}") else end


def _node_at(root: Any, start: int, *, is_fresh: bool) -> Any:
    found = node = root.descendant_for_byte_range(start, start + 1)
    if node is None:
        return None
    if is_fresh:
        while node.parent is not None and not (node.start_byte < start and node.child_count > 1):
            node = node.parent
        if node.parent is not None:
            return node
    while (parent := found.parent) is not None and parent.start_byte >= start and not _SEQUENCE.search(parent.type):
        found = parent
    return found
