"""The ranges of lines that were edited last, and the pieces of text that stand there now.

A developer who changes a signature goes on to its callers: the place left a moment ago says what is meant here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve, frozen

from fim_language_server.core.other_files.packing import FileText, Packing
from fim_language_server.core.values import Snippet, SnippetSource

MOST_RANGES: Final = 8
AROUND: Final = 3
"""Lines above and below an edited range that are shown with it; ranges that are no further apart are one."""
MOST_LINES: Final = 40
"""Lines of a range that are shown, the last ones."""

FindFile = Callable[[str], tuple[str, Sequence[str]] | None]
"""Returns the path and lines of the open document of a URI; None where it may not be shown."""


@frozen
class EditedRange:
    """The lines of a document from `first` on and before `end`."""

    uri: str
    first: int
    end: int


@frozen
class RecentEdits:
    """Edited ranges, the newest first."""

    ranges: tuple[EditedRange, ...] = ()

    def after(self, uri: str, first: int, old_last: int, new_last: int) -> RecentEdits:
        """Return the ranges after an edit that made the lines `first` to `old_last` to the lines `first` to `new_last`.

        Ranges below the edit move with their text.
        """
        newest, added = self.ranges[0] if self.ranges else None, new_last - old_last
        if newest and not added and newest.uri == uri and newest.first <= first and new_last < newest.end:
            return self
        edited, others = EditedRange(uri, first, new_last + 1), []
        for each in self.ranges:
            moved = each if each.uri != uri or not added else _moved(each, first, old_last, added)
            if moved.uri == uri and moved.first <= edited.end + AROUND and edited.first <= moved.end + AROUND:
                edited = EditedRange(uri, min(edited.first, moved.first), max(edited.end, moved.end))
            else:
                others.append(moved)
        return RecentEdits((edited, *others)[:MOST_RANGES])

    def without(self, uri: str) -> RecentEdits:
        """Return the ranges without those of a document."""
        kept = tuple(each for each in self.ranges if each.uri != uri)
        return self if len(kept) == len(self.ranges) else RecentEdits(kept)

    def snippets(self, find_file: FindFile, shown: EditedRange, max_chars: int) -> tuple[Snippet, ...]:
        """Return the text of the ranges, the newest first, of `max_chars` code points in all, headers included.

        Left out are those that overlap with the lines `shown`, the windows around the cursor.
        """
        packing, files = Packing(max_chars), dict[str, FileText]()
        for each in self.ranges:
            first, end = max(0, each.first - AROUND, each.end - MOST_LINES), each.end + AROUND
            is_shown = each.uri == shown.uri and first < shown.end and shown.first < end
            if is_shown or packing.is_full:
                continue
            if each.uri not in files and (found := find_file(each.uri)) is not None:
                files[each.uri] = FileText(*found, source=SnippetSource.RECENT_EDIT)
            if (file := files.get(each.uri)) is not None:
                packing.add(file, first, min(end, len(file.lines)), ())
        return packing.snippets({})


def _moved(each: EditedRange, first: int, old_last: int, added: int) -> EditedRange:
    """Return where a range is after an edit of the lines `first` to `old_last` in its document."""
    if each.end <= first:
        return each
    if each.first > old_last:
        return evolve(each, first=each.first + added, end=each.end + added)
    return evolve(each, first=min(each.first, first), end=max(each.end, old_last + 1) + added)
