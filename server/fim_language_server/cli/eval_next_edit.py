"""`eval --next-edit`: next edits without a model, measured on the commits of a repository or on recordings.

Each commit is made again, edit by edit, and after each one the next edit is asked for. Nothing leaves the machine, and
nothing is written.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fim_language_server.cli.printing import say, say_json
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.next_edit.figures import figures_of
from fim_language_server.evaluation.next_edit.measuring import measure_sessions, sessions_of
from fim_language_server.evaluation.next_edit.report import as_json, as_text

FEWEST_COMMITS = 100
"""Commits that are read where --commits asks for fewer: few of them repeat anything."""


def add_next_edit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `--next-edit`."""
    group = parser.add_argument_group("next edits, instead of what a model says")
    group.add_argument(
        "--next-edit",
        action="store_true",
        help=f"make the newest commits again ({FEWEST_COMMITS} or --commits), or REPO's recordings, and look whether "
        "each edit was offered",
    )


def run_next_edit(words: argparse.Namespace) -> int:
    """Measure and print; 0, or 1 where there were no edits. Raises SettingsError where it cannot be done."""
    path: Path = words.repo.resolve()
    if not path.exists():
        raise SettingsError(f"there is no {words.repo}; REPO is a git repository, a recording or a folder with some")
    commits = max(words.commits, FEWEST_COMMITS)
    results = list(measure_sessions(sessions_of(path, commits), time.perf_counter))
    figures = figures_of(results, words.seed)
    if words.json:
        say_json({"path": path.name, "commits": commits, **as_json(figures)}, indent=2)
    else:
        say(as_text([f"next edits without a model: {path.name}"], figures))
    return 0 if figures.edits else 1
