"""Measure how good a model is on your code: take code out of a repository, request it from the model, and compare.

Some files are held out (or, with --history, the lines that recent commits added), holes are punched into them, and
each provider is asked to fill them in, through the same stream and shaping as in the editor. Without --provider it is
the embedded model, which indexes a copy of the repository without the held-out files: no key, no network, no cost.
docs/eval.md defines every figure.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from math import inf
from pathlib import Path

from attrs import define, field

from fim_language_server.cli.complete import read_settings_file
from fim_language_server.cli.eval_context import add_context_arguments, run_context
from fim_language_server.cli.eval_next_edit import add_next_edit_arguments, run_next_edit
from fim_language_server.cli.eval_output import EvalProgress, print_report
from fim_language_server.cli.printing import prompt, remark, say_json
from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.errors import FimError, SettingsError
from fim_language_server.evaluation.evaluated_models import (
    EvaluatedModel,
    common_window,
    enter_workspace,
    open_models,
    read_choice,
)
from fim_language_server.evaluation.holes import KINDS
from fim_language_server.evaluation.model_calls import PromptWindow
from fim_language_server.evaluation.page import make_page
from fim_language_server.evaluation.plan import Plan, Scope, WorkspaceCopy, make_plan
from fim_language_server.evaluation.records import Record
from fim_language_server.evaluation.report import EvaluationReport, Side, make_report, money
from fim_language_server.evaluation.run import Estimate, Run, RunLimits, estimate
from fim_language_server.providers import AUTO


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the repository, the models, the extent and the limits of spending."""
    parser.add_argument("repo", metavar="REPO", nargs="?", type=Path, default=Path(), help="default: this folder")
    parser.add_argument(
        "--provider",
        metavar="KIND[:MODEL][@URL]",
        action="append",
        help="model to evaluate; may be repeated (default: the embedded model)",
    )
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings, for keys and addresses")
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--files", metavar="N", type=_count, default=30, help="most files that are held out (default: 30)"
    )
    what.add_argument("--holes", metavar="N", type=_count, default=12, help="holes in each (default: 12)")
    what.add_argument(
        "--kinds",
        type=_kinds,
        default=KINDS,
        metavar="K,K",
        help=f"kinds of places: a fresh line, a line that is begun, inside brackets (default: {','.join(KINDS)})",
    )
    what.add_argument("--history", action="store_true", help="ask for lines that recent commits added instead")
    what.add_argument(
        "--commits", metavar="N", type=_count, default=20, help="how many commits are recent (default: 20)"
    )
    what.add_argument(
        "--typing",
        metavar="N",
        nargs="?",
        type=_count,
        const=40,
        default=0,
        help="type N held-out lines key by key as well (40 where no number is given)",
    )
    what.add_argument("--seed", metavar="N", type=int, default=7, help="decides what is taken out (default: 7)")
    spent = parser.add_argument_group("what may be spent, the same for everybody")
    spent.add_argument("--budget-prefix", type=_count, metavar="CHARS", help="characters shown before the cursor")
    spent.add_argument("--budget-suffix", type=_amount, metavar="CHARS", help="characters shown after the cursor")
    spent.add_argument("--budget-tokens", type=_count, metavar="N", help="most tokens of an answer")
    spent.add_argument("--budget-requests", type=_count, metavar="N", help="most requests to each provider")
    spent.add_argument("--budget-usd", type=_money, metavar="USD", help="most money for each provider, by estimate")
    spent.add_argument("--yes", action="store_true", help="ask providers that cost money without asking you")
    add_context_arguments(parser)
    add_next_edit_arguments(parser)
    out = parser.add_argument_group("what comes out")
    out.add_argument("--json", action="store_true", help="print the report as JSON")
    out.add_argument("--html", metavar="FILE", type=Path, help="write the report as a page with plots")
    out.add_argument(
        "--write-workspace",
        metavar="DIR",
        type=Path,
        help="write the repository without held-out files, and ask nothing",
    )
    out.add_argument("--resume", metavar="FILE", type=Path, help="keep answers in this file, and go on from it")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; 0 where everything was answered, 1 where not, 2 misused, 130 after Ctrl-C (with what there is)."""
    evaluation = Evaluation(arguments)
    status = 0
    try:
        if arguments.context:
            return run_context(arguments)
        if arguments.next_edit:
            return run_next_edit(arguments)
        asyncio.run(evaluation.ask(os.environ))
    except KeyboardInterrupt:
        status = 130
    except FimError as error:
        remark(f"fim-language-server: {error}")
        return 2 if isinstance(error, SettingsError) else 1
    report = evaluation.report()
    if report is None:
        return status
    if arguments.html is not None:
        write_page(report, arguments.html, f"{arguments.repo.resolve().name}: how good is the completion?")
    if arguments.json:
        say_json(report.to_json(), indent=2)
    else:
        print_report(report)
    return status or (0 if report.is_whole else 1)


@define
class Evaluation:
    """One evaluation. Whatever ends `ask`, `report` tells what was answered until then."""

    arguments: argparse.Namespace
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _plan: Plan | None = field(default=None, init=False)
    _record: Record | None = field(default=None, init=False)
    _contestants: Sequence[EvaluatedModel] = field(default=(), init=False)

    async def ask(self, environ: Mapping[str, str]) -> None:
        """Ask all there is to ask. Raises SettingsError where it cannot be done as it was said."""
        words = self.arguments
        choices = [read_choice(text) for text in words.provider or [AUTO]]
        if len({choice.label for choice in choices}) < len(choices):
            raise SettingsError("the same --provider is named twice; name each once")
        settings = read_settings_file(words.settings)
        if words.html is not None and not words.html.resolve().parent.is_dir():
            raise SettingsError(f"there is no folder {words.html.parent}; --html names a file in one")
        if not words.repo.is_dir():
            raise SettingsError(f"there is no folder {words.repo}; REPO is one with source code")
        plan = make_plan(words.repo.resolve(), scope_of(words))
        if words.write_workspace is not None:
            write_workspace(plan, words.write_workspace)
            return
        self._plan = plan
        async with open_models(choices, settings, environ, _say, words.budget_tokens) as contestants:
            self._contestants = contestants
            await self._ask(plan, contestants)

    async def _ask(self, plan: Plan, contestants: Sequence[EvaluatedModel]) -> None:
        words = self.arguments
        window = common_window(contestants, words.budget_prefix, words.budget_suffix)
        setup = describe_setup(words, plan, window, contestants[0].max_tokens)
        self._record = record = Record.open(setup, words.resume)
        limits = RunLimits(words.budget_usd, words.budget_requests)
        estimates = {model.label: estimate(model, plan, record, window) for model in contestants if model.is_paid}
        paid = [
            (model, estimates[model.label])
            for model in contestants
            if model.is_paid and estimates[model.label].requests
        ]
        if paid and not words.yes:
            confirm([warning(*each, limits) for each in paid])
        totals = {model.label: len(plan.holes) + len(plan.lines) for model in contestants}
        with EvalProgress(totals) as progress:
            run = Run(contestants, record, window, time.monotonic, self.sleep, progress, limits)
            await run.ask_all(plan, partial(self._enter, progress))

    async def _enter(self, progress: EvalProgress, stage: WorkspaceCopy) -> None:
        """Index a stage's workspace. The files themselves are not needed after that."""
        temporary = tempfile.TemporaryDirectory(prefix="fim-eval-", ignore_cleanup_errors=True)
        with progress.busy("indexing the workspace"), temporary as folder:
            await asyncio.to_thread(stage.write_workspace, Path(folder))
            await enter_workspace(self._contestants, Path(folder))

    def report(self) -> EvaluationReport | None:
        """Return the report of what was answered; None where nothing was asked yet."""
        if self._plan is None or self._record is None:
            return None
        sides = [Side(model.label, model.application.model, model.price, model.failure) for model in self._contestants]
        return make_report(self._record, sides, len(self._plan.holes))


