"""Quality of the embedded model at holes in held-out files of repositories that the ranker was not fitted on.

    python -m benchmarks.embedded_model.measure DIRECTORY... [--seed 7] [--files 30] [--holes 12] [--json] [--begun]
        [--calibration]

Each directory is a repository, such as an unpacked sdist (`pip download --no-deps --no-binary :all: tornado==6.4.2`)
or npm package (`npm pack typeorm@1.1.1`). Some of its files are held out of the index, and each is asked about 12
places, in the proportion 1:2:1: a fresh line, a line of which some characters are typed, the inside of brackets
whose rest is in the suffix. The target is the rest of the line, or what stands between the brackets. Comments,
docstrings and blank lines are never targets; files that are nearly copies of indexed ones are never held out.

Printed for each repository and for all: the share of places with an exact hit among all candidates (oracle), the
share whose best candidate is exact (EM), at each trigger the share at which the model speaks and how often it is
exactly right when it does (a name that is finished is right if it is all that was missing), the time of a completion
in ms, of indexing in s/MB, and the memory an index takes. Silence counts as wrong in EM. The real suffix is given.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

from attrs import evolve, frozen

from fim_language_server.embedded.answer.name_completion import finish_name
from fim_language_server.embedded.candidates.candidate_features import describe_candidates
from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.model import AUTOMATIC_THRESHOLD, INVOKED_THRESHOLD
from fim_language_server.embedded.ranking.models import Ranker
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords
from fim_language_server.embedded.text.lexer import normalise_line_ends

_EXTENSIONS = ".py .pyi .js .jsx .ts .tsx .go .c .h .cc .cpp .java .rs .kt .mm .cs .php .swift"
CODE = tuple(_EXTENSIONS.split())
BEGUN = (1, 2, 4, 8, 16)
"""Numbers of lines, down to the cursor's, of documents that were just begun."""
WINDOW = 20_000
"""Code points of prefix and suffix, each."""
_SKIPPED = {"node_modules", "dist", "build", "vendor", "third_party", "__pycache__", "deps"}
_LONG_LINE = 20
_DUPLICATE_SHARE = 0.7
_CLOSER = {"(": ")", "[": "]", "{": "}"}


@frozen
class Hole:
    """A place in a held-out file, and the text that stands there."""

    path: str
    kind: str  # line, typed, mid
    prefix: str
    suffix: str
    target: str


@frozen
class Judged:
    """The model's answer for one hole, compared with the target."""

    kind: str
    exact: bool
    in_candidates: bool
    says_something: bool
    probability: float
    name: str
    """The rest of the name at the cursor, which is shown if the line's probability is too low; "" if there is none."""
    name_is_exact: bool
    milliseconds: float


class FixedIndex:
    """A source of a corpus that never changes."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus


def read_sources(root: Path) -> dict[str, str]:
    """Return the repository's code by relative path."""
    sources = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.suffix not in CODE or not path.is_file() or _SKIPPED.intersection(relative.parts):
            continue
        if ".min." in path.name or path.stat().st_size > 1_000_000:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" not in text and len(text) < 200 * (text.count("\n") + 1):
            sources[relative.as_posix()] = normalise_line_ends(text)
    return sources


