"""A name that was changed where it is declared: its uses follow.

Silent where the change may be something else: the new name stood there before, another declaration of the old name
reaches here, or the new name is half typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.repeats.declarations import (
    Declared,
    declared_as,
    is_parameter,
)
from fim_language_server.core.next_edit.repeats.half_typed import is_finished
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.scopes import NameScope, head_line, indent_of, scope_of
from fim_language_server.core.next_edit.repeats.source_text import TOKEN, WORD, SourceText, tokens_of
from fim_language_server.core.next_edit.repeats.substitutions import LineEdit
from fim_language_server.core.next_edit.repeats.word_tables import KEYWORDS
from fim_language_server.core.next_edit.values import NextEdit, Replacement

SOURCE: Final = "rename"
MOST_EDITS: Final = 4
"""Edits of the past, the newest first, that a rename is looked for in."""
SHORTEST_FAR: Final = 3
"""Letters of a name that is known in a whole file; a shorter one is too often another thing."""


@frozen
class Rename:
    """A name that became another one in the line that declares it."""

    old: str
    new: str
    line: int
    column: int
    kind: Declared
    scope: NameScope


def find_renames(source: SourceText, history: HistoryLines, cursor: int | None) -> Iterator[tuple[Rename, list[int]]]:
    """Yield the renames of a document with the offsets at which the old name is still used.

    `cursor` is an offset in the document, at which a name may be half typed; None where none is.
    """
    if source.language.is_prose or source.language.has_tags:
        return
    for edit in history.newest_lines(source.document.uri, MOST_EDITS):
        if edit.line >= source.line_count or source.line(edit.line) != edit.new_text:
            continue
        names = edit.renames()
        if len(names) > 1:
            continue  # A name and its type: the name may mean another thing now.
        for old, (new, index) in names.items():
            rename = _as_rename(source, edit, old, new, index)
            if rename is None or history.was_reversed(old, new):
                continue
            if not history.is_repeated(old, new) and not _is_typed(source, rename, cursor, history):
                continue
            sites = _sites(source, rename, history)
            if sites:
                yield rename, sites


def edits_of(source: SourceText, rename: Rename, sites: Sequence[int]) -> list[NextEdit]:
    """Return the edits that bring the new name to these offsets."""
    size = len(rename.old)
    return [NextEdit(source.document.uri, Replacement(at, at + size, rename.new), SOURCE) for at in sites]


def _as_rename(source: SourceText, edit: LineEdit, old: str, new: str, index: int) -> Rename | None:
    if old in KEYWORDS or new in KEYWORDS or not WORD.fullmatch(new):
        return None
    kind = kind_at(source, edit.line, edit.new, index)
    if kind in (None, Declared.IMPORT):
        return None
    if source.text.find(old) < 0:
        return None
    scope = scope_of(source, edit.line, kind)
    if scope.whole and len(old) < SHORTEST_FAR:
        return None
    column = [found.start() for found in TOKEN.finditer(edit.new_text)][index]
    if source.is_hidden(source.starts[edit.line] + column):
        return None
    return Rename(old, new, edit.line, column, kind, scope)


def kind_at(source: SourceText, line: int, tokens: Sequence[str], index: int) -> Declared | None:
    """Return as what the word at an index of a line's tokens is declared, in open brackets by the lines above."""
    head = head_line(source, line)
    if head == line:
        return declared_as(tokens, index, source.language)
    above = [token for number in range(head, line) for token in tokens_of(source.line(number))]
    if above and above[0] in ("import", "from", "use", "export"):
        return declared_as([*above, *tokens], index + len(above), source.language) if above[0] != "export" else None
    opener = _open_bracket(above)
    if opener == "{":
        return declared_as(tokens, index, source.language)
    if opener == "(" and is_parameter(
        [*above, *tokens, *_closing_lines(source, line)], index + len(above), source.language
    ):
        return Declared.PARAMETER
    return None


def _open_bracket(tokens: Sequence[str]) -> str:
    """Return the bracket that these tokens leave open last; "" where they leave none."""
    opened = []
    for token in tokens:
        if token in ("(", "[", "{"):
            opened.append(token)
        elif token in (")", "]", "}") and opened:
            opened.pop()
    return opened[-1] if opened else ""


def _closing_lines(source: SourceText, line: int) -> list[str]:
    """Return the tokens of a few lines below, in which a list of parameters may end."""
    end = min(source.line_count, line + 12)
    return [token for number in range(line + 1, end) for token in tokens_of(source.line(number))]


