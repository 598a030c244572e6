"""Fit how likely a block is, and write it into `ranker.json`, after `fit_ranker.py`, whose probabilities it takes.

    python -m benchmarks.fitting.fit_blocks --repositories DIRECTORY [--seed 7] [--output FILE]

DIRECTORY is that of `fit_ranker.py`. The holes are those of `measure_blocks.py`, of several lines and
of one; the regression says whether the likeliest line is right together with the block found for it. Of a hole
without such a block it says nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded_model.measure_blocks import Corpus, Hole, prepare  # type: ignore[attr-defined]
from benchmarks.fitting.fit_ranker import OUTPUT, REPOSITORIES, write
from fim_language_server.embedded.answer.blocks import find_block, indentation_unit
from fim_language_server.embedded.candidates.candidate_features import describe_candidates
from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.ranking.models import LEAST, Ranker
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords

_FILES: Final = 12
_ROUNDS: Final = 50
_DECAY: Final = 1.0

Floats = NDArray[np.float64]


def collect(directory: Path, seed: int, jobs: int) -> tuple[list[str], Floats, Floats]:
    """Return the features' names, their values for each hole with a block, and whether line and block are right.

    Before the features come a 1 and the logarithm of the odds of the line.
    """
    names: list[str] = []
    rows, right = [], []
    with ProcessPoolExecutor(jobs) as pool:
        folders = [directory / repository for repository in REPOSITORIES]
        for folder, blocks in zip(folders, pool.map(read_blocks, folders, [seed] * len(folders)), strict=True):
            for probability, features, is_right in blocks:
                names = names or list(features)
                line = min(max(probability, LEAST), 1 - LEAST)
                rows.append([1.0, math.log(line / (1 - line)), *features.values()])
                right.append(is_right)
            print(f"{folder.name}: {len(rows)} blocks, {sum(right)} right so far", file=sys.stderr)
    return names, np.array(rows), np.array(right, np.float64)


def read_blocks(repository: Path, seed: int) -> list[tuple[float, dict[str, float], bool]]:
    """Return for each hole with a block the line's probability, the block's features, and whether both are right."""
    ranker = Ranker.load()
    corpus, holes = prepare(repository, seed, _FILES)
    found = ((hole, describe(corpus, ranker, hole)) for hole in holes)
    return [(one[0], one[1], one[2] == hole.target) for hole, one in found if one is not None]


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
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that look at repositories")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    names, rows, right = collect(options.repositories, options.seed, options.jobs)
    bias, line, *weights = np.round(fit(rows, right), 3).tolist()
    data = json.loads(OUTPUT.read_text("utf-8"))
    features = dict(zip(names, weights, strict=True))
    data["block"] = {"seed": options.seed, "holes": len(rows), "bias": bias, "line": line, "features": features}
    write(data, options.output)


if __name__ == "__main__":
    main()
