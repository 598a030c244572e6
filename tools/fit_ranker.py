"""Fit the embedded model's ranker and write `ranker.json`.

    python tools/fit_ranker.py --repositories DIRECTORY [--seed 7] [--output FILE]

DIRECTORY holds the unpacked repositories of REPOSITORIES, each under its name here: sdists of PyPI and packages of
npm. The weights are a listwise logistic model: of a hole's candidates and the outcome "none of them", one is right,
and the probability of each is its share of the exponentials of the scores (the outcome "none" scores 0). Features
are standardised for an even L2 penalty, and the weights written for their natural scale.

Report with `tests/embedded/measure.py`, on other repositories than these.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "tests" / "embedded")]

from measure import describe, prepare  # noqa: E402 - found through the line above

REPOSITORIES: Final = (
    "aiohttp-3.11.11",
    "Django-5.1.4",
    "eslint-9.17.0",
    "flask-3.1.0",
    "puppeteer-core-24.1.0",
    "requests-2.32.3",
    "rxjs-7.8.1",
    "sqlalchemy-2.0.36",
)
"""By name and version. Python, JavaScript, TypeScript."""

OUTPUT: Final = ROOT / "server" / "fim_language_server" / "embedded" / "ranker.json"
_PENALTY: Final = 3.0
_ROUNDS: Final = 30

Groups = list[tuple[NDArray[np.float64], NDArray[np.bool_]]]
"""For each hole its candidates' features, one row each, and which of them is right."""


def collect(directory: Path, seed: int) -> tuple[list[str], Groups]:
    """Return the features' names, and the holes of all repositories that have candidates."""
    names: list[str] = []
    groups: Groups = []
    for repository in REPOSITORIES:
        corpus, holes, _, _ = prepare(directory / repository, seed, 30, 12)
        for hole in holes:
            texts, features = describe(corpus, hole)
            if texts:
                names = names or list(features[0])
                rows = np.array([[row[name] for name in names] for row in features])
                groups.append((rows, np.array([text == hole.target for text in texts])))
        print(f"{repository}: {len(holes)} holes", file=sys.stderr)
    return names, groups


def fit(groups: Groups) -> NDArray[np.float64]:
    """Return the weights of all features and, last, the bias, by Newton's method with halved steps."""
    everything = np.concatenate([rows for rows, _ in groups])
    mean, deviation = everything.mean(0), everything.std(0) + 1e-9
    scaled = [(np.c_[(rows - mean) / deviation, np.ones(len(rows))], right) for rows, right in groups]
    weights = np.zeros(everything.shape[1] + 1)
    penalty = np.diag([_PENALTY] * everything.shape[1] + [1e-6])
    value = _likelihood(scaled, weights, penalty)
    for _ in range(_ROUNDS):
        step = _newton_step(scaled, weights, penalty)
        length = 1.0
        while _likelihood(scaled, weights + length * step, penalty) < value and length > 1e-3:
            length /= 2
        weights += length * step
        before, value = value, _likelihood(scaled, weights, penalty)
        if value - before < 1e-4:
            break
    natural = weights[:-1] / deviation
    return np.append(natural, weights[-1] - natural @ mean)


def _likelihood(scaled: Groups, weights: NDArray[np.float64], penalty: NDArray[np.float64]) -> float:
    total = -float(weights @ penalty @ weights) / 2
    for rows, right in scaled:
        scores = np.append(rows @ weights, 0.0)
        total += float((scores[:-1][right].sum() if right.any() else 0.0) - np.logaddexp.reduce(scores))
    return total


def _newton_step(scaled: Groups, weights: NDArray[np.float64], penalty: NDArray[np.float64]) -> NDArray[np.float64]:
    gradient, curvature = -penalty @ weights, penalty.copy()
    for rows, right in scaled:
        scores = rows @ weights
        probabilities = np.exp(scores - np.logaddexp.reduce(np.append(scores, 0.0)))
        gradient += rows.T @ (right - probabilities)
        expected = rows.T @ probabilities
        curvature += (rows.T * probabilities) @ rows - np.outer(expected, expected)
    return np.linalg.solve(curvature, gradient)


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    names, groups = collect(options.repositories, options.seed)
    weights = fit(groups)
    ranker = {
        "fitted on": list(REPOSITORIES),
        "seed": options.seed,
        "holes": len(groups),
        "bias": round(float(weights[-1]), 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=False)},
    }
    options.output.write_text(json.dumps(ranker, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
