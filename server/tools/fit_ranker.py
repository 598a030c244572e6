"""Fit the embedded model's ranker and write `ranker.json`.

    python server/tools/fit_ranker.py --repositories DIRECTORY [--seed 7 --seed 11] [--output FILE]

DIRECTORY holds the unpacked repositories of REPOSITORIES, each under its name here: sdists of PyPI, packages of npm,
sources and -dev packages of Debian 12. Of a hole's candidates and the outcome "none of them", one is right, and the
probability of each is its share of the exponentials of the scores (the outcome "none" scores 0). The scores are those
of small networks (`embedded/ranking.py`), fitted by Adam to the likelihood of what is right, from several starts.

Report with `tests/embedded/measure.py`, on other repositories than these.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "server"), str(ROOT / "tests" / "embedded")]

from measure import describe, prepare  # noqa: E402 - found through the line above

from fim_language_server.embedded.corpus import Corpus  # noqa: E402
from fim_language_server.embedded.ranking import LIMIT  # noqa: E402

REPOSITORIES: Final = (
    *("Django-5.1.4", "aiohttp-3.11.11", "flask-3.1.0", "requests-2.32.3", "sqlalchemy-2.0.36"),
    *("eslint-9.17.0", "puppeteer-core-24.1.0", "rxjs-7.8.1"),
    *("caddy-2.6.2", "golang-google-grpc-dev-1.33.3"),
    *("redis-7.0.15", "libuv1-1.44.2"),
    *("guava-libraries-31.1", "libcommons-lang3-java-3.12.0"),
    *("librust-tokio-dev-1.24.2", "librust-rustls-dev-0.20.8", "librust-syn-dev-1.0.107"),
    *("librust-h2-dev-0.3.13", "librust-serde-json-dev-1.0.87"),
    *("pytest-8.3.4", "celery-5.4.0", "djangorestframework-3.15.2", "rich-13.9.4", "click-8.1.8", "httpx-0.28.1"),
    *("jinja2-3.1.5", "sympy-1.13.3"),
    *("effect-3.11.0", "mobx-6.13.5", "svelte-5.16.0", "three-0.171.0", "webpack-5.97.1", "mocha-11.0.1", "zod-3.25.0"),
    *("etcd-3.4.23", "golang-golang-x-tools-dev-0.5.0", "git-2.39.5", "netty-4.1.48", "mockito-2.23.0"),
    *("librust-regex-dev-1.7.1", "librust-futures-util-dev-0.3.21", "librust-chrono-dev-0.4.23"),
    *("librust-image-dev-0.24.3", "librust-serde-dev-1.0.152"),
)
"""By name and version: Python, JavaScript and TypeScript, Go, C, Java, Rust."""

OUTPUT: Final = ROOT / "server" / "fim_language_server" / "embedded" / "ranker.json"
_FILES, _HOLES = 40, 12
_LONE_FILES: Final = 8
"""Files of each repository that are asked about without the rest of it, as on a first start."""
_HIDDEN: Final = 32
_NETWORKS: Final = 3
_EPOCHS: Final = 25
_BATCH: Final = 128
_RATE: Final = 3e-3
_DECAY: Final = 1e-3

Floats = NDArray[np.floating]
Weights = dict[str, Floats]


@frozen
class Lists:
    """The candidates of all holes, one after the other."""

    rows: Floats
    right: Floats
    """For each row: 1 where the candidate is right, else 0."""
    starts: NDArray[np.int64]
    """Where each hole's candidates begin, and where the last one's end."""

    def batches(self, chance: np.random.Generator) -> Iterator[tuple[Floats, Floats, NDArray[np.int64]]]:
        """Yield (rows, right, lengths) of some holes at a time, in another order each time."""
        order = chance.permutation(len(self.starts) - 1)
        for first in range(0, len(order), _BATCH):
            holes = order[first : first + _BATCH]
            spans = [slice(self.starts[hole], self.starts[hole + 1]) for hole in holes]
            lengths = np.array([span.stop - span.start for span in spans])
            yield (
                np.concatenate([self.rows[span] for span in spans]),
                np.concatenate([self.right[span] for span in spans]),
                lengths,
            )


def collect(directory: Path, seeds: Sequence[int], jobs: int) -> tuple[list[str], Lists]:
    """Return the features' names, and the holes of all repositories that have candidates."""
    names: list[str] = []
    rows: list[Floats] = []
    right: list[Floats] = []
    with ProcessPoolExecutor(jobs) as pool:
        tasks = [pool.submit(describe_holes, directory / repository, seeds) for repository in REPOSITORIES]
        for repository, task in zip(REPOSITORIES, tasks, strict=True):
            for known, values, marks in task.result():
                names = names or known
                rows.append(values)
                right.append(marks)
            print(f"{repository}: {len(rows)} holes so far", file=sys.stderr)
    starts = np.cumsum([0, *map(len, rows)])
    return names, Lists(np.concatenate(rows), np.concatenate(right), starts)


