"""Keys that the embedded model saves: held-out lines, typed key by key by an ideal typist.

    python -m benchmarks.embedded_model.measure_typing DIRECTORY... [--seed 7] [--lines 40] [--json]

The lines are the fresh-line holes of `measure.py`, at most `--lines` of each repository. At each key without
ghost text an automatic request is made; one key accepts a ghost that is exactly the rest of the line. Printed for
each repository and for all: the share of keys saved, the share of different ghosts that were accepted, the share of
lines that one finished. Of a ghost of several lines the first counts. `fim-language-server eval --typing` says the
same of any model, on one repository.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.embedded_model.measure import FixedIndex, prepare, print_row
from fim_language_server.core.values import Trigger
from fim_language_server.embedded.model import Completion, EmbeddedModel
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import ModelAnswer
from fim_language_server.evaluation.records import Typed
from fim_language_server.evaluation.typing_simulation import type_line


def type_lines(root: Path, seed: int, count: int) -> list[Typed]:
    """Type lines of the held-out files of a repository."""
    corpus, holes, _, _ = prepare(root, seed, 40, 12)
    model = EmbeddedModel(FixedIndex(corpus))

    async def ask(line: Hole, trigger: Trigger, typed: str) -> ModelAnswer:
        said = model.complete(line.prefix + typed, line.suffix, line.path, invoked=trigger is Trigger.INVOKED)
        return (
            ModelAnswer(said.text.partition("\n")[0], said.confidence)
            if isinstance(said, Completion)
            else ModelAnswer()
        )

    lines = [Hole(one.path, "line", 0, 0, one.prefix, one.suffix, one.target) for one in holes if one.kind == "line"]
    random.Random(seed).shuffle(lines)
    return [asyncio.run(type_line("embedded", line, ask)) for line in lines[:count]]


def summarise(typed: Sequence[Typed]) -> dict[str, float]:
    """Return the figures of some lines, shares in percent."""
    characters, ghosts = sum(one.characters for one in typed), sum(one.ghosts for one in typed)
    accepted = sum(one.accepted for one in typed)
    return {
        "lines": float(len(typed)),
        "keys saved": 100 * (characters - sum(one.keys for one in typed)) / max(1, characters),
        "ghosts accepted": 100 * accepted / max(1, ghosts),
        "lines finished": 100 * accepted / max(1, len(typed)),
    }


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    everything: list[Typed] = []
    for root in options.directory:
        typed = type_lines(root, options.seed, options.lines)
        everything += typed
        print_row(root.name, summarise(typed), as_json=options.json)
    print_row("all", summarise(everything), as_json=options.json)


if __name__ == "__main__":
    main()
