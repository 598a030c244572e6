"""Holes in files: places where code was taken out, to be filled in again. Pure, and deterministic by seed.

Three kinds, as a typist meets them: a fresh `line`, a line of which some characters are `typed`, and the inside of a
bracket pair whose end stands after the cursor (`mid`). They come in the proportion 1:2:1.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from fim_language_server.evaluation.code_lines import code_lines, is_code_file

KINDS: Final = ("line", "typed", "mid")
"""All kinds of holes."""

WINDOW: Final = 20_000
"""Code points of text that a hole keeps on each side."""

SHORTEST_LINE: Final = 4
"""Code points of a line that has something to complete."""
_PROPORTION: Final = ("line", "typed", "mid", "typed")
_SHORTEST_TARGET: Final = 3
_LONG_LINE: Final = 20
"""Code points from which a line is not found in two files by chance."""
_DUPLICATE_SHARE: Final = 0.7
_FEWEST_LONG_LINES: Final = 15
_FOREIGN: Final = frozenset({"vendor", "third_party", "third-party", "deps", "generated", "external"})
"""Folders of other people's code, in repositories that keep it."""
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}


@frozen
class Hole:
    """A place in a file, the text around it, and the `target` that was taken out.

    `row` and `column` count from zero, in code points. `name` is the same in every run, whatever the other holes.
    """

    path: str
    kind: str
    row: int
    column: int
    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    target: str = field(repr=False)
    prefix_is_whole: bool = True
    suffix_is_whole: bool = True

    @property
    def name(self) -> str:
        """Name of the hole in records: its place and a hash of what was there."""
        content = "\0".join([self.prefix[-200:], self.suffix[:200], self.target])
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.path}:{self.row + 1}:{self.column + 1}:{self.kind}:{digest[:8]}"


def choose_files(sources: Mapping[str, str], count: int, seed: int) -> list[str]:
    """Choose files to hold out, in an order that the seed decides: at most a sixth of the repository, or five.

    Only code, with something in it, written here, and not nearly a copy of another file: of its lines of 20
    characters and more, at most 70 % may stand in other files, too.
    """
    lines = {path: {body for line in text.split("\n") if len(body := line.strip()) >= _LONG_LINE}
             for path, text in sources.items()}  # fmt: skip
    counts = Counter(body for bodies in lines.values() for body in bodies)

    def is_eligible(path: str) -> bool:
        bodies = lines[path]
        shared = sum(counts[body] > 1 for body in bodies)
        return len(bodies) >= _FEWEST_LONG_LINES and shared <= _DUPLICATE_SHARE * len(bodies)

    eligible = [path for path in sorted(sources) if is_ours(path) and is_eligible(path)]
    chance_of(seed, "files").shuffle(eligible)
    return eligible[: min(count, max(5, len(sources) // 6))]


def is_ours(path: str) -> bool:
    """Say whether this is code that the people of the repository wrote, by its path."""
    return is_code_file(path) and not _FOREIGN.intersection(path.lower().split("/")[:-1])


def punch_holes(
    path: str,
    text: str,
    count: int,
    seed: int | str,
    kinds: Sequence[str] = KINDS,
    rows: Container[int] | None = None,
) -> Iterator[Hole]:
    r"""Yield up to `count` holes in a file, each in a line of its own; `rows` says which lines may have one (all).

    What is taken out is decided by path, text and seed alone. Line ends must be `\n`.
    """
    chance = chance_of(seed, path)
    lines = [line for line in code_lines(path, text) if line[2] - line[1] >= SHORTEST_LINE]
    lines = [line for line in lines if rows is None or line[0] in rows]
    chance.shuffle(lines)
    wanted = in_proportion(kinds, count)
    for row, start, end in lines:
        if not wanted:
            return
        place = _cut(text[start:end], wanted[0], chance)
        if place is not None:
            yield _hole(path, wanted.pop(0), text, row, start + place[0], start + place[1])


def in_proportion(kinds: Sequence[str], count: int) -> list[str]:
    """Return `count` kinds, 1:2:1 where all are wanted."""
    return ([kind for kind in _PROPORTION if kind in kinds] * count)[:count]


def chance_of(seed: int | str, what: str) -> random.Random:
    """Return a source of chance for one thing, so that it does not depend on what else there is."""
    return random.Random(f"{seed}/{what}")  # noqa: S311 (nothing here is secret)


def _cut(line: str, kind: str, chance: random.Random) -> tuple[int, int] | None:
    """Return where in a line a hole of this kind begins and ends; None where the line has no place for it."""
    if kind == "mid":
        pairs = [(opener + 1, closer) for opener, closer in _bracket_pairs(line)]
        pairs = [(begin, end) for begin, end in pairs if end - begin > 1 and line[begin:end].strip()]
        return chance.choice(pairs) if pairs else None
    begin = 0 if kind == "line" else chance.randint(1, len(line) - 1)
    return (begin, len(line)) if len(line[begin:].strip()) >= _SHORTEST_TARGET else None


def _hole(path: str, kind: str, text: str, row: int, begin: int, end: int) -> Hole:
    return Hole(
        path,
        kind,
        row,
        begin - (text.rfind("\n", 0, begin) + 1),
        text[max(0, begin - WINDOW) : begin],
        text[end : end + WINDOW],
        text[begin:end].rstrip(),
        prefix_is_whole=begin <= WINDOW,
        suffix_is_whole=len(text) - end <= WINDOW,
    )


def _bracket_pairs(line: str) -> list[tuple[int, int]]:
    """Return the places of brackets that match on this line."""
    pairs, stack = [], []
    for place, character in enumerate(line):
        if character in _CLOSERS:
            stack.append(place)
        elif stack and character == _CLOSERS[line[stack[-1]]]:
            pairs.append((stack.pop(), place))
    return pairs
