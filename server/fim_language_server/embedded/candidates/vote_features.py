"""Features of votes: facts about the places that they come from, as numbers by which `ranking` weighs each vote."""

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
"""Names of the columns of `describe_votes`."""
_FAR: Final = 1.2
"""Value of the feature "distance" for a place in another file."""


def describe_votes(votes: Sequence[tuple[Vote, float]], cursor: Cursor) -> NDArray[np.float64]:
    """Return a row of features, each between 0 and about 1, for each vote; its pair is the match with the tail.

    Each column is computed for all votes at once, because a completion has about a hundred.
    """
    known = np.array(
        [
            (
                *(vote.hit.depth, vote.reach, vote.agreement, vote.follows, vote.renamed, vote.hit.position),
                *(vote.kind, vote.place, vote.same_language, match),
                *vote.similarity,
            )
            for vote, match in votes
        ]
    )
    depth, reach, agreement, follows, renamed, position, kind, place, same_language, match, *similarity = known.T
    ones, line = np.ones(len(known)), cursor.line_tokens + 1
    return np.column_stack(
        [
            *(kind == value for value in VoteKind),
            *(place == value for value in FoundIn),
            *similarity,
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
