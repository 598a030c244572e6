"""Fit how much a vote counts, and write it into `ranker.json`, before `fit_ranker.py`, whose features it makes.

    python -m benchmarks.fitting.fit_votes --repositories DIRECTORY [--seed 5] [--output FILE]

DIRECTORY is that of `fit_ranker.py`. Each vote for a text has a weight, and the text's probability is its votes'
share of all weights and one, which stands for "none of them". A small network gives a vote's logarithm of weight from
its features; it is fitted by Adam to the likelihood of the right text, all of whose votes count together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded_model.measure import prepare
from benchmarks.fitting.fit_ranker import OUTPUT, REPOSITORIES, write
from benchmarks.fitting.networks import Adam, Floats, Lists, Weights
from fim_language_server.embedded.candidates.gathering import find_candidates
from fim_language_server.embedded.candidates.vote_features import VOTE_FEATURES, describe_votes
from fim_language_server.embedded.ranking.models import LIMIT
from fim_language_server.embedded.search.cursor import read_cursor

_FILES, _HOLES = 24, 8
_HIDDEN: Final = 24
_EPOCHS: Final = 12
_BATCH: Final = 64
_RATE: Final = 4e-3
_DECAY: Final = 1e-3


def collect(directory: Path, seed: int, jobs: int) -> Lists:
    """Return the votes of holes in all repositories."""
    with ProcessPoolExecutor(jobs) as pool:
        tasks = [pool.submit(read_votes, directory / repository, seed) for repository in REPOSITORIES]
        parts = []
        for repository, task in zip(REPOSITORIES, tasks, strict=True):
            parts.append(task.result())
            print(f"{repository}: {len(parts[-1].starts) - 1} holes", file=sys.stderr)
    lengths = [length for part in parts for length in np.diff(part.starts)]
    return Lists(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.cumsum([0, *lengths]),
    )


def read_votes(repository: Path, seed: int) -> Lists:
    """Return the votes of holes in one repository."""
    corpus, holes, _, _ = prepare(repository, seed, _FILES, _HOLES)
    rows = [np.empty((0, len(VOTE_FEATURES)), np.float32)]
    right: list[bool] = []
    lengths = []
    for hole in holes:
        cursor = read_cursor(corpus.vocabulary, hole.prefix, hole.suffix)
        candidates = find_candidates(corpus, cursor, hole.path)
        votes = [(vote, candidate.tail_match) for candidate in candidates for vote in candidate.votes]
        if votes:
            rows.append(describe_votes(votes, cursor).astype(np.float32))
            right += [candidate.text == hole.target for candidate in candidates for _ in candidate.votes]
            lengths.append(len(votes))
    return Lists(np.concatenate(rows), np.array(right, np.float32), np.cumsum([0, *lengths]))


def fit(votes: Lists) -> Weights:
    """Return the weights of a network for standardised rows."""
    chance = np.random.default_rng(0)
    width = votes.rows.shape[1]
    weights: Weights = {
        "hidden": chance.normal(0, width**-0.5, (width, _HIDDEN)).astype(np.float32),
        "hidden bias": np.zeros(_HIDDEN, np.float32),
        "output": chance.normal(0, 0.3 * _HIDDEN**-0.5, _HIDDEN).astype(np.float32),
        "direct": np.zeros(width, np.float32),
        "bias": np.array(-3.0, np.float32),
    }
    adam = Adam(weights, _RATE, _EPOCHS * -(-(len(votes.starts) - 1) // _BATCH))
    for _ in range(_EPOCHS):
        for rows, right, lengths in votes.batches(chance, _BATCH):
            adam.step(_slopes(weights, rows, right, lengths))
    return weights


def _slopes(weights: Weights, rows: Floats, right: Floats, lengths: NDArray[np.int64]) -> Weights:
    """Return how the loss (less logarithm of the likelihood of the right text, or of none) changes with each weight."""
    units = np.tanh(rows @ weights["hidden"] + weights["hidden bias"])
    scores = units @ weights["output"] + rows @ weights["direct"] + weights["bias"]
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    highest = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
    parts = np.exp(scores - np.repeat(highest, lengths))
    totals = np.add.reduceat(parts, starts) + np.exp(-highest)
    of_right = np.maximum(np.add.reduceat(parts * right, starts), 1e-30)
    by_score = (parts / np.repeat(totals, lengths) - parts * right / np.repeat(of_right, lengths)) / len(lengths)
    by_unit = np.outer(by_score, weights["output"]) * (1 - units**2)
    return {
        "hidden": rows.T @ by_unit + _DECAY * weights["hidden"],
        "hidden bias": by_unit.sum(0),
        "output": units.T @ by_score + _DECAY * weights["output"],
        "direct": rows.T @ by_score + _DECAY * weights["direct"],
        "bias": by_score.sum(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5, help="of the holes: another than that of the ranker's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that look at repositories")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    votes = collect(options.repositories, options.seed, options.jobs)
    mean, deviation = votes.rows.mean(0), votes.rows.std(0) + 1e-3
    scaled = np.clip((votes.rows - mean) / deviation, -LIMIT, LIMIT)
    weights = fit(Lists(scaled, votes.right, votes.starts))
    data = json.loads(OUTPUT.read_text("utf-8"))
    data["votes"] = {
        "seed": options.seed,
        "holes": len(votes.starts) - 1,
        "features": [
            {"name": name, "mean": round(float(average), 6), "deviation": round(float(spread), 6)}
            for name, average, spread in zip(VOTE_FEATURES, mean, deviation, strict=True)
        ],
        "network": {name: np.round(value.astype(float), 4).tolist() for name, value in weights.items()},
    }
    write(data, options.output)


if __name__ == "__main__":
    main()
