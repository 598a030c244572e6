"""Likelihood of the true line to a real model, given the prompts of several servers or settings.

    make model
    python -m benchmarks.likelihood REPOSITORY... --revision REV [--settings FILE]... [--lines 40] [--place written]

The first side is what the others are compared with: each --revision, then this tree with each --settings (or its
defaults). Half of the lines need a word that stands in other files alone. Every side is asked about the same lines over
LSP. The model knows no fill-in-the-middle, so it reads pieces, path and the end of the prefix, and no suffix.
Prints nats a token, the share of tokens that were its first choice, and the difference in nats a line with its 95 %
interval (bootstrap by file). A prompt of 1,200 tokens takes about 5 s of a core; on a busy machine set
OPENBLAS_NUM_THREADS=1, or the threads of numpy wait for each other for minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen

from benchmarks.language_model import Judgement, LanguageModel, tokenize
from benchmarks.llama_server import llama_server
from benchmarks.servers import Server, of_revision, ours
from benchmarks.small_model import MISSING, find_small_model
from fim_language_server.cli.eval_context import PromptPasses
from fim_language_server.cli.prompt_session import RecordedServer, recorded_session
from fim_language_server.evaluation.holes import chance_of
from fim_language_server.evaluation.prompts.coverage import Interval, ratio_interval
from fim_language_server.evaluation.prompts.identifiers import identifiers_in
from fim_language_server.evaluation.prompts.places import LineToWrite, Subject, Subjects, choose_subjects
from fim_language_server.evaluation.prompts.recorded import RecordedPrompt
from fim_language_server.evaluation.prompts.report import MIDDLE, WRITTEN

PREFIX_CHARS = 2_400
"""Characters of the prefix that the model reads: it was trained with 2,048 tokens of context, the pieces want room."""
_CANDIDATE_FILES = 120
_CANDIDATE_LINES = 8
_INDEX_WAIT = 120.0

Place = tuple[str, int]
"""A file and a row of it."""


@frozen
class LineJudgement:
    """A line of a file, whether it needs other files, and what the model says of it for each side."""

    repository: str
    path: str
    needs_others: bool
    by_side: Mapping[str, Judgement] = field(repr=False)

    @property
    def group(self) -> str:
        """Return the name of the file, for samples."""
        return f"{self.repository}/{self.path}"


@define(eq=False)
class KeptPrompts(PromptPasses):
    """Passes that keep the prompt of each line."""

    prompts: dict[Place, RecordedPrompt] = field(factory=dict, init=False)

    def take(
        self, subject: Subject, line: LineToWrite, document: str, prompt: RecordedPrompt | None, fresh: int = 0
    ) -> None:
        """Keep it."""
        super().take(subject, line, document, prompt, fresh)
        if prompt is not None:
            self.prompts[subject.path, line.row] = prompt


def choose_lines(subjects: Subjects, count: int, place: str, seed: int) -> tuple[Subjects, set[Place]]:
    """Return the subjects with `count` lines in all, and which of them need other files: half, where there are such."""
    groups: tuple[list[Place], list[Place]] = ([], [])
    for subject in subjects.files:
        for line in subject.lines:
            rows = subject.rows[: line.row] + (subject.rows[line.row + 1 :] if place == MIDDLE else ())
            needed = (line.words - identifiers_in("\n".join(rows))) & subjects.elsewhere(subject.path)
            groups[not needed].append((subject.path, line.row))
    for number, group in enumerate(groups):
        chance_of(seed, f"group {number}").shuffle(group)
    alone = groups[1][: count - min(count // 2, len(groups[0]))]
    needing = set(groups[0][: count - len(alone)])
    chosen = needing.union(alone)
    files = [
        evolve(subject, lines=tuple(line for line in subject.lines if (subject.path, line.row) in chosen))
        for subject in subjects.files
    ]
    return evolve(subjects, files=tuple(subject for subject in files if subject.lines)), needing


async def record(folder: Path, subjects: Subjects, server: Server, place: str) -> dict[Place, RecordedPrompt]:
    """Return the prompt that a server sends for each line."""
    assert server.command is not None
    recorded = RecordedServer("mistral", server.settings, server.command, server.environ)
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as home:
        async with recorded_session(folder, recorded, home, _INDEX_WAIT) as session:
            passes = KeptPrompts(session, subjects, "", 0)
            await passes.run((place,))
            return passes.prompts


def render(prompt: RecordedPrompt, path: str) -> str:
    """Return what the model reads: pieces and the end of the prefix under their paths, up to the line."""
    prefix = prompt.prefix[: prompt.prefix.rfind("\n") + 1]
    if len(prefix) > PREFIX_CHARS:
        prefix = prefix[-PREFIX_CHARS:].partition("\n")[2]
    pieces = "".join(f"+++++ {piece.path}\n{piece.text.rstrip()}\n\n" for piece in prompt.pieces)
    return f"{pieces}+++++ {path}\n{prefix}"


def judge(
    model: LanguageModel, url: str, folder: Path, subjects: Subjects, needing: set[Place],
    prompts: Mapping[str, Mapping[Place, RecordedPrompt]],
) -> list[LineJudgement]:  # fmt: skip
    """Return what the model says of each line that led to a prompt on every side."""
    found = []
    for subject in subjects.files:
        for line in subject.lines:
            place = (subject.path, line.row)
            if all(place in of_side for of_side in prompts.values()):
                text = tokenize(url, subject.rows[line.row] + "\n")
                sides = {
                    name: model.judge(tokenize(url, render(of_side[place], subject.path)), text)
                    for name, of_side in prompts.items()
                }
                found.append(LineJudgement(folder.name, subject.path, place in needing, sides))
    return found


def difference(lines: Iterable[LineJudgement], side: str, base: str) -> Interval | None:
    """Return by how many nats a line is likelier on one side than on the base."""
    sums: dict[str, list[float]] = {}
    for line in lines:
        entry = sums.setdefault(line.group, [0, 0])
        entry[0] += line.by_side[side].nats - line.by_side[base].nats
        entry[1] += 1
    return ratio_interval(sums, seed=1)


def as_text(lines: Sequence[LineJudgement], sides: Sequence[str]) -> str:
    """Return a row for each side; the first is what the others are compared with."""
    width = max(len(side) for side in sides)
    heads = f"{'':{width}}  nats/token  top-1 %  {'nats a line more':>22}  {'where others are needed':>24}"
    rows = [f"{len(lines)} lines, {sum(line.needs_others for line in lines)} of which need other files", heads]
    for side in sides:
        said = [line.by_side[side] for line in lines]
        tokens = sum(one.tokens for one in said)
        nats, first = -sum(one.nats for one in said) / tokens, 100 * sum(one.first_choices for one in said) / tokens
        more = _ends(difference(lines, side, sides[0]))
        needing = _ends(difference([line for line in lines if line.needs_others], side, sides[0]))
        rows.append(f"{side:{width}}  {nats:>10.3f}  {first:>7.1f}  {more:>22}  {needing:>24}")
    return "\n".join(rows)


def _ends(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:+.2f} [{interval.low:+.2f} {interval.high:+.2f}]"


def main() -> None:
    """Record, judge, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", metavar="REPOSITORY", nargs="+", type=Path)
    parser.add_argument("--revision", metavar="REV", action="append", default=[], help="a commit, before this tree")
    parser.add_argument("--settings", metavar="FILE", type=Path, action="append", default=[], help="of this tree")
    parser.add_argument("--lines", type=int, default=40, help="lines of each repository (default: 40)")
    parser.add_argument("--place", choices=(MIDDLE, WRITTEN), default=WRITTEN, help="default: written")
    parser.add_argument("--seed", type=int, default=7)
    words = parser.parse_args()
    weights = find_small_model()
    if weights is None:
        parser.error(MISSING)
    servers = [of_revision(revision) for revision in words.revision]
    servers += [ours(json.loads(path.read_text(encoding="utf-8")), path.name) for path in words.settings] or [ours()]
    model, lines = LanguageModel.read(weights), []
    with llama_server(weights, context=512) as url:
        for repository in words.repositories:
            folder = repository.resolve()
            subjects = choose_subjects(folder, _CANDIDATE_FILES, _CANDIDATE_LINES, words.seed)
            chosen, needing = choose_lines(subjects, words.lines, words.place, words.seed)
            prompts = {server.name: asyncio.run(record(folder, chosen, server, words.place)) for server in servers}
            lines += judge(model, url, folder, chosen, needing, prompts)
    print(as_text(lines, [server.name for server in servers]))


if __name__ == "__main__":
    main()
