"""Blocks, lists, statements and lines that a parser finds in real code, taken out of it, and what models say there."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from benchmarks.damage_corpus import folders
from benchmarks.syntax.grammars import LANGUAGES, parse, walk
from fim_language_server.core.language_table import EXTENSIONS

KINDS: Final = ("block", "block, rest", "list", "list, rest", "statement begun", "one line begun")
_MOST_LINES: Final = 12
_RUNS_ON: Final = 16
"""Lines that a model says after the truth."""
_FILES: Final = 60
_A_FILE: Final = 4
"""Places of one kind in a file."""
_SIZES: Final = range(500, 120_000)
_PAIRS: Final = {"{": "}", "(": ")", "[": "]"}
_BODIES: Final = ("block", "body", "compound", "declaration_list")
_RUBY_BODIES: Final = ("body_statement", "then", "block_body")
_PARTS: Final = re.compile(
    "clause|comment|^(?:elsif|else|when|rescue|ensure|then|block|body_statement|enumerator|preproc_if(?:def)?"
    "|attribute_item|decorator|annotation|marker_annotation)$"
)
"""Nodes that are no statement of their own."""
_TOKEN: Final = re.compile(r"\w+|[^\w\s]+")
_CLOSER: Final = re.compile(r"\s*(?:[\])}]+[;,)]*|end)\s*")
_CONTINUES: Final = ("else", "elif", "except", "finally", "rescue", "ensure", "when", "case", "end", "catch")


@frozen
class Place:
    """Lines taken out of a file, the first of them from a column on."""

    kind: str
    language: str
    lines: tuple[str, ...]
    first: int
    column: int
    last: int

    @property
    def truth(self) -> str:
        """The text that stood at the place."""
        return "\n".join(self.lines[self.first : self.last + 1])[self.column :]

    @property
    def prefix(self) -> str:
        """The text before the place."""
        return "\n".join([*self.lines[: self.first], self.lines[self.first][: self.column]])

    @property
    def suffix(self) -> str:
        """The text after the place."""
        return "\n".join(["", *self.lines[self.last + 1 :]])


@frozen
class Said:
    """A model's text at a place, for one of some reasons, what follows the place there, and the right ends of it."""

    model: str
    suffix: str
    text: str
    right: frozenset[str]


def width_of(line: str) -> int:
    """Return how many characters of white space a line begins with."""
    return len(line) - len(line.lstrip())


def plain(text: str) -> str:
    """Return a text without white space at the ends of its lines, and without blank lines at its end."""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()


def read_places(seed: int, count: int, roots: list[Path] | None = None) -> Iterator[tuple[Place, list[Place]]]:
    """Yield at most `count` places of each kind and language, each with the others of its file."""
    paths: dict[str, list[Path]] = defaultdict(list)
    for root in roots or folders():
        for path in sorted(root.rglob("*")):
            language = EXTENSIONS.get(path.suffix[1:].lower(), "")
            if language in LANGUAGES and path.is_file() and path.stat().st_size in _SIZES:
                paths[language].append(path)
    for language, known in sorted(paths.items()):
        rng = random.Random(f"{seed}/{language}")
        found: dict[str, list[tuple[Place, list[Place]]]] = defaultdict(list)
        for path in rng.sample(known, min(len(known), _FILES)):
            text = path.read_text(encoding="utf-8", errors="replace")
            places = [] if "\r" in text else list(_places(language, text, rng))
            for kind in KINDS:
                ours = [place for place in places if place.kind == kind]
                found[kind] += [(place, places) for place in rng.sample(ours, min(_A_FILE, len(ours)))]
        for kind in KINDS:
            yield from rng.sample(found[kind], min(count, len(found[kind])))


