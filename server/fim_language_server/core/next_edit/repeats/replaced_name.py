"""A name that was replaced by another one in several places, wherever it is declared: the rest of its places follow.

Silent where the old name is still declared in the document: then another thing was chosen in those places, and the
old one lives on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.repeats.declarations import Declared, declared_as
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.rename import kind_at, tokens_around
from fim_language_server.core.next_edit.repeats.scopes import NameScope, indent_of
from fim_language_server.core.next_edit.repeats.source_text import SourceText
from fim_language_server.core.next_edit.repeats.substitutions import LineEdit
from fim_language_server.core.next_edit.repeats.word_tables import KEYWORDS
from fim_language_server.core.next_edit.values import NextEdit, Replacement

SOURCE: Final = "rename"
SHORTEST: Final = 4
"""Letters of a name that is looked for in a whole document."""
MANY: Final = 3
"""Examples from which on the new name may have stood in the document before."""
_BORROWED: Final = frozenset(
    {"Any", "Callable", "Dict", "Iterable", "Iterator", "List", "Mapping", "Optional", "Sequence", "Tuple", "Union"}
    | {
        "Array",
        "Collection",
        "HashMap",
        "Map",
        "Object",
        "Option",
        "Promise",
        "Result",
        "Set",
        "String",
        "Vec",
        "number",
        "object",
    }
)
"""Types of standard libraries: each place has its own reason for one."""
_TELLING: Final = re.compile(r"\w*[A-Z]\w*[a-z]\w*|\w*[A-Za-z0-9]_\w+|_\w{3,}|[A-Z][A-Z0-9_]{3,}")
"""A name of more than one word, or of a type or a constant: it is the same thing wherever it stands."""


@frozen
class ReplacedName:
    """A name that became another one; `examples` are its lines, the newest first, `is_member`: behind a dot."""

    old: str
    new: str
    examples: tuple[LineEdit, ...]
    is_member: bool
    has_origin: bool
    """Whether it was replaced where it is declared or imported, too."""

    @property
    def is_telling(self) -> bool:
        """Say whether the old name is the same thing wherever it stands."""
        return _TELLING.fullmatch(self.old) is not None

    def may_precede(self, after: tuple[str, ...]) -> bool:
        """Say whether two tokens may follow the name: where all examples look up a member, it must be one of theirs."""
        seen = {self._after(example) for example in self.examples}
        return after in seen or not all(each[:1] == (".",) for each in seen) or after[:1] != (".",)

    def _after(self, example: LineEdit) -> tuple[str, ...]:
        index = example.old.index(self.old)
        return example.old[index + 1 : index + 3]


def find_replaced(source: SourceText, history: HistoryLines) -> list[NextEdit]:
    """Return the edits that replace a name in a document, which the newest edit and one before it replaced."""
    if source.language.is_prose:
        return []
    found = list[NextEdit]()
    for name in _replaced_names(source, history):
        for at in _places(source, name, history):
            found.append(NextEdit(source.document.uri, Replacement(at, at + len(name.old), name.new), SOURCE))
    return found


def _replaced_names(source: SourceText, history: HistoryLines) -> Iterable[ReplacedName]:
    for latest in history.newest():
        names = latest.renames()
        if len(names) != 1:
            continue
        ((old, (new, _)),) = names.items()
        if len(old) < SHORTEST or old in KEYWORDS | _BORROWED or new in KEYWORDS or history.was_reversed(old, new):
            continue
        examples = tuple(
            line
            for line in history.all_lines()
            if line.renames().get(old, ("", 0))[0] == new and not _is_comment(source, line, new)
        )
        if latest not in examples:
            continue
        members = {_is_member(line, old) for line in examples}
        if len({(line.uri, line.line) for line in examples}) > 1 and len(members) == 1:
            origins = (declared_as(line.new, line.new.index(new), source.language) for line in examples)
            yield ReplacedName(old, new, examples, members.pop(), any(kind is not None for kind in origins))


def _is_comment(source: SourceText, line: LineEdit, name: str) -> bool:
    """Say whether a name was changed in a comment, as far as can be told of a line of another document."""
    if line.new_text.lstrip().startswith(("#", "//", "*", "/*", "--", "<!--")):
        return True
    if line.uri != source.document.uri or line.line >= source.line_count or source.line(line.line) != line.new_text:
        return False
    return source.is_hidden(source.starts[line.line] + line.new_text.index(name))


def _is_member(line: LineEdit, name: str) -> bool:
    return _follows_dot(line.old, line.old.index(name))


def _follows_dot(tokens: Sequence[str], index: int) -> bool:
    return index > 0 and tokens[index - 1] in (".", "->", "::", "?.")


def _places(source: SourceText, name: ReplacedName, history: HistoryLines) -> Sequence[int]:
    """Return where the old name stands in a document; none where it is declared there still."""
    text = source.text
    if text.find(name.old) < 0:
        return ()
    is_own = any(example.uri == source.document.uri for example in name.examples)
    if not is_own and not name.is_telling:
        return ()
    done = history.lines_with(source.document.uri, name.old, name.new)
    if len(name.examples) < MANY and any(source.line_of(at) not in done for at in source.places(name.new)):
        return ()  # It stood there before: another thing was chosen in those places.
    area = NameScope(0, source.line_count) if name.is_telling else _around(source, name)
    found = []
    for at in source.places(name.old, source.starts[area.first], source.end_of(area.end - 1)):
        line = source.line_of(at)
        tokens, index = tokens_around(source, line, at)
        if index is None:
            continue
        is_member = _follows_dot(tokens, index)
        kind = None if is_member else kind_at(source, line, tokens, index)
        is_origin = kind is Declared.IMPORT or (tokens[0] == "export" and "from" in tokens)
        if is_origin and not name.has_origin:
            return ()  # It is imported for other places still.
        if kind not in (None, Declared.IMPORT):
            return ()
        after = tuple(tokens[index + 1 : index + 3])
        if is_member == name.is_member and after[:1] not in ((":",), ("=",)) and name.may_precede(after):
            found.append(at)
    return found


def _around(source: SourceText, name: ReplacedName) -> NameScope:
    """Return the lines of the unindented block that the newest example stands in."""
    latest = next(example for example in name.examples if example.uri == source.document.uri)
    first = min(latest.line, source.line_count - 1)
    while first > 0 and (indent_of(source.line(first)) > 0 or not source.line(first).strip()):
        first -= 1
    end = first + 1
    while end < source.line_count:
        line = source.line(end)
        if line.strip() and indent_of(line) == 0 and line.lstrip()[0] not in ")]}":
            break
        end += 1
    return NameScope(first, end)
