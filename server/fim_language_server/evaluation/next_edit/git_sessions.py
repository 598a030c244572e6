"""Editing sessions made of commits: each changed line is one edit, in an order in which a person may have made them.

Lines are edited from the top of a file to its end, a block of changed lines with as many as before line by line, any
other one as a whole. The first edit is the one in the first line that declares what later edits repeat, if there is
one; then come the rest of its file, the lines above it, and the other files in the order of their paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.languages import language_of
from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.core.next_edit.repeats.declarations import declared_as
from fim_language_server.core.next_edit.repeats.source_text import tokens_of
from fim_language_server.core.next_edit.repeats.substitutions import differing
from fim_language_server.core.next_edit.values import Replacement
from fim_language_server.core.values import Document
from fim_language_server.evaluation.git import GitRepository
from fim_language_server.evaluation.history import Addition, recent_additions
from fim_language_server.evaluation.next_edit.sessions import EditSession, EditStep

MOST_STEPS: Final = 300
"""Edits of a commit above which it was not typed."""
STEP_S: Final = 5.0
"""Seconds from one edit to the next."""
LONGEST: Final = 400_000
"""Code points of a file above which it is left out."""


@frozen
class BlockEdit:
    """Lines of a file, from a row of the text before the commit on, that others take the place of."""

    path: str
    row: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def changes(self) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return the tokens that it replaces, and by which."""
        found = set()
        if len(self.old) == len(self.new):
            for old, new in zip(self.old, self.new, strict=True):
                before, after = tokens_of(old), tokens_of(new)
                found |= {(tuple(before[i:j]), tuple(after[k:m])) for i, j, k, m in differing(old, new) or ()}
        return found


def git_sessions(repository: GitRepository, count: int, *, declaration_first: bool = True) -> Iterator[EditSession]:
    """Yield a session of each of the newest commits that changes at least two lines of code."""
    for commit in repository.recent_commits(count):
        files = {each.path: each for each in recent_additions(repository, [commit]) if any(each.old)}
        if any(sum(map(len, each.old)) > LONGEST for each in files.values()):
            continue
        blocks = [block for path in sorted(files) for block in blocks_of(files[path])]
        if 2 <= len(blocks) <= MOST_STEPS:
            ordered = in_order(blocks) if declaration_first else blocks
            texts = {path: "\n".join(each.old) for path, each in files.items()}
            yield as_session(commit[:12], texts, ordered)


def blocks_of(file: Addition) -> Iterator[BlockEdit]:
    """Yield the edits of a file from its top to its end."""
    for hunk in file.hunks:
        old = file.old[hunk.old_row : hunk.old_row + hunk.old_count]
        new = file.new[hunk.new_row : hunk.new_row + hunk.new_count]
        if len(old) == len(new):
            for offset, (before, after) in enumerate(zip(old, new, strict=True)):
                yield BlockEdit(file.path, hunk.old_row + offset, (before,), (after,))
        else:
            yield BlockEdit(file.path, hunk.old_row, old, new)


def in_order(blocks: Sequence[BlockEdit]) -> list[BlockEdit]:
    """Return edits with the one first that declares what later ones repeat."""
    start = next((index for index, block in enumerate(blocks) if _declares(block, blocks)), 0)
    path = blocks[start].path
    same = [block for block in blocks if block.path == path]
    at = same.index(blocks[start])
    return [*same[at:], *same[:at], *(block for block in blocks if block.path != path)]


def _declares(block: BlockEdit, blocks: Sequence[BlockEdit]) -> bool:
    if len(block.old) != 1 or len(block.new) != 1:
        return False
    tokens = tokens_of(block.new[0])
    language = language_of(Document("", path=block.path))
    for i, j, k, m in differing(block.old[0], block.new[0]) or ():
        change = (tuple(tokens_of(block.old[0])[i:j]), tuple(tokens[k:m]))
        is_declared = j - i == m - k == 1 and declared_as(tokens, k, language) is not None
        if is_declared and sum(change in other.changes for other in blocks) > 1:
            return True
    return False


def as_session(name: str, texts: dict[str, str], blocks: Sequence[BlockEdit]) -> EditSession:
    """Return the session of making these edits in this order in files, which are given by path."""
    lines = {path: text.split("\n") for path, text in texts.items()}
    moved = {path: list[tuple[int, int]]() for path in texts}
    steps = list[EditStep]()
    for number, block in enumerate(blocks):
        rows = lines[block.path]
        row = block.row + sum(added for above, added in moved[block.path] if above < block.row)
        start = sum(len(line) + 1 for line in rows[:row])
        step = _step(block, rows, row, start)
        if step is None:
            continue
        rows[row : row + len(block.old)] = block.new
        moved[block.path].append((block.row, len(block.new) - len(block.old)))
        steps.append(evolve(step, at=number * STEP_S))
    return EditSession(name, {f"file:///{path}": text for path, text in texts.items()}, tuple(steps))


def _step(block: BlockEdit, rows: Sequence[str], row: int, start: int) -> EditStep | None:
    """Return an edit as replacements in the file's present text, whose lines these are."""
    at_end = row + len(block.old) >= len(rows)
    if at_end and row > 0 and len(block.old) != len(block.new):
        # The last line has no line end: the one before it comes or goes.
        old, new = "\n".join(("", *block.old)), "\n".join(("", *block.new))
        start -= 1
    else:
        old, new = _with_ends(block.old, at_end), _with_ends(block.new, at_end)
    parts = minimal_replacements(old, new)
    if not parts:
        return None
    shifted = tuple(Replacement(start + each.start, start + each.end, each.text) for each in parts)
    added = sum(len(each.text) - (each.end - each.start) for each in shifted)
    return EditStep(f"file:///{block.path}", shifted, 0.0, shifted[-1].end + added)


def _with_ends(lines: Sequence[str], at_end: bool) -> str:
    return "\n".join(lines) if at_end else "".join(f"{line}\n" for line in lines)