def say(place: Place, others: list[Place], rng: random.Random) -> Iterator[Said]:
    """Yield what models say at a place that go on after the truth, and one whose block is shorter."""
    truth, follows = place.truth, "\n".join(place.suffix.split("\n")[:_RUNS_ON])
    closer = next((line for line in follows.split("\n") if line.strip()), "")
    right = {plain(truth)} | ({plain(f"{truth}\n{closer}")} if _CLOSER.fullmatch(closer) else set())
    yield Said("the file ends here", "", truth + follows, frozenset(right))
    yield Said("restates what is below", place.suffix, truth + follows, frozenset([plain(truth)]))
    width = width_of(place.lines[place.first])
    same = [
        other
        for other in others
        if other.kind == place.kind
        and abs(other.first - place.first) > _RUNS_ON
        and width_of(other.lines[other.first]) == width
    ]
    if same:
        other = "\n".join(rng.choice(same).suffix.split("\n")[:_RUNS_ON])
        yield Said("says something else after it", place.suffix, truth + other, frozenset([plain(truth)]))
    lines = truth.split("\n")
    starts = [at for at, line in enumerate(lines) if at and width_of(line) == width and _begins(line)]
    if place.kind in ("block", "list") and starts:
        shorter = "\n".join(lines[: rng.choice(starts)]).rstrip()
        yield Said("its block is shorter", place.suffix, shorter + follows, frozenset([plain(shorter)]))


def _begins(line: str) -> bool:
    return bool(line.strip()) and line.lstrip()[0] not in "])}" and not line.lstrip().startswith(_CONTINUES)


def _places(language: str, text: str, rng: random.Random) -> Iterator[Place]:
    lines = tuple(text.split("\n"))
    seen: set[tuple[str, int, int]] = set()
    for node in walk(parse(language, text)):
        if node.has_error or not node.is_named or node.parent is None:
            continue
        for place in (*_inside(language, lines, node, rng), *_begun(language, lines, node, rng)):
            key = place.kind, place.first, place.last
            if key not in seen and place.first > 2 and place.last - place.first < _MOST_LINES:
                seen.add(key)
                yield place


def _inside(language: str, lines: tuple[str, ...], node: Any, rng: random.Random) -> Iterator[Place]:
    """Yield the lines within a block or a list, and those from a later statement on."""
    first, last, kind = node.start_point.row, node.end_point.row, "block"
    if not (language == "python" and node.type == "block") and not (language == "ruby" and node.type in _RUBY_BODIES):
        ends = node.children[:1] + node.children[-1:]
        if len(ends) < 2 or _PAIRS.get(ends[0].type) != ends[1].type or last - first < 2:
            return
        if lines[first].rstrip()[-1:] != ends[0].type or lines[last].lstrip()[:1] != ends[1].type:
            return
        kind = "block" if any(word in node.type for word in _BODIES) else "list"
        first, last = first + 1, last - 1
    while last > first and not lines[last].strip():
        last -= 1
    if not lines[first].strip() or (kind == "block" and not _is_first(lines, node) and language in ("python", "ruby")):
        return
    yield Place(kind, language, lines, first, width_of(lines[first]), last)
    starts = [
        child.start_point.row
        for child in node.children
        if child.is_named and first < child.start_point.row <= last and _is_first(lines, child)
    ]
    if starts:
        start = rng.choice(starts)
        yield Place(f"{kind}, rest", language, lines, start, width_of(lines[start]), last)


def _begun(language: str, lines: tuple[str, ...], node: Any, rng: random.Random) -> Iterator[Place]:
    """Yield a statement from a token in its first line on."""
    first, last = node.start_point.row, node.end_point.row
    parent = node.parent
    if _PARTS.search(node.type) or not _is_first(lines, node) or (parent.parent and parent.start_point.row == first):
        return
    rest = lines[last].encode()[node.end_point.column :].decode(errors="replace")
    tokens = [found.start() for found in _TOKEN.finditer(lines[first]) if found.start() > width_of(lines[first])]
    if not tokens or rest.strip() not in ("", ";", ",", ";,"):
        return
    if first == last and width_of(lines[min(last + 1, len(lines) - 1)]) > width_of(lines[first]):
        return
    kind = "one line begun" if first == last else "statement begun"
    yield Place(kind, language, lines, first, rng.choice(tokens), last)


def _is_first(lines: tuple[str, ...], node: Any) -> bool:
    """Is a node the first thing on its line?"""
    line = lines[node.start_point.row]
    return bool(len(line[: width_of(line)].encode()) == node.start_point.column)
