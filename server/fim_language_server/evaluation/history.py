"""Holes in lines that recent commits added, at the state before them: would it have helped with what you last wrote?

A file is as it was while the line was being typed: the commit's text above it, the text before the commit below it.
The workspace to complete from is the state before the commit, so that no line that it added is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

from fim_language_server.core.secrets.secret_files import is_secret_path, looks_like_secret_text
from fim_language_server.embedded.sources.source_files import LARGEST_FILE, decode, is_source_name, looks_generated
from fim_language_server.embedded.text.lexer import normalise_line_ends
from fim_language_server.evaluation.code_lines import code_lines
from fim_language_server.evaluation.git import GitRepository, Hunk
from fim_language_server.evaluation.holes import Hole, chance_of, in_proportion, is_ours, punch_holes


@frozen
class Addition:
    """Lines that one commit added to one file: its text before and after, line by line."""

    path: str
    commit: str
    old: tuple[str, ...] = field(repr=False)
    new: tuple[str, ...] = field(repr=False)
    hunks: tuple[Hunk, ...] = ()
    moved: frozenset[str] = field(default=frozenset(), repr=False)
    """Lines that the commit took out of the file: where they come again they were moved, not written."""

    def text_at(self, row: int) -> str:
        """Return the file as it was when the line at this row of the new text had just been typed."""
        hunk = next(hunk for hunk in self.hunks if hunk.new_row <= row < hunk.new_row + hunk.new_count)
        return "\n".join([*self.new[: row + 1], *self.old[hunk.old_row + hunk.old_count :]])

    def rows(self) -> list[int]:
        """Return the rows of the new text that hold a line of code which the commit wrote."""
        added = {row for hunk in self.hunks for row in range(hunk.new_row, hunk.new_row + hunk.new_count)}
        code = [row for row, _, _ in code_lines(self.path, "\n".join(self.new))]
        return [row for row in code if row in added and self.new[row].strip() not in self.moved]


def recent_additions(repository: GitRepository, commits: Sequence[str]) -> Iterator[Addition]:
    """Yield what these commits added to files of code."""
    for commit in commits:
        for path, hunks, removed in repository.additions(commit):
            if not is_ours(path) or is_secret_path(f"{repository.folder.as_posix()}/{path}"):
                continue
            new = as_source(path, repository.read(commit, path))
            old = as_source(path, repository.read(f"{commit}^", path))
            if new is None or old is None:
                continue
            yield Addition(
                path, commit, tuple(old.split("\n")), tuple(new.split("\n")), tuple(hunks), frozenset(removed)
            )


def holes_in(addition: Addition, count: int, seed: int, kinds: Sequence[str]) -> Iterator[Hole]:
    """Yield up to `count` holes in what was added, each in a line of its own."""
    seed_here = f"{seed}/{addition.commit}"
    rows = addition.rows()
    chance_of(seed_here, addition.path).shuffle(rows)
    wanted = in_proportion(kinds, count)
    for row in rows:
        if not wanted:
            return
        found = punch_holes(addition.path, addition.text_at(row), 1, f"{seed_here}/{row}", wanted[:1], (row,))
        if (hole := next(found, None)) is not None:
            wanted.pop(0)
            yield hole


def workspace_at(repository: GitRepository, commit: str) -> dict[str, str]:
    """Return the source files of a commit by path, as the index would read them."""
    entries = [
        entry
        for entry in repository.files(commit)
        if is_source_name(f"{repository.folder.as_posix()}/{entry.path}") and entry.size <= LARGEST_FILE
    ]
    contents = repository.contents(entries)
    texts = ((entry.path, as_source(entry.path, data)) for entry, data in zip(entries, contents, strict=True))
    return {path: text for path, text in texts if text is not None}


def as_source(path: str, data: bytes) -> str | None:
    r"""Return the text of a source file with `\n` as line ends; None where the index would not take it."""
    if not is_source_name(path) or len(data) > LARGEST_FILE or (text := decode(data)) is None:
        return None
    text = normalise_line_ends(text)
    return None if looks_generated(text) or looks_like_secret_text(text) else text