def hold_out(sources: dict[str, str], count: int, chance: random.Random) -> list[str]:
    """Return at most `count` files with some code in them that are not nearly copies of others."""
    counts: Counter[str] = Counter()
    long_lines = {
        path: {s for line in text.split("\n") if len(s := line.strip()) >= _LONG_LINE} for path, text in sources.items()
    }
    for lines in long_lines.values():
        counts.update(lines)
    eligible = [
        path
        for path, lines in long_lines.items()
        if len(lines) >= 15 and sum(counts[line] > 1 for line in lines) <= _DUPLICATE_SHARE * len(lines)
    ]
    chance.shuffle(eligible)
    return eligible[: min(count, max(5, len(sources) // 6))]


def holes(path: str, text: str, count: int, chance: random.Random) -> Iterator[Hole]:
    """Yield holes in a file: of three kinds, 1:2:1."""
    lines = [(start, end) for start, end in code_lines(text) if end - start >= 4]
    chance.shuffle(lines)
    kinds = (["line", "typed", "mid", "typed"] * count)[:count]
    for start, end in lines:
        if not kinds:
            return
        if (hole := cut(path, text, start, end, kinds[0], chance)) is not None:
            kinds.pop(0)
            yield hole


def as_begun(hole: Hole, lines: int) -> Hole:
    """Return the hole in a document that was just begun: with `lines` lines down to the cursor's, and none below."""
    above = "\n".join(hole.prefix.split("\n")[-lines:])
    return evolve(hole, prefix=above, suffix=hole.suffix.partition("\n")[0])


def code_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the code of each line, without comments, docstrings and blank lines."""
    offset, inside = 0, ""
    for line in text.split("\n"):
        body = line.strip()
        begin = offset + len(line) - len(line.lstrip())
        offset += len(line) + 1
        if inside:
            if inside in body:
                inside = ""
            continue
        mark = next((m for m in ('"""', "'''", 'r"""', "/*") if body.startswith(m)), "")
        if mark:
            closing = {"/*": "*/"}.get(mark, mark[-3:])
            if closing not in body[len(mark) :]:
                inside = closing
            continue
        comment = body.startswith(("#", "//", "*", "--")) and not re.match(r"#\s*(include|define|if|endif|else)", body)
        if body and not comment:
            yield begin, begin + len(body)


def cut(path: str, text: str, start: int, end: int, kind: str, chance: random.Random) -> Hole | None:
    """Cut one hole of a kind into a line; return None if the line has no place for it."""
    if kind == "line":
        place = start
    elif kind == "typed":
        place = start + chance.randint(1, end - start - 1)
    else:
        pairs = [pair for pair in _bracket_pairs(text[start:end]) if pair[1] - pair[0] > 2]
        if not pairs:
            return None
        opener, closer = chance.choice(pairs)
        place, end = start + opener + 1, start + closer
    target = text[place:end].rstrip()
    if len(target.strip()) < (3 if kind != "mid" else 1):
        return None
    return Hole(path, kind, text[max(0, place - WINDOW) : place], text[end : end + WINDOW], target)


def _bracket_pairs(line: str) -> list[tuple[int, int]]:
    pairs, stack = [], []
    for place, character in enumerate(line):
        if character in _CLOSER:
            stack.append(place)
        elif stack and character == _CLOSER[line[stack[-1]]]:
            pairs.append((stack.pop(), place))
    return pairs


def prepare(root: Path, seed: int, files: int, count: int) -> tuple[Corpus, list[Hole], float, int]:
    """Return the corpus without the held-out files, the holes, seconds of indexing, and bytes indexed."""
    chance = random.Random(f"{seed}/{root.name}")
    sources = read_sources(root)
    held = set(hold_out(sources, files, chance))
    cases = [hole for path in sorted(held) for hole in holes(path, sources[path], count, chance)]
    begin = time.perf_counter()
    corpus = index_texts((path, text) for path, text in sources.items() if path not in held)
    seconds = time.perf_counter() - begin
    return corpus, cases, seconds, sum(len(text) for path, text in sources.items() if path not in held)


def describe(corpus: Corpus, hole: Hole) -> tuple[list[str], list[dict[str, float]]]:
    """Return the candidates' texts and features for a hole."""
    cursor = read_cursor(corpus.vocabulary, hole.prefix, hole.suffix)
    words = KnownWords(corpus, cursor)
    candidates = gather_candidates(corpus, cursor, hole.path, words)
    if not candidates:
        return [], []
    features = describe_candidates(candidates, cursor, words, hole.path)
    return [candidate.text for candidate in candidates], features


def judge(corpus: Corpus, ranker: Ranker, hole: Hole) -> Judged:
    """Complete at one hole, and compare the answer with the target."""
    begin = time.perf_counter()
    texts, features = describe(corpus, hole)
    probabilities = ranker.probabilities(features)
    best = max(range(len(texts)), key=probabilities.__getitem__, default=None)
    milliseconds = 1e3 * (time.perf_counter() - begin)
    name = finish_name(corpus, read_cursor(corpus.vocabulary, hole.prefix, hole.suffix))
    text, probability = ("", 0.0) if best is None else (texts[best], probabilities[best])
    return Judged(
        hole.kind,
        best is not None and text == hole.target,
        hole.target in texts,
        bool(text.strip()),
        probability,
        name,
        name == hole.target,
        milliseconds,
    )


def summarise(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the figures of some answers, shares in percent."""
    total = max(1, len(judged))
    times = sorted(one.milliseconds for one in judged) or [0.0]
    figures = {
        "n": float(len(judged)),
        "oracle": 100 * sum(one.in_candidates for one in judged) / total,
        "EM": 100 * sum(one.exact for one in judged) / total,
        "p50 ms": times[len(times) // 2],
        "p99 ms": times[int(len(times) * 0.99)],
    }
    for threshold in (INVOKED_THRESHOLD, 0.3, AUTOMATIC_THRESHOLD):
        lines = [one for one in judged if one.says_something and one.probability >= threshold]
        names = [one for one in judged if one.name and one.probability < threshold]
        spoken = len(lines) + len(names)
        right = sum(one.exact for one in lines) + sum(one.name_is_exact for one in names)
        figures[f"spoke@{threshold}"] = 100 * spoken / total
        figures[f"right@{threshold}"] = 100 * right / max(1, spoken)
    return figures


def calibration(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield a row for each tenth of probability: the best candidates in it, their mean, and the share that is right."""
    for tenth in range(10):
        those = [one for one in judged if one.says_something and min(int(10 * one.probability), 9) == tenth]
        if those:
            predicted = 100 * sum(one.probability for one in those) / len(those)
            right = 100 * sum(one.exact for one in those) / len(those)
            yield f"from {tenth / 10:.1f} on: n {len(those)} predicted {predicted:.1f} right {right:.1f}"


def row(name: str, figures: dict[str, float]) -> str:
    return f"{name:24}" + " ".join(f"{key} {value:.1f}" for key, value in figures.items())


def print_row(name: str, figures: dict[str, float], *, as_json: bool) -> None:
    """Print the figures of a repository in one line."""
    print(json.dumps({"repo": name, **figures}) if as_json else row(name, figures), flush=True)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--holes", type=int, default=12)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--begun", action="store_true", help="as in documents that were just begun: with 1 to 16 lines")
    parser.add_argument("--calibration", action="store_true", help="also predicted and real, by tenths")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    ranker, everything = Ranker.load(), []
    for root in options.directory:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        corpus, cases, seconds, size = prepare(root, options.seed, options.files, options.holes)
        if options.begun:
            cases = list(map(as_begun, cases, cycle(BEGUN)))
        judged = [judge(corpus, ranker, hole) for hole in cases]
        everything += judged
        figures = summarise(judged)
        figures["MB"] = size / 1e6
        figures["index s/MB"] = 1e6 * seconds / max(1, size)
        figures["peak RSS +MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print_row(root.name, figures, as_json=options.json)
    for kind in ("line", "typed", "mid"):
        figures = summarise([one for one in everything if one.kind == kind])
        print(json.dumps({"kind": kind, **figures}) if options.json else row(kind, figures))
    figures = summarise(everything)
    print_row("all", figures, as_json=options.json)
    if options.calibration:
        print(*calibration(everything), sep="\n")


if __name__ == "__main__":
    main()
