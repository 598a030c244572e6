"""Stop where the text begins to repeat the lines below the cursor, and drop it where that is all it does.

Every peer has a form of this: tabby's `dropDuplicated` and `removeDuplicateSuffixLines`, Continue's
`stopAtSimilarLine`, llama.vim's discard of a hint that equals the next line. They take lines as the same that are
within 5–10 % in edit distance; in code that is too much, because neighbours differ by a digit (`x1 = …`, `x2 = …`).
Here lines are the same if only white space, quotes or a final comma differ, or, where they are long, 5 % in one
place without a digit.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.shaping.brackets import first_unmatched_closer
from fim_language_server.core.shaping.surroundings import Surroundings

_TELLING: Final = 12
"""From this length on, in code points, one line that is found again is not chance."""
_LONG: Final = 40
_NEAR: Final = 0.05
_WORD: Final = re.compile(r"\w")
_NOISE: Final = str.maketrans({" ": None, "\t": None, "'": '"'})


def ends_at(around: Surroundings, lines: list[str]) -> int | None:
    """Return the index of the first of these whole lines that surely repeats the lines below; None for none.

    Sure is a telling line that is the next below, a shorter one with the one after it, or a bracket that closes
    nothing of the text and is the next line below.
    """
    below = around.lines_below
    if not below:
        return None
    for index, line in _candidates(around, lines):
        if line.rstrip() != below[0].rstrip():
            continue
        if not _WORD.search(line):
            if _is_unmatched(around, lines, index):
                return index
        elif len(line.strip()) >= _TELLING:
            return index
        else:
            after = next((later for later in lines[index + 1 :] if later.strip()), None)
            if after is not None and len(below) > 1 and after.rstrip() == below[1].rstrip():
                return index
    return None


def stop_at_lines_below(around: Surroundings, text: str) -> str:
    """End a whole text before the lines that repeat those below, up to its end."""
    if not around.lines_below:
        return text
    lines = text.split("\n")
    end = ends_at(around, lines)
    if end is None:
        end = _tail_at(around, lines)
    return text if end is None else "\n".join(lines[:end])


def _tail_at(around: Surroundings, lines: list[str]) -> int | None:
    """Return the first index from which all lines to the end are the same as those below, one by one."""
    below = around.lines_below
    for index, line in _candidates(around, lines):
        rest = [line, *(later for later in lines[index + 1 :] if later.strip())]
        if len(rest) > len(below):
            continue
        if all(map(_is_same, rest, below)):
            if not _WORD.search(line) and not _is_unmatched(around, lines, index):
                continue  # It closes what the text itself opened.
            return index
    return None


def _candidates(around: Surroundings, lines: list[str]) -> list[tuple[int, str]]:
    """Return the lines as they would stand in the document, without blank ones and those that cannot be judged."""
    found = [(index, line) for index, line in enumerate(lines) if index and line.strip()]
    if lines and lines[0].strip() and around.is_free:
        found.insert(0, (0, around.line_before + lines[0]))
    return found


def _is_unmatched(around: Surroundings, lines: list[str], index: int) -> bool:
    """Does line `index`, made of brackets, close something that stands before the text?"""
    start = len("\n".join(lines[:index]))
    unmatched = first_unmatched_closer("\n".join(lines[: index + 1]), around.language)
    return unmatched is not None and unmatched >= start


def _is_same(line: str, below: str) -> bool:
    if line.rstrip() == below.rstrip():
        return True
    line, below = line.strip(), below.strip()
    if min(len(line), len(below)) < _TELLING:
        return False
    line, below = line.rstrip(",;").translate(_NOISE), below.rstrip(",;").translate(_NOISE)
    return line == below or (min(len(line), len(below)) >= _LONG and _differ_in_one_place(line, below))


def _differ_in_one_place(line: str, below: str) -> bool:
    """Do the lines differ in one run of characters only, short and without a digit?"""
    shorter = min(len(line), len(below))
    start = next((at for at in range(shorter) if line[at] != below[at]), shorter)
    end = next((at for at in range(shorter - start) if line[-1 - at] != below[-1 - at]), shorter - start)
    runs = line[start : len(line) - end], below[start : len(below) - end]
    return max(map(len, runs)) <= _NEAR * shorter and not any(character.isdigit() for character in "".join(runs))