def _is_typed(source: SourceText, rename: Rename, cursor: int | None, history: HistoryLines) -> bool:
    """Say whether the new name is typed to its end, as far as can be told."""
    if cursor is None:
        return True
    start = source.starts[rename.line] + rename.column
    if not start <= cursor <= start + len(rename.new):
        return True
    return is_finished(rename.old, rename.new, rename.new[: cursor - start], (source.text, *history.other_texts))


def _sites(source: SourceText, rename: Rename, history: HistoryLines) -> list[int]:
    """Return where the old name is still used; none where it cannot be told which of its places are meant."""
    start = source.starts[rename.scope.first]
    end = source.end_of(rename.scope.end - 1)
    if source.text.find(rename.old, start, end) < 0:
        return []
    done = history.lines_with(source.document.uri, rename.old, rename.new)
    for at in source.places(rename.new, start, end):
        if source.line_of(at) not in done and not _is_other_thing(source, rename, at, len(rename.new)):
            return []
    sites, others = [], list[NameScope]()
    for at in source.places(rename.old, start, end):
        line = source.line_of(at)
        if line == rename.line and at < source.starts[line] + rename.column and rename.kind is not Declared.PARAMETER:
            continue
        other = _declared_again(source, rename, line, at)
        if other is not None:
            if other.holds(rename.line):
                return []
            others.append(other)
        elif not _is_other_thing(source, rename, at, len(rename.old)):
            sites.append(at)
    return [at for at in sites if not any(other.holds(source.line_of(at)) for other in others)]


def _declared_again(source: SourceText, rename: Rename, line: int, at: int) -> NameScope | None:
    """Return the lines in which a place declares the old name anew; None where it uses what was renamed."""
    tokens, index = tokens_around(source, line, at)
    if index is None or line == rename.line:
        return None
    kind = kind_at(source, line, tokens, index)
    if kind is None:
        return None
    if kind is Declared.ASSIGNED and rename.kind in (Declared.ASSIGNED, Declared.PARAMETER, Declared.HEADER):
        is_deeper = indent_of(source.line(line)) > indent_of(source.line(rename.line))
        if line > rename.line and (rename.old in tokens[index + 1 :] or (is_deeper and rename.kind is kind)):
            return None  # It is assigned to again, in an inner block or by what it was.
        if rename.kind is kind:
            return NameScope(line if line > rename.line else 0, rename.scope.end)
    return scope_of(source, line, kind)


def tokens_around(source: SourceText, line: int, at: int) -> tuple[list[str], int | None]:
    """Return the tokens of a line, and the index of the one at an offset."""
    tokens = list[str]()
    start, index = source.starts[line], None
    for found in TOKEN.finditer(source.line(line)):
        if start + found.start() == at:
            index = len(tokens)
        tokens.append(found.group())
    return tokens, index


def _is_other_thing(source: SourceText, rename: Rename, at: int, size: int) -> bool:
    """Say whether a place of the name is a member, a key or a keyword argument of that name."""
    text, language = source.text, source.language.name
    before = text[max(0, at - 60) : at].rstrip()
    after = text[at + size : at + size + 60].lstrip(" \t")
    is_method = rename.kind is Declared.FUNCTION and indent_of(source.line(rename.line)) > 0
    if before.endswith((".", "->", "::")) and not before.endswith("..."):
        return not (is_method and before.endswith(_OWN))
    if is_method and language in _CALLED_BY_OBJECT:
        return True
    if before.endswith(("{", ",", "(")):
        is_key = after.startswith(":") and not after.startswith("::") and language not in ("python", "starlark")
        is_keyword = after.startswith("=") and not after.startswith(("==", "=>"))
        if is_key or (is_keyword and rename.kind not in (Declared.FUNCTION, Declared.TYPE)):
            return True
    is_item = before.endswith(("{", ",")) and after.startswith(("}", ","))
    return is_item and language in _SHORTHAND and _is_in_braces(text, at)


_OWN: Final = ("self.", "this.", "cls.", "super().", "this->", "self::", "Self::", "static::")
"""Receivers that are the object of the class in which they stand."""
_CALLED_BY_OBJECT: Final = ("python", "javascript", "typescript", "rust", "php")
"""Languages in which a method is never called by its bare name."""
_SHORTHAND: Final = ("javascript", "typescript", "vue", "svelte", "rust")


def _is_in_braces(text: str, at: int) -> bool:
    """Say whether the nearest open bracket before an offset is a brace."""
    depth = 0
    for place in range(at - 1, max(-1, at - 400), -1):
        if text[place] in ")]}":
            depth += 1
        elif text[place] in "([{":
            if depth == 0:
                return text[place] == "{"
            depth -= 1
    return False
