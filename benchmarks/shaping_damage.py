"""Share of right texts that shaping damages on their way to the screen: `python -m benchmarks.shaping_damage --seed 1`.

Real code is cut at directed places, three models say what is missing there, and what would be accepted is compared
with the original. `--files` cuts other code, `--show` prints what is wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.damage_corpus import read_corpus
from benchmarks.damage_models import MODELS, Verdict, judge
from benchmarks.damage_places import cut

COUNT: Final = 3_000
ORDINARY: Final = ("fresh line", "fresh block", "typed part", "typed part, goes on")


def verdicts(seed: int, count: int, folders: list[Path] | None = None) -> list[Verdict]:
    """Return a verdict on each model's text at each of `count` places."""
    places = cut(read_corpus(seed, folders), count, seed)
    return [judge(place, model) for place in places for model in MODELS]


def measure(seed: int = 1, count: int = COUNT) -> dict[str, Any]:
    """Return the share of places damaged, in percent: by model, and at ordinary places of a model that is right."""
    found = verdicts(seed, count)
    figures: dict[str, Any] = {}
    for model in MODELS:
        figures[f"places damaged, {model}, %"] = _share([one for one in found if one.model == model])
    ordinary = [one for one in found if one.model == MODELS[0] and one.place.kind in ORDINARY]
    figures["ordinary places damaged, truth, %"] = _share(ordinary)
    return figures


def table(found: list[Verdict], by: str) -> str:
    """Return the damaged places of each model, by `kind` or by `language`."""
    tried = Counter((getattr(one.place, by), one.model) for one in found)
    damaged = Counter((getattr(one.place, by), one.model) for one in found if one.damage)
    rows = []
    for name in dict.fromkeys(getattr(one.place, by) for one in found):
        cells = [f"{damaged[name, model]:4}/{tried[name, model]:<4}" for model in MODELS]
        rows.append(f"{name:32}" + "  ".join(cells))
    sums = [f"{_share([one for one in found if one.model == model]):8.2f} %" for model in MODELS]
    return "\n".join(
        [f"{by:32}" + "  ".join(f"{model:>9.9}" for model in MODELS), *rows, f"{'all':32}" + " ".join(sums)]
    )


def _share(found: list[Verdict]) -> float:
    return round(100 * sum(one.damage is not None for one in found) / max(1, len(found)), 2)


def _describe(one: Verdict) -> str:
    typed, rest = one.place.prefix.rpartition("\n")[2], one.place.suffix[:160]
    right = one.place.truth if one.place.right is None else one.place.right
    return (
        f"\n[{one.place.kind}] [{one.place.language}] [{one.model}] {one.damage}\n"
        f"  before {one.place.prefix[-160 - len(typed) : -len(typed) or None]!r}\n  line   {typed!r}\n"
        f"  said   {one.said[:300]!r}\n  shown  {one.shown[:300]!r}\n  right  {right[:300]!r}\n  after  {rest!r}"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT, help="places")
    parser.add_argument("--files", type=Path, action="append", help="a folder of code, instead of what is installed")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many damaged texts of each kind")
    parser.add_argument("--kind", help="only places of this kind are printed")
    arguments = parser.parse_args()
    found = verdicts(arguments.seed, arguments.count, arguments.files)
    print(table(found, "kind"), table(found, "language"), sep="\n\n")
    printed: Counter[tuple[str, str]] = Counter()
    for one in found:
        key = one.place.kind, one.model
        if one.damage and printed[key] < arguments.show and arguments.kind in (None, one.place.kind):
            printed[key] += 1
            print(_describe(one))


if __name__ == "__main__":
    main()
