"""Zed's zeta-2 and zeta-2.1, on ByteDance's Seed-Coder: the text after the window first, then other files and edits.

zeta-2 gets the window as one side of a merge conflict, and answers with the other one. zeta-2.1 gets it in numbered
blocks, and answers with the blocks that it changes.
Source: the models' cards, and the format names `V0211SeedCoder` and `V0318SeedMultiRegions` of Zed's `zeta_prompt`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from attrs import frozen

from fim_language_server.core.next_edit.values import NextEditQuestion
from fim_language_server.providers.next_edits.history_text import path_of, unified_diff
from fim_language_server.providers.next_edits.profile import EditProfile, without_last_line_end
from fim_language_server.providers.next_edits.windows import EditWindow
from fim_language_server.providers.next_edits.zeta import lines_after, lines_before

SUFFIX, PREFIX, MIDDLE = "<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"
FILE = "<filename>"
CURSOR = "<|user_cursor|>"
CURRENT, SEPARATOR, UPDATED = "<<<<<<< CURRENT", "=======", ">>>>>>> UPDATED"
END = "<[end\u2581of\u2581sentence]>"

LEAST_BLOCK: Final = 6
"""Lines that a block of zeta-2.1 has at least before a blank line ends it …"""
MOST_BLOCK: Final = 16
"""… and at most."""
MOST_MOVED: Final = 5
"""Lines by which a block's start is moved down to a line that begins something."""

_MARK: Final = re.compile(r"<\|marker_(\d{1,3})\|>")
_ENDS_SOMETHING: Final = re.compile(r"[)\]}]|(?:break|continue|return|throw|end);*\Z")


@frozen
class SeedCoderProfile(EditProfile):
    """Parts of the prompt that are the same for both models."""

    context_chars: int = 450
    """Code points of the lines before the window, and of those after it, that are shown: 150 tokens of 3 bytes."""

    def render(self, question: NextEditQuestion, window: EditWindow) -> str:
        """Return the text after the window, other files, edits, the text before the window, and the window."""
        after = lines_after(window, self.context_chars)
        parts = [f"{SUFFIX}{_ended(after)}{PREFIX}"]
        parts += [f"{FILE}{path_of(other.path)}\n{_ended(other.text)}\n" for other in reversed(question.others)]
        if question.history:
            diffs = "\n".join(
                ("// User accepted prediction:\n" if edit.was_accepted else "") + unified_diff(edit) + "\n"
                for edit in question.history
            )
            parts.append(f"{FILE}edit_history\n{diffs}\n")
        before = lines_before(window, self.context_chars)
        parts.append(f"{FILE}{path_of(question.document.path)}\n{before}{self.region(window)}{MIDDLE}")
        return "".join(parts)

    def region(self, window: EditWindow) -> str:
        """Return the window in its marks, with a line end behind it."""
        raise NotImplementedError


@frozen
class ZetaSecond(SeedCoderProfile):
    """zeta-2."""

    def region(self, window: EditWindow) -> str:
        """Return the window as one side of a merge conflict."""
        return f"{CURRENT}\n{window.with_mark(CURSOR)}\n{SEPARATOR}\n"

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the answer, which is the whole window."""
        return without_last_line_end(answer)


@frozen
class ZetaMultiRegion(SeedCoderProfile):
    """zeta-2.1."""

    def region(self, window: EditWindow) -> str:
        """Return the window's blocks between numbered marks; no line end is added but the one after the last mark."""
        text, offsets = _whole(window), block_offsets(_whole(window))
        parts, has_cursor = [], False
        for number, (start, end) in enumerate(pairwise(offsets), 1):
            block = text[start:end]
            if not has_cursor and start <= window.cursor <= end and (window.cursor < end or end == len(text)):
                place, has_cursor = window.cursor - start, True
                block = block[:place] + CURSOR + block[place:]
            parts.append(f"<|marker_{number}|>{block}")
        return f"{''.join(parts)}<|marker_{len(offsets)}|>\n"

    def new_text(self, answer: str, question: NextEditQuestion, window: EditWindow) -> str | None:
        """Return the window with the text between the answer's first mark and its last one; None without two marks."""
        text = _whole(window)
        offsets, marks = block_offsets(text), list(_MARK.finditer(answer))
        if len(marks) < 2 or answer[: marks[0].start()].strip():
            return None
        first, last = int(marks[0][1]) - 1, int(marks[-1][1]) - 1
        if first == last:
            return window.text
        if not 0 <= first < last < len(offsets):
            return None
        new = "".join(answer[one.end() : other.start()] for one, other in pairwise(marks))
        start, end = offsets[first], offsets[last]
        if end < len(text) or window.after:
            new = _with_line_ends_of(text[start:end], new)
        whole = text[:start] + new + text[end:]
        return without_last_line_end(whole) if window.after else whole


def block_offsets(text: str) -> list[int]:
    """Return the places of the marks in a window: its start, its end, and starts of lines between, in order.

    A block ends at a blank line, or at its greatest length; it does not begin with a line that ends something, such as
    a closing bracket, if another one follows soon.
    """
    lines = text.split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    blocks, first = [0], 0
    place = 1
    while place < len(lines):
        is_after_blank = bool(lines[place].strip()) and not lines[place - 1].strip()
        n_lines = place - first
        begin = _next_beginning(lines, place)
        may_end = is_after_blank and n_lines >= LEAST_BLOCK and len(lines) - begin >= LEAST_BLOCK
        if may_end or n_lines >= MOST_BLOCK:
            blocks.append(starts[begin])
            first = place = begin
        place += 1
    return [*blocks, len(text)]


def _with_line_ends_of(old: str, new: str) -> str:
    """Return the new text of blocks without a first line end that is not the text's, and with a last one that is.

    The format has no line end at a mark, but models that were taught another one write it there.
    """
    if new.startswith("\n") and not old.startswith("\n") and new.split("\n")[1] == old.split("\n")[0]:
        new = new[1:]
    last = new.rpartition("\n")[2]
    lacks_end = bool(last) and old.endswith("\n") and last == old.rstrip("\n").rpartition("\n")[2]
    return f"{new}\n" if lacks_end else new


def _next_beginning(lines: list[str], place: int) -> int:
    """Return the next line, from `place` on, that begins something; `place` where none of the next ones does."""
    nearby = range(place, min(len(lines), place + MOST_MOVED))
    return next((it for it in nearby if lines[it].strip() and not _ENDS_SOMETHING.match(lines[it].strip())), place)


def _whole(window: EditWindow) -> str:
    """Return the window's text with its last line end, if the document has one there."""
    return window.text + window.after[:1]


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
