"""Plan of an evaluation: the holes, the lines to type, the workspace to complete from, by repository and seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import field, frozen

from fim_language_server.embedded.sources.scanner import Scanner
from fim_language_server.embedded.sources.source_files import read_source
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.git import GitRepository
from fim_language_server.evaluation.history import holes_in, recent_additions, workspace_at
from fim_language_server.evaluation.holes import KINDS, Hole, chance_of, choose_files, punch_holes


@frozen
class Scope:
    """Extent of an evaluation: files (or changed files of commits) held out, holes in each, lines to type in all."""

    files: int = 30
    holes: int = 12
    kinds: tuple[str, ...] = KINDS
    seed: int = 7
    typing: int = 0
    commits: int = 0
    """Number of recent commits to read; 0: files are held out instead."""


@frozen
class WorkspaceCopy:
    """One state of the repository with its holes, lines to type, and the files to complete from."""

    holes: tuple[Hole, ...]
    lines: tuple[Hole, ...]
    _workspace: Callable[[], Mapping[str, str]] = field(repr=False)

    def write_workspace(self, folder: Path) -> None:
        """Write the state, without what is held out, into an empty folder."""
        for path, text in self._workspace().items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", errors="replace", newline="")
            # One time for all: which files are indexed, where not all can be, must not depend on the clock.
            os.utime(target, (0, 0))


@frozen
class Plan:
    """All that is asked, state by state."""

    stages: tuple[WorkspaceCopy, ...]

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Return all holes, in the order in which they are asked about."""
        return tuple(hole for stage in self.stages for hole in stage.holes)

    @property
    def lines(self) -> tuple[Hole, ...]:
        """Return all lines that are typed, in their order."""
        return tuple(line for stage in self.stages for line in stage.lines)


def make_plan(folder: Path, scope: Scope) -> Plan:
    """Decide what is asked about a repository. Raises SettingsError where there is nothing to ask about."""
    plan = _from_history(folder, scope) if scope.commits else _from_files(folder, scope)
    if not plan.holes:
        what = (
            "recent commits added no lines of code"
            if scope.commits
            else "no files with enough code were found (ignored ones do not count)"
        )
        raise SettingsError(f"there is nothing to ask about in {folder}: {what}; name another repository")
    return plan


def _from_files(folder: Path, scope: Scope) -> Plan:
    sources = _read_sources(folder)
    chosen = choose_files(sources, scope.files, scope.seed)
    holes = [hole for path in chosen for hole in punch_holes(path, sources[path], scope.holes, scope.seed, scope.kinds)]
    share = _share(scope.typing, len(chosen))
    lines = [list(punch_holes(path, sources[path], share, f"{scope.seed}/typing", ("line",))) for path in chosen]
    workspace = {path: text for path, text in sources.items() if path not in chosen}
    return Plan((WorkspaceCopy(tuple(holes), _in_turn(lines, scope.typing), lambda: workspace),))


def _from_history(folder: Path, scope: Scope) -> Plan:
    repository = GitRepository.at(folder)
    commits = repository.recent_commits(scope.commits)
    if not commits:
        raise SettingsError(f"{folder} has no commit with a commit before it; leave out --history")
    additions = list(recent_additions(repository, commits))
    chance_of(scope.seed, "commits").shuffle(additions)
    punched = [(one, tuple(holes_in(one, scope.holes, scope.seed, scope.kinds))) for one in additions]
    chosen = [(one, holes) for one, holes in punched if holes][: scope.files]
    share = _share(scope.typing, len(chosen))
    typed = [list(holes_in(one, share, scope.seed + 1, ("line",))) for one, _ in chosen]
    kept = set(_in_turn(typed, scope.typing))
    stages = []
    for commit in commits:
        here = [place for place, (one, _) in enumerate(chosen) if one.commit == commit]
        holes = tuple(hole for place in here for hole in chosen[place][1])
        lines = tuple(line for place in here for line in typed[place] if line in kept)
        stages.append(WorkspaceCopy(holes, lines, partial(workspace_at, repository, f"{commit}^")))
    return Plan(tuple(stage for stage in stages if stage.holes))


def _share(count: int, files: int) -> int:
    """Return how many lines each file gives, so that they come from as many files as possible."""
    return -(-count // max(1, files))


def _read_sources(folder: Path) -> dict[str, str]:
    """Return the sources of a folder by path, in the order of their paths: what the index would read."""
    listing = sorted(Scanner([str(folder)]).list_sources().files, key=lambda file: file.name)
    texts = ((file.name, read_source(file.path)) for file in listing)
    return {name: text for name, text in texts if text is not None}


def _in_turn(groups: Iterable[Sequence[Hole]], count: int) -> tuple[Hole, ...]:
    """Return the first of each group, then the second of each, and so on, up to `count`."""
    by_turn = [(turn, number, hole) for number, group in enumerate(groups) for turn, hole in enumerate(group)]
    return tuple(hole for _, _, hole in sorted(by_turn, key=lambda entry: entry[:2])[:count])
