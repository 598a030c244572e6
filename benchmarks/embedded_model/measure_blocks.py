"""Quality of the blocks that the embedded model offers, at holes of several lines, and of one, in held-out files.

    python -m benchmarks.embedded_model.measure_blocks DIRECTORY... [--seed 7] [--files 25] [--json]

A block is a line and what stands deeper below it, at most 8 lines, with the line that closes it. It is taken out of
its file with the whole line or from some place in the line on; the model is to say all of it. One-line holes, as
those of `measure.py`, show how often a block is offered where none is missing.

Printed for each repository and for all: how many holes of several lines there are, the share whose first line is
the likeliest candidate, the share that the model fills exactly; at both triggers the share of holes at which it
offers a block, how often that is exactly right, and how often its first line is.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from benchmarks.embedded_model.measure import (
    WINDOW,
    FixedIndex,
    Hole,
    code_lines,
    hold_out,
    holes,
    print_row,
    read_sources,
)
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.model import Completion, EmbeddedModel
from fim_language_server.embedded.text.lexer import indentation

MOST_LINES = 8
"""Lines below the first one."""
_BLOCKS, _LINES = 8, 6
"""Holes in each file."""
_CLOSERS = "})];,"


@frozen
class Judged:
    """The model's texts for one hole; None where it answered nothing."""

    is_block: bool
    target: str
    automatic: str | None
    invoked: str | None


def block_holes(path: str, text: str, count: int, chance: random.Random) -> Iterator[Hole]:
    """Yield holes that are a block, or one whose first line has begun."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    code = {start for start, _ in code_lines(text)}
    blocks = [
        (first, last)
        for first, line in enumerate(lines)
        if starts[first] + len(line) - len(line.lstrip()) in code
        and len(line.strip()) >= 4
        and 0 < (last := _last_line(lines, first)) - first <= MOST_LINES
    ]
    chance.shuffle(blocks)
    for first, last in blocks[:count]:
        start = starts[first] + len(lines[first]) - len(lines[first].lstrip())
        end = starts[first] + len(lines[first].rstrip())
        place = start if chance.random() < 0.5 else chance.randint(start + 1, max(start + 1, end - 1))
        end = starts[last] + len(lines[last].rstrip())
        yield Hole(path, "block", text[max(0, place - WINDOW) : place], text[end : end + WINDOW], text[place:end])


def _last_line(lines: Sequence[str], first: int) -> int:
    """Return the last line of the block that a line opens; the line itself if it opens none."""
    level, last = indentation(lines[first]), first
    for place in range(first + 1, len(lines)):
        if not lines[place].strip():
            continue
        if (depth := indentation(lines[place])) <= level:
            closes = last > first and depth == level and not lines[place].strip().strip(_CLOSERS)
            return place if closes else last
        last = place
    return last


def prepare(root: Path, seed: int, files: int) -> tuple[Corpus, list[Hole]]:
    """Return the corpus without the held-out files, and holes of several lines and of one."""
    chance = random.Random(f"{seed}/{root.name}/block")
    sources = read_sources(root)
    held = set(hold_out(sources, files, chance))
    cases = [hole for path in sorted(held) for hole in block_holes(path, sources[path], _BLOCKS, chance)]
    cases += [hole for path in sorted(held) for hole in holes(path, sources[path], _LINES, chance)]
    return index_texts((path, text) for path, text in sources.items() if path not in held), cases


def judge(model: EmbeddedModel, hole: Hole) -> Judged:
    """Complete at one hole, with both triggers."""
    answers = [model.complete(hole.prefix, hole.suffix, hole.path, invoked=invoked) for invoked in (False, True)]
    automatic, invoked = (answer.text if isinstance(answer, Completion) else None for answer in answers)
    return Judged(hole.kind == "block", hole.target, automatic, invoked)


def summarise(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the figures of some answers, shares in percent."""
    blocks = [one for one in judged if one.is_block]
    total = max(1, len(blocks))
    figures = {
        "n": float(len(blocks)),
        "first line": 100 * sum(_line(one.invoked) == _line(one.target) for one in blocks) / total,
        "exact": 100 * sum(one.invoked == one.target for one in blocks) / total,
    }
    for trigger in ("automatic", "invoked"):
        shown = [one for one in judged if "\n" in (getattr(one, trigger) or "")]
        said = [(getattr(one, trigger), one.target) for one in shown]
        figures[f"{trigger} blocks"] = 100 * sum(one.is_block for one in shown) / total
        figures[f"{trigger} right"] = 100 * sum(text == target for text, target in said) / max(1, len(said))
        figures[f"{trigger} line right"] = (
            100 * sum(_line(text) == _line(target) for text, target in said) / max(1, len(said))
        )
    lines = [one for one in judged if not one.is_block]
    extra = sum("\n" in (one.automatic or "") for one in lines)
    figures["blocks where none is missing"] = 100 * extra / max(1, len(lines))
    return figures


def _line(text: str | None) -> str | None:
    return None if text is None else text.partition("\n")[0].rstrip()


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--files", type=int, default=25)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    everything: list[Judged] = []
    for root in options.directory:
        corpus, cases = prepare(root, options.seed, options.files)
        model = EmbeddedModel(FixedIndex(corpus))
        judged = [judge(model, hole) for hole in cases]
        everything += judged
        print_row(root.name, summarise(judged), as_json=options.json)
    print_row("all", summarise(everything), as_json=options.json)


if __name__ == "__main__":
    main()