def write_workspace(plan: Plan, folder: Path) -> None:
    """Write what there is to complete from, for a model in another program. Raises SettingsError where it cannot be."""
    if len(plan.stages) > 1:
        raise SettingsError("--history has a workspace for each commit; leave it out with --write-workspace")
    try:
        is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
        if not is_free:
            raise SettingsError(f"{folder} is not an empty folder; --write-workspace takes one, or a new name")
        plan.stages[0].write_workspace(folder)
    except OSError as error:
        raise SettingsError(f"cannot write {error.filename or folder}: {error.strerror}") from None
    files = len({hole.path for hole in plan.holes})
    _say(f"{folder} has the repository without {files} held-out files")


def scope_of(words: argparse.Namespace) -> Scope:
    """Return how much is asked."""
    commits = words.commits if words.history else 0
    return Scope(words.files, words.holes, tuple(words.kinds), words.seed, words.typing, commits)


def describe_setup(words: argparse.Namespace, plan: Plan, window: PromptWindow, max_tokens: int) -> dict[str, object]:
    """Return what makes two evaluations the same: a record of another one must not be gone on with."""
    names = "\n".join(hole.name for hole in (*plan.holes, *plan.lines))
    return {
        "seed": words.seed,
        "files": words.files,
        "holes": words.holes,
        "kinds": list(words.kinds),
        "commits": words.commits if words.history else 0,
        "typing": len(plan.lines),
        "prefix": window.prefix_chars,
        "suffix": window.suffix_chars,
        "tokens": max_tokens,
        "questions": hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    }


def warning(contestant: EvaluatedModel, expected: Estimate, limits: RunLimits) -> str:
    """Return what asking a provider sends and costs, in a sentence."""
    if expected.usd is None:
        price = "its price is unknown here"
    else:
        most = expected.usd if limits.usd is None else min(expected.usd, limits.usd)
        price = f"at most {money(most)}"
    requests = expected.requests if limits.requests is None else min(expected.requests, limits.requests)
    return (
        f"{contestant.label}: up to {requests:,} requests send code of this repository to {contestant.host}, about "
        f"{expected.prompt_tokens:,} tokens, for up to {expected.completion_tokens:,} tokens of answers; {price}."
    )


def confirm(warnings: Sequence[str]) -> None:
    """Ask on the terminal whether to go on. Raises SettingsError where the answer is no, or without a terminal."""
    for each in warnings:
        remark(each)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError("this may cost money and sends code; add --yes if it is meant")
    prompt("Go on? [y/N] ")
    # The event loop turns Ctrl-C into a cancellation, which would wait for the line to end.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if answer.strip().lower() not in {"y", "yes"}:
        raise SettingsError("nothing was asked")


def write_page(report: EvaluationReport, path: Path, title: str) -> None:
    """Write the report as a page; where that fails it is said, and the report is still printed."""
    try:
        path.write_text(without_invisible(make_page(report, title)), encoding="utf-8", newline="")
    except OSError as error:
        _say(f"cannot write {path}: {error.strerror}")


def _say(text: str) -> None:
    remark(text)


def _count(text: str) -> int:
    """Read a number from 1."""
    number = _amount(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def _amount(text: str) -> int:
    """Read a number from 0."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _money(text: str) -> float:
    """Read an amount of money, more than nothing."""
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount above 0")
    return amount


def _kinds(text: str) -> tuple[str, ...]:
    """Read kinds of holes, such as `line,mid`."""
    kinds = tuple(word.strip() for word in text.split(","))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no kind; choose from {','.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in kinds)
