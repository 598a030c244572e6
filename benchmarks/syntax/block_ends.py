"""Ends of suggestions: shaping's rules and a parser's, compared on blocks taken out of real code.

    python -m benchmarks.syntax.block_ends [DIRECTORY...] [--seed 1] [--count 15] [--show N --kind KIND]

A model says the truth and goes on: with what stands below, where that is known and where the file ends at the cursor,
or with what follows another such block; or it says a shorter block. Shown can be exactly the block (at the file's end
also with the closer below it), more, less, nothing, or something else. The parser's rule cuts at the end of the node
around the cursor before the text is shaped. Without tree-sitter nothing is measured.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from benchmarks.damage_models import tokens
from benchmarks.syntax.grammars import LANGUAGES, block_end, is_installed
from benchmarks.syntax.places import Place, Said, plain, read_places, say
from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.values import CompletionRequest, Document, Position

COUNT: Final = 15
RESULTS: Final = ("exact", "more", "less", "nothing", "other")
RULES: Final = ("shaping", "parser")
_OPTIONS: Final = ShapingOptions()


def request_of(place: Place, suffix: str) -> CompletionRequest:
    """Return the request an editor makes at a place."""
    return CompletionRequest(
        Document("file:///block", place.language), Position(place.first, place.column), place.prefix, suffix
    )


def shown_by_shaping(place: Place, said: Said) -> str:
    """Return what a reader is shown as soon as that is sure."""
    request, grown = request_of(place, said.suffix), ""
    for token in tokens(said.text):
        grown += token
        if is_complete(request, grown, _OPTIONS):
            return shape(request, grown, _OPTIONS, finished=False).text
    return shape(request, said.text, _OPTIONS, finished=True).text


def shown_by_parser(place: Place, said: Said) -> str:
    """Return what a reader is shown of a text that is cut where the parser sees its block end."""
    text = said.text[: block_end(place.language, place.prefix, said.text)]
    return shape(request_of(place, said.suffix), text, evolve(_OPTIONS, multi_line="always"), finished=True).text


def judge(shown: str, right: frozenset[str]) -> str:
    """Return one of `RESULTS`."""
    shown, shortest, longest = plain(shown), min(right, key=len), max(right, key=len)
    if shown in right:
        return "exact"
    if not shown:
        return "nothing"
    if shown.startswith(shortest):
        return "more"
    return "less" if longest.startswith(shown) else "other"


def compare(seed: int, count: int, roots: list[Path] | None) -> list[tuple[str, Place, Said, str, str]]:
    """Return, for each rule and each model at each place, what is shown and how right that is."""
    rng = random.Random(seed)
    found = []
    for place, others in read_places(seed, count, roots):
        for said in say(place, others, rng):
            for rule, shown_by in zip(RULES, (shown_by_shaping, shown_by_parser), strict=True):
                shown = shown_by(place, said)
                found.append((rule, place, said, shown, judge(shown, said.right)))
    return found


def measure(seed: int = 1, count: int = COUNT, roots: list[Path] | None = None) -> dict[str, Any]:
    """Return the shares of `RESULTS` of either rule, in percent, and the time of a cut by the parser."""
    if not is_installed():
        return {"blocks (needs tree-sitter)": None}
    found = compare(seed, count, roots)
    figures: dict[str, Any] = {}
    for rule in RULES:
        results = Counter(result for by, *_, result in found if by == rule)
        for result in RESULTS:
            figures[f"blocks, {rule}: {result}, %"] = round(100 * results[result] / max(1, results.total()), 1)
    times = sorted(_milliseconds(place, said) for rule, place, said, *_ in found if rule == RULES[1])
    if times:
        figures["a cut by the parser, median, ms"] = round(times[len(times) // 2], 2)
        figures["a cut by the parser, p99, ms"] = round(times[int(0.99 * len(times))], 2)
    return figures


def _milliseconds(place: Place, said: Said) -> float:
    began = time.perf_counter()
    block_end(place.language, place.prefix, said.text)
    return 1_000 * (time.perf_counter() - began)


def _table(found: list[tuple[str, Place, Said, str, str]]) -> str:
    rows: dict[tuple[str, str], Counter[str]] = {}
    for rule, place, said, _, result in found:
        for name in (place.kind, said.model, place.language, "all"):
            rows.setdefault((name, rule), Counter())[result] += 1
    order = list(dict.fromkeys(name for name, _ in rows if name not in (*LANGUAGES, "all")))
    lines = [f"{'':30} {'rule':8} {'n':>5} " + " ".join(f"{result:>8}" for result in RESULTS)]
    for name in (*order, *(language for language in LANGUAGES if (language, RULES[0]) in rows), "all"):
        for rule in RULES:
            results = rows.get((name, rule), Counter())
            shares = " ".join(f"{100 * results[result] / max(1, results.total()):8.1f}" for result in RESULTS)
            lines.append(f"{name:30} {rule:8} {results.total():5} {shares}")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", type=Path, nargs="*", help="code, instead of what is installed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT, help="places of each kind and language")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print so many that shaping shows wrong")
    parser.add_argument("--kind", help="only places of this kind are printed")
    arguments = parser.parse_args()
    if not is_installed():
        parser.error("tree-sitter and its grammars are not installed: pip install -e .[syntax]")
    found = compare(arguments.seed, arguments.count, arguments.directories or None)
    print(_table(found))
    wrong = [
        one for one in found if one[0] == RULES[0] and one[4] != RESULTS[0] and arguments.kind in (None, one[1].kind)
    ]
    for _, place, said, shown, result in wrong[: arguments.show]:
        print(f"\n[{place.kind}] [{place.language}] [{said.model}] {result}\n  before {place.prefix[-160:]!r}")
        print(f"  said   {said.text[:300]!r}\n  shown  {shown[:300]!r}\n  right  {min(said.right, key=len)[:300]!r}")


if __name__ == "__main__":
    main()
