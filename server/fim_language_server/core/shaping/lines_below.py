"""Stop where the text begins to repeat the lines below the cursor, and drop it where that is all it does.

Every peer has a form of this: tabby's `dropDuplicated` and `removeDuplicateSuffixLines`, Continue's
`stopAtSimilarLine`, llama.vim's discard of a hint that equals the next line. They take lines as the same that are
within 5–10 % in edit distance; in code that is too much, because neighbours differ by a digit (`x1 = …`, `x2 = …`)
and overloads by three dots. Here lines are the same if only white space, quotes or a final comma differ; long lines
of prose and comments also if they differ by 5 % in one place, without a digit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fim_language_server.core.shaping.block import level_of
from fim_language_server.core.shaping.brackets import unmatched_closers
from fim_language_server.core.shaping.cursor_context import CursorContext
from fim_language_server.core.shaping.lines_around import LINES_BELOW

_SURE: Final = 24
"""From this length on, in code points, one line that is found again is not chance."""
_TELLING: Final = 12
"""From this length on lines are compared with tolerance."""
_SURE_LINES: Final = 8
"""From this many lines in a row on a text that is still growing repeats those below."""
_LONG: Final = 40
_NEAR: Final = 0.05
_CLOSER: Final = re.compile(r"[)\]}]")
_WORD: Final = re.compile(r"\w")
_NOISE: Final = str.maketrans({" ": None, "\t": None, "'": '"'})


def ends_at(around: CursorContext, lines: list[str]) -> int | None:
    """Return the index of the first of these whole lines that surely repeats the lines below; None for none.

    Sure is a long line that is the next below, or another one with the one after it. The first line is judged by what
    the text goes on to say: blocks often begin alike, with an attribute, a decorator or a comment.
    """
    if not around.lines_below or not lines:
        return None
    below = around.trimmed_below
    begun = around.line_before + lines[0]
    if not (begun.startswith(below[0]) or any(line.startswith(below[0]) for line in lines)):
        return None
    for index, line in _candidates(around, lines):
        if line.rstrip() != below[0]:
            continue
        same, differs = _run(around, lines, index, below)
        if index == 0:
            if not differs and same >= _SURE_LINES:
                return 0
        elif (_is_telling(line) and not _is_common(around, line)) or (same > 1 and len(below) > 1):
            return index
    return None


def is_undecided(around: CursorContext, lines: list[str]) -> bool:
    """Say whether the first of these whole lines stands below, and what follows it has yet to tell the two apart."""
    if not around.lines_below or not lines:
        return False
    below = around.trimmed_below
    if not (around.line_before + lines[0]).startswith(below[0]):
        return False
    first = next(iter(_candidates(around, lines)), None)
    if first is None or first[0] != 0 or first[1].rstrip() != below[0]:
        return False
    same, differs = _run(around, lines, 0, below)
    return not differs and same < _SURE_LINES


def _run(around: CursorContext, lines: list[str], start: int, below: Sequence[str]) -> tuple[int, bool]:
    """Return how many lines from `start` on are those below, the first taken for granted, and whether one differs.

    A text that goes on where the lines below are known no further differs where the document ends there.
    """
    same = 1
    for line in (later.rstrip() for later in lines[start + 1 :] if later.strip()):
        if same >= len(below):
            return (same, True) if around.is_whole[1] and same < LINES_BELOW else (_SURE_LINES, False)
        if line != below[same]:
            return same, True
        same += 1
    return same, False


def _is_common(around: CursorContext, line: str) -> bool:
    """Does a line stand above the cursor, too, or more than once below it?"""
    line = line.rstrip()
    return sum(line == other.rstrip() for other in (*around.lines_above, *around.lines_below)) > 1


def stop_at_lines_below(around: CursorContext, text: str) -> str:
    """End a whole text before the lines that repeat those below, up to its end; drop it where that is all it does."""
    return _stop(around, text, is_cut=False)


def stop_cut_text_at_lines_below(around: CursorContext, text: str) -> str:
    """End a text of which the end was cut off before the lines that repeat those below.

    What was cut off has told that its first line is another one than that below.
    """
    return _stop(around, text, is_cut=True)


def _stop(around: CursorContext, text: str, *, is_cut: bool) -> str:
    if not around.lines_below:
        return text
    lines = text.split("\n")
    end = ends_at(around, lines)
    if end is None:
        end = _tail_at(around, lines, is_cut=is_cut)
    return text if end is None else "\n".join(lines[:end])


def _tail_at(around: CursorContext, lines: list[str], *, is_cut: bool) -> int | None:
    """Return the first index from which all lines to the end are those below, one by one.

    Of a text that `is_cut` the first line is not judged, and the last one is known to be whole.
    """
    below = around.lines_below
    for index, line in _candidates(around, lines):
        if is_cut and not index:
            continue
        # The first line alone may be the shorter one of two that begin alike.
        may_be_short = index > 0 and not is_cut
        if not (_is_same(around, line, below[0]) or (may_be_short and _is_cut_short(line, below[0]))):
            continue
        rest = [line, *(later for later in lines[index + 1 :] if later.strip())]
        if len(rest) > len(below):
            continue
        # The model may have been cut short in the middle of the last line.
        last_is_cut = (
            not is_cut
            and below[len(rest) - 1].startswith(rest[-1])
            and (len(rest) > 1 or (may_be_short and _is_cut_short(line, below[0])))
        )
        compared = zip(rest[:-1] if last_is_cut else rest, below, strict=False)
        if all(_is_same(around, *pair) for pair in compared) and not _closes_own(around, lines, index, line):
            return index
    return None


def _is_telling(line: str) -> bool:
    """Is a line long, and of a kind that seldom comes twice? Comments and decorators stand before many a thing."""
    code = line.lstrip()
    return len(code) >= _SURE and bool(_WORD.match(code))


def _is_cut_short(line: str, below: str) -> bool:
    """Is `line` the long beginning of the line below?"""
    return len(line.strip()) >= _SURE and below.startswith(line)


def _closes_own(around: CursorContext, lines: list[str], index: int, line: str) -> bool:
    """Does `line`, made of closing brackets, close what the text itself opened, and the line below something else?

    At the indentation of the line that the text begins, the brackets below can only be meant for that line.
    """
    if _WORD.search(line) or not _CLOSER.search(line) or around.width(line) == level_of(around, lines[0]):
        return False
    start = len("\n".join(lines[:index]))
    unmatched = unmatched_closers("\n".join(lines[: index + 1]), around.language)
    return not any(at >= start for at in unmatched)


def _candidates(around: CursorContext, lines: list[str]) -> list[tuple[int, str]]:
    """Return the lines as they would stand in the document, without blank ones and those that cannot be judged."""
    found = [(index, line) for index, line in enumerate(lines) if index and line.strip()]
    # Where most of the line was typed by hand, the user wants it a second time.
    is_typed = len(around.line_before.strip()) >= len(lines[0].strip()) if lines else True
    if not is_typed and around.is_free:
        found.insert(0, (0, around.line_before + lines[0]))
    elif not is_typed and len(lines) == 1 and around.has_only_closers_after:
        found.append((0, around.line_before + lines[0] + around.rest))
    return found


def _is_same(around: CursorContext, line: str, below: str) -> bool:
    if line.rstrip() == below.rstrip():
        return True
    if around.width(line) != around.width(below):
        return False  # Indentation is a part of a line.
    line, below = line.strip(), below.strip()
    if min(len(line), len(below)) < _TELLING or line[0] != below[0]:
        return False
    line, below = line.rstrip(",;").translate(_NOISE), below.rstrip(",;").translate(_NOISE)
    if line == below or not (around.language.is_prose or around.in_comment):
        return line == below
    return min(len(line), len(below)) >= _LONG and _differ_in_one_place(line, below)


def _differ_in_one_place(line: str, below: str) -> bool:
    """Do the lines differ in one run of characters only, short and without a digit?"""
    shorter = min(len(line), len(below))
    start = next((at for at in range(shorter) if line[at] != below[at]), shorter)
    end = next((at for at in range(shorter - start) if line[-1 - at] != below[-1 - at]), shorter - start)
    runs = line[start : len(line) - end], below[start : len(below) - end]
    return max(map(len, runs)) <= _NEAR * shorter and not any(character.isdigit() for character in "".join(runs))
