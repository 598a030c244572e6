"""Next edits measured on a repository's commits, or on recordings: what `eval --next-edit` and the benchmark share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.evaluation.git import GitRepository
from fim_language_server.evaluation.next_edit.git_sessions import git_sessions
from fim_language_server.evaluation.next_edit.recordings import read_recording, recordings_at
from fim_language_server.evaluation.next_edit.replay import Finder, SessionResult, replay
from fim_language_server.evaluation.next_edit.sessions import EditSession


def sessions_of(path: Path, commits: int) -> Iterator[EditSession]:
    """Yield the sessions of a path: of a file or folder with recordings, else of a repository's newest commits.

    Raises SettingsError where it has neither.
    """
    if path.is_file() or (not (path / ".git").exists() and any(path.glob("**/*recording.w.json"))):
        yield from map(read_recording, recordings_at(path))
    else:
        yield from git_sessions(GitRepository.at(path), commits)


def measure_sessions(
    sessions: Iterator[EditSession], clock: Callable[[], float], find: Finder = find_repeat
) -> Iterator[SessionResult]:
    """Yield the result of each session, asked with `find`; `clock` gives seconds."""
    for session in sessions:
        yield replay(session, find, clock)
