"""Fit the embedded model's ranker and write `ranker.json`.

    python -m benchmarks.fitting.fit_ranker --repositories DIRECTORY [--seed 7 --seed 11] [--kept FOLDER]
        [--output FILE]

DIRECTORY holds the unpacked repositories of `repositories.txt`, each under its name there: sdists of PyPI, packages of
npm, sources and -dev packages of Debian 12. None that figures are reported on is among them, nor a sister of one.
Holes are made in files that are held out of each, and described beside the rest of the repository; some of them also
alone, as on a first start, and as in documents that were just begun. `networks.py` and `forest.py` say how the ranker
is fitted to them. Before it run `fit_votes.py`, after it `fit_blocks.py`.

Report with `python -m benchmarks.embedded_model.measure`, on other repositories than these.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded_model.measure import BEGUN, Hole, as_begun, describe, prepare
from benchmarks.fitting.forest import fit_forest
from benchmarks.fitting.networks import Lists, fit_network
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.ranking.models import LIMIT

ROOT: Final = Path(__file__).parents[2]

REPOSITORIES: Final = tuple(Path(__file__).with_name("repositories.txt").read_text("utf-8").split())
"""By name and version: Python, JavaScript and TypeScript, Go, C, Java, Rust."""

OUTPUT: Final = ROOT / "server" / "fim_language_server" / "embedded" / "ranking" / "ranker.json"
_FILES, _HOLES = 40, 12
_LONE_FILES: Final = 8
"""Files of each repository that are asked about without the rest of it, as on a first start."""
_BEGUN_FILES, _BEGUN_HOLES = 12, 6
"""Files of each repository that are asked about as if they were just begun, and holes of each."""
_NETWORKS: Final = 2
_SHARE_OF_FOREST: Final = 0.3
"""The forest's part in the average of the scores."""

Floats = NDArray[np.floating]


def collect(directory: Path, seeds: Sequence[int], jobs: int, kept: Path) -> tuple[list[str], Lists]:
    """Return the features' names, and the holes of all repositories that have candidates.

    The holes of a repository are kept in a file of the folder `kept`, and is read from there the next time.
    """
    tasks = [(directory / repository, seed, kept) for seed in seeds for repository in REPOSITORIES]
    names: list[str] = []
    parts: list[Lists] = []
    with ProcessPoolExecutor(jobs) as pool:
        for task, file in zip(tasks, pool.map(describe_once, *zip(*tasks, strict=True)), strict=True):
            with np.load(file) as found:
                names = names or found["names"].tolist()
                if found["names"].tolist() != names:
                    raise SystemExit(f"{file} was kept by another version of the features: delete it.")
                parts.append(Lists(found["rows"], found["right"], np.cumsum([0, *found["lengths"]])))
            print(f"{task[0].name}: {sum(len(part.starts) - 1 for part in parts)} holes so far", file=sys.stderr)
    starts = np.cumsum([0, *(length for part in parts for length in np.diff(part.starts))])
    rows = np.concatenate([part.rows for part in parts])
    return names, Lists(rows, np.concatenate([part.right for part in parts]), starts)


def describe_once(repository: Path, seed: int, kept: Path) -> Path:
    """Describe a repository's holes if that is not done yet; return the file that says how they are described."""
    file = kept / f"{repository.name}.{seed}.npz"
    if not file.exists():
        names, lists = describe_holes(repository, seed)
        unfinished = file.with_suffix(".unfinished.npz")
        np.savez_compressed(
            unfinished, names=np.array(names), rows=lists.rows, right=lists.right, lengths=np.diff(lists.starts)
        )
        unfinished.replace(file)
    return file


def describe_holes(repository: Path, seed: int) -> tuple[list[str], Lists]:
    """Return the features' names, and the candidates of a repository's holes."""
    corpus, holes, _, _ = prepare(repository, seed, _FILES, _HOLES)
    return describe_places([*((corpus, hole) for hole in holes), *_alone(holes), *_begun(corpus, holes)])


def _alone(holes: Sequence[Hole]) -> Iterator[tuple[Corpus, Hole]]:
    """Yield places of some files in which the rest of their repository is not known, as on a first start."""
    known = {path: Corpus.empty() for path in list(dict.fromkeys(hole.path for hole in holes))[:_LONE_FILES]}
    return ((known[hole.path], hole) for hole in holes if hole.path in known)


def _begun(corpus: Corpus, holes: Sequence[Hole]) -> Iterator[tuple[Corpus, Hole]]:
    """Yield places of some files as they would be in documents that were just begun."""
    for path in list(dict.fromkeys(hole.path for hole in holes))[:_BEGUN_FILES]:
        own = [hole for hole in holes if hole.path == path]
        for hole, lines in zip(own[:_BEGUN_HOLES], itertools.cycle(BEGUN), strict=False):
            yield corpus, as_begun(hole, lines)


def describe_places(places: Iterable[tuple[Corpus, Hole]]) -> tuple[list[str], Lists]:
    """Return the features' names, and the candidates of places, each with what is known there."""
    names: list[str] = []
    rows, right, lengths = [], [], []
    for known, hole in places:
        texts, features = describe(known, hole)
        if texts:
            names = names or list(features[0])
            rows += [list(row.values()) for row in features]
            right += [text == hole.target for text in texts]
            lengths.append(len(texts))
    return names, Lists(np.array(rows, np.float32), np.array(right, np.float32), np.cumsum([0, *lengths]))


def describe_ranker(names: Sequence[str], lists: Lists, seeds: Sequence[int], jobs: int) -> dict[str, Any]:
    """Fit, and return what `ranker.json` says."""
    mean, deviation = lists.rows.mean(0, np.float64), lists.rows.std(0, np.float64) + 1e-6
    rows = np.clip((lists.rows - mean) / deviation, -LIMIT, LIMIT).astype(np.float32)
    scaled = Lists(rows, lists.right, lists.starts)
    with ProcessPoolExecutor(jobs) as pool:
        forest = pool.submit(fit_forest, scaled)
        networks = list(pool.map(fit_network, [scaled] * _NETWORKS, range(_NETWORKS)))
    return {
        "fitted on": list(REPOSITORIES),
        "seeds": list(seeds),
        "holes": len(lists.starts) - 1,
        "features": [
            {"name": name, "mean": round(float(average), 6), "deviation": round(float(spread), 6)}
            for name, average, spread in zip(names, mean, deviation, strict=True)
        ],
        "share of forest": _SHARE_OF_FOREST,
        "forest": forest.result(),
        "networks": [
            {name: np.round(value.astype(np.float64), 4).tolist() for name, value in network.items()}
            for network in networks
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--seed", type=int, action="append", help="of the holes; may be given several times")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that look at repositories")
    parser.add_argument("--kept", type=Path, help="folder for what each repository gave, to go on from another time")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    seeds = options.seed or [7, 11]
    with TemporaryDirectory() as temporary:
        kept = options.kept or Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        names, lists = collect(options.repositories, seeds, options.jobs, kept)
    data = json.loads(OUTPUT.read_text("utf-8"))
    data.update(describe_ranker(names, lists, seeds, options.jobs))
    write(data, options.output)  # The block's part is of another ranker until `fit_blocks.py` has run.


def write(data: Mapping[str, Any], output: Path) -> None:
    """Write `ranker.json`, one line for each feature and network."""
    text = json.dumps(data)
    for opening in (
        '"votes"',
        '"networks"',
        '"forest"',
        '"share of forest"',
        '{"hidden"',
        '{"name"',
        '"seeds"',
        '"holes"',
        '"features"',
        '"block"',
    ):
        text = text.replace(opening, f"\n{opening}")
    output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
