"""The room of a prompt in code points, and how the text around the cursor and the pieces of other files share it.

The shares were measured on lines of repositories that were held out (docs/decisions/0020-a-prompts-room.md): the
identifiers of a line that its prompt holds. Pieces of other files buy more than the far ends of the windows do, at
every size, so the windows shrink first as a budget runs low.
"""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from fim_language_server.core.other_files.growing import NO_PIECES, PieceLimits
from fim_language_server.core.values import CompletionRequest

USUAL_ROOM: Final = 6_900
"""Code points of the first prompt at a place, where the user sets no part of it."""
SMALLEST_PREFIX: Final = 600
"""Code points that a shrinking window keeps before the cursor; with fewer, models lose the thread."""
SMALLEST_SUFFIX: Final = 150
SHRINK_BELOW: Final = (0.5, 0.25, 0.125)
"""At each of these shares of a full token budget the room is halved once more."""
WITHOUT_PIECES: Final = 3
"""From so many halvings on, pieces of other files get only the room that the smallest windows leave."""
PIECES_SHARE: Final = 0.5
"""The share of the room that pieces of other files get where there is text below the cursor …"""
PIECES_SHARE_AT_THE_END: Final = 0.57
"""… and where there is none: its part goes to both others."""


@frozen
class WindowSize:
    """The most code points before and after the cursor and of other files, and of all together at first (`room`)."""

    prefix_chars: int
    suffix_chars: int
    pieces: PieceLimits = NO_PIECES
    room: int = field()

    @room.default
    def _sum(self) -> int:
        return self.prefix_chars + self.suffix_chars + self.pieces.first_chars


def affordable_windows(whole: WindowSize, tokens_left: float, *, is_at_end: bool = False) -> tuple[WindowSize, ...]:
    """Return the windows that a token budget so full (0 … 1) suggests, the largest first.

    `is_at_end`: nothing stands below the cursor's line. A smaller window costs a little quality; a request that is
    refused costs the suggestion.
    """
    first = sum(tokens_left < share for share in SHRINK_BELOW)
    sizes = [_shared_out(whole, times, is_at_end) for times in range(len(SHRINK_BELOW) + 1)]
    return tuple(dict.fromkeys(sizes[first:]))


def is_at_end(request: CompletionRequest) -> bool:
    """Does nothing but blanks stand below the cursor's line, as in a file that is being written?"""
    rest = request.suffix[len(request.line_after) :]
    return request.suffix_is_whole and not rest.strip()


def _shared_out(whole: WindowSize, times: int, at_end: bool) -> WindowSize:
    """Return the parts of a room that was halved so many times."""
    room, pieces = whole.room >> times, whole.pieces
    share = PIECES_SHARE_AT_THE_END if at_end else PIECES_SHARE
    of_windows = whole.prefix_chars + whole.suffix_chars
    is_enough = room >= of_windows + pieces.first_chars
    most_of_windows = of_windows >> times
    n_pieces = min(pieces.first_chars, room if is_enough else max(round(room * share), room - most_of_windows))
    if times >= WITHOUT_PIECES:
        n_pieces = min(n_pieces, max(0, room - SMALLEST_PREFIX - SMALLEST_SUFFIX))
    rest = min(room - n_pieces, most_of_windows)
    suffix = 0 if at_end else round(rest * whole.suffix_chars / max(1, of_windows))
    prefix = min(rest - suffix, whole.prefix_chars)
    return WindowSize(
        max(prefix, min(SMALLEST_PREFIX, whole.prefix_chars)),
        # What stands behind the cursor in its own line is sent in any case.
        max(suffix, min(SMALLEST_SUFFIX, whole.suffix_chars)),
        pieces.at_most(n_pieces)
        if times
        else PieceLimits(n_pieces, min(n_pieces, pieces.best_chars), pieces.most_chars),
    )