def describe_holes(repository: Path, seeds: Sequence[int]) -> list[tuple[list[str], Floats, Floats]]:
    """Return for each hole with candidates the features' names, their values, and which candidate is right."""
    described = []
    for seed in seeds:
        corpus, holes, _, _ = prepare(repository, seed, _FILES, _HOLES)
        places = [(corpus, hole) for hole in holes]
        alone = {path: Corpus.empty() for path in list(dict.fromkeys(hole.path for hole in holes))[:_LONE_FILES]}
        places += [(alone[hole.path], hole) for hole in holes if hole.path in alone]
        for known, hole in places:
            texts, features = describe(known, hole)
            if texts:
                values = np.array([list(row.values()) for row in features], np.float32)
                described.append((list(features[0]), values, np.array([t == hole.target for t in texts], np.float32)))
    return described


def fit(lists: Lists, seed: int) -> Weights:
    """Return the weights of one network for standardised rows, from a start of its own."""
    chance = np.random.default_rng(seed)
    width = lists.rows.shape[1]
    weights: Weights = {
        "hidden": chance.normal(0, width**-0.5, (width, _HIDDEN)),
        "hidden bias": np.zeros(_HIDDEN),
        "output": chance.normal(0, 0.3 * _HIDDEN**-0.5, _HIDDEN),
        "direct": np.zeros(width),
        "bias": np.array(-1.0),
    }
    mean = {name: np.zeros_like(value) for name, value in weights.items()}
    square = {name: np.zeros_like(value) for name, value in weights.items()}
    step, steps = 0, _EPOCHS * -(-(len(lists.starts) - 1) // _BATCH)
    for _ in range(_EPOCHS):
        for rows, right, lengths in lists.batches(chance):
            step += 1
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, slope in _slopes(weights, rows, right, lengths).items():
                mean[name] = 0.9 * mean[name] + 0.1 * slope
                square[name] = 0.999 * square[name] + 0.001 * slope**2
                scale = np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8
                weights[name] = weights[name] - rate * mean[name] / (1 - 0.9**step) / scale
    return weights


def _slopes(weights: Weights, rows: Floats, right: Floats, lengths: NDArray[np.int64]) -> Weights:
    """Return how the loss (less likelihood of what is right) changes with each weight."""
    units = np.tanh(rows @ weights["hidden"] + weights["hidden bias"])
    scores = units @ weights["output"] + rows @ weights["direct"] + weights["bias"]
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    highest = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
    parts = np.exp(scores - np.repeat(highest, lengths))
    totals = np.add.reduceat(parts, starts) + np.exp(-highest)
    by_score = (parts / np.repeat(totals, lengths) - right) / len(lengths)
    by_unit = np.outer(by_score, weights["output"]) * (1 - units**2)
    return {
        "hidden": rows.T @ by_unit + _DECAY * weights["hidden"],
        "hidden bias": by_unit.sum(0),
        "output": units.T @ by_score + _DECAY * weights["output"],
        "direct": rows.T @ by_score + _DECAY * weights["direct"],
        "bias": by_score.sum(),
    }


def describe_ranker(names: Sequence[str], lists: Lists, seeds: Sequence[int]) -> dict[str, Any]:
    """Fit, and return what `ranker.json` says."""
    mean, deviation = lists.rows.mean(0), lists.rows.std(0) + 1e-6
    scaled = Lists(np.clip((lists.rows - mean) / deviation, -LIMIT, LIMIT), lists.right, lists.starts)
    networks = [fit(scaled, start) for start in range(_NETWORKS)]
    return {
        "fitted on": list(REPOSITORIES),
        "seeds": list(seeds),
        "holes": len(lists.starts) - 1,
        "features": [
            {"name": name, "mean": round(float(average), 6), "deviation": round(float(spread), 6)}
            for name, average, spread in zip(names, mean, deviation, strict=True)
        ],
        "networks": [{name: np.round(value, 4).tolist() for name, value in network.items()} for network in networks],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--seed", type=int, action="append", help="of the holes; may be given several times")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that look at repositories")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    seeds = options.seed or [7, 11]
    names, lists = collect(options.repositories, seeds, options.jobs)
    block = json.loads(OUTPUT.read_text("utf-8"))["block"]  # Of another ranker until `fit_blocks.py` has run.
    write({**describe_ranker(names, lists, seeds), "block": block}, options.output)


def write(data: Mapping[str, Any], output: Path) -> None:
    """Write `ranker.json`, one line for each feature and network."""
    text = json.dumps(data)
    for opening in ('"networks"', '{"hidden"', '{"name"', '"seeds"', '"holes"', '"features"', '"block"'):
        text = text.replace(opening, f"\n{opening}")
    output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
