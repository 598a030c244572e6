"""Fit how likely a block is, and write it into `ranker.json`, after `fit_ranker.py`, whose probabilities it takes.

    python server/tools/fit_blocks.py --repositories DIRECTORY [--seed 7] [--output FILE]

DIRECTORY is that of `fit_ranker.py`. The holes are those of `tests/embedded/measure_blocks.py`, of several lines and
of one; the regression says whether the likeliest line is right together with the block found for it. Of a hole
without such a block it says nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from fit_ranker import OUTPUT, REPOSITORIES, write
from numpy.typing import NDArray

from fim_language_server.embedded.blocks import find_block, indentation_unit
from fim_language_server.embedded.candidates import gather_candidates
from fim_language_server.embedded.cursor import read_cursor
from fim_language_server.embedded.features import describe_candidates
from fim_language_server.embedded.known_words import KnownWords
from fim_language_server.embedded.ranking import LEAST, Ranker

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "embedded"))

from measure_blocks import Corpus, Hole, prepare

_FILES: Final = 25
_ROUNDS: Final = 50
_DECAY: Final = 1.0

Floats = NDArray[np.float64]


def collect(directory: Path, seed: int) -> tuple[list[str], Floats, Floats]:
    """Return the features' names, their values for each hole with a block, and whether line and block are right.

    Before the features come a 1 and the logarithm of the odds of the line.
    """
    ranker = Ranker.load()
    names: list[str] = []
    rows, right = [], []
    for repository in REPOSITORIES:
        corpus, holes = prepare(directory / repository, seed, _FILES)
        for hole in holes:
            if (found := describe(corpus, ranker, hole)) is not None:
                probability, features, text = found
                names = names or list(features)
                line = min(max(probability, LEAST), 1 - LEAST)
                rows.append([1.0, math.log(line / (1 - line)), *features.values()])
                right.append(text == hole.target)
        print(f"{repository}: {len(rows)} blocks, {sum(right)} right so far", file=sys.stderr)
    return names, np.array(rows), np.array(right, np.float64)


def describe(corpus: Corpus, ranker: Ranker, hole: Hole) -> tuple[float, dict[str, float], str] | None:
    """Return the likeliest line's probability, its block's features, and the text of both; None without a block."""
    cursor = read_cursor(corpus.vocabulary, hole.prefix, hole.suffix)
    words = KnownWords(corpus, cursor)
    candidates = gather_candidates(corpus, cursor, hole.path, words)
    if not candidates:
        return None
    probabilities = ranker.probabilities(describe_candidates(candidates, cursor, words, hole.path))
    best = max(range(len(candidates)), key=probabilities.__getitem__)
    line = candidates[best]
    block = find_block(line, cursor, words) if line.text.strip() else None
    if block is None:
        return None
    unit = indentation_unit(hole.prefix + hole.suffix)
    return probabilities[best], block.features, line.text + block.text(cursor, unit)


def fit(rows: Floats, right: Floats) -> Floats:
    """Return the weights of a logistic regression, by Newton's method; all but the first decay."""
    decay = np.full(rows.shape[1], _DECAY)
    decay[0] = 0.0
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (likely - right) + decay * weights
        bend = (rows * (likely * (1 - likely))[:, None]).T @ rows + np.diag(decay)
        weights -= np.linalg.solve(bend, slope)
    return weights


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7, help="of the holes")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    names, rows, right = collect(options.repositories, options.seed)
    bias, line, *weights = np.round(fit(rows, right), 3).tolist()
    data = json.loads(OUTPUT.read_text("utf-8"))
    features = dict(zip(names, weights, strict=True))
    data["block"] = {"seed": options.seed, "holes": len(rows), "bias": bias, "line": line, "features": features}
    write(data, options.output)


if __name__ == "__main__":
    main()
