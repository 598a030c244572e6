"""What is known of the places that votes come from, as numbers: how much each counts is for `ranking` to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fim_language_server.embedded.index.segment import DEPTH
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.search.place_reader import FoundIn, Vote, VoteKind

VOTE_FEATURES: Final = (
    *(f"kind {kind.name.lower()}" for kind in VoteKind),
    *(f"place {place.name.lower()}" for place in FoundIn),
    *("alike near", "alike far", "alike below", "alike around", "alike directory", "alike name"),
    *("depth", "reach", "line matched", "agreement", "more agreement", "follows", "more follows", "all follows"),
    *("renamed words", "same language", "distance", "tail match", "fresh line", "finished words"),
)
"""In the order of `describe_votes`."""
_FAR: Final = 1.2
"""The distance, as a feature, of what is in another file."""


def describe_votes(votes: Sequence[tuple[Vote, float]], cursor: Cursor) -> NDArray[np.float64]:
    """Return the features of votes, each between 0 and about 1, a row for each; beside a vote is its tail's match.

    Columns are made at once: there are a hundred votes for a completion.
    """
    known = np.array(
        [
            (
                *(vote.hit.depth, vote.reach, vote.agreement, vote.follows, vote.renamed, vote.hit.position),
                *(vote.kind, vote.place, vote.same_language, match),
                *vote.likeness,
            )
            for vote, match in votes
        ]
    )
    depth, reach, agreement, follows, renamed, position, kind, place, same_language, match, *likeness = known.T
    ones, line = np.ones(len(known)), cursor.line_tokens + 1
    return np.column_stack(
        [
            *(kind == one for one in VoteKind),
            *(place == one for one in FoundIn),
            *likeness,
            depth / DEPTH,
            np.log1p(reach) / 4,
            np.minimum(depth, line) / line,
            np.minimum(agreement, 9) / 9,
            np.log1p(agreement) / 3,
            np.minimum(follows, 9) / 9,
            np.log1p(follows) / 3,
            follows == len(cursor.following),
            np.minimum(renamed, 3) / 3,
            same_language,
            np.where(place == FoundIn.DOCUMENT, np.log1p(np.abs(position - cursor.position)) / 10, _FAR),
            match / 2,
            ones * cursor.is_fresh_line,
            ones * min(cursor.line_tokens, 10) / 10,
        ]
    )
