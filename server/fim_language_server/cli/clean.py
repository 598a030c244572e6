"""Remove what this program has left on the machine: kept indexes of workspaces, and the record that `stats` prints.

It lists the folders and asks first; --yes does not ask, --dry-run only lists. What editors keep (an extension, its
environment, its settings) they remove themselves. Exit status: 0 when nothing is left, 1 where something could not be
removed or you said no.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from fim_language_server.cli.printing import remark, say
from fim_language_server.embedded.index.index_cache import WITHOUT_CACHE, cache_folder
from fim_language_server.state.folder import state_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether it asks."""
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.add_argument("--dry-run", action="store_true", help="list what would be removed, and remove nothing")


def run(arguments: argparse.Namespace) -> int:
    """List, ask, remove; return the exit status."""
    folders = kept_folders()
    if not folders:
        say("Nothing is left on this machine.")
        return 0
    for folder in folders:
        files, size = measure(folder)
        say(f"{folder}: {files} {'file' if files == 1 else 'files'}, {size / 1e6:,.1f} MB")
    if arguments.dry_run:
        return 0
    if not arguments.yes and not _is_confirmed():
        say("Nothing was removed.")
        return 1
    failed = [folder for folder in folders if not remove(folder)]
    for folder in failed:
        remark(f"could not remove all of {folder}")
    return 1 if failed else 0


def kept_folders() -> list[Path]:
    """Return the folders of this program that exist: the cache's, and that of its state."""
    cache = cache_folder({name: value for name, value in os.environ.items() if name != WITHOUT_CACHE})
    # The cache's folder has one for indexes in it; the other holds the state's files directly.
    named = [Path(cache).parent] if cache else []
    named += [Path(state_folder())] if state_folder() else []
    return [folder for folder in dict.fromkeys(named) if folder.is_dir() and not folder.is_symlink()]


def measure(folder: Path) -> tuple[int, int]:
    """Return the number of files in a folder, and their bytes."""
    sizes = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            sizes.append(path.lstat().st_size if path.exists() or path.is_symlink() else 0)
    return len(sizes), sum(sizes)


def remove(folder: Path) -> bool:
    """Remove a folder with what is in it, following no link; return whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        remark("nothing is removed without --yes where nobody can be asked")
        return False
    return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
