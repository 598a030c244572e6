"""Folders of the packages installed in the user's environment, which are indexed last if the setting says so.

Only Python's are found: those of the active virtual environment, or of one in the workspace.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 10_000_000
"""Most bytes of installed packages that are indexed beside the workspace."""

FOLDER: Final = "site-packages"
"""Name of their common folder in the index."""


def package_folders(folders: Sequence[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the package folders of the active environment, or else of one in the workspace's `folders`."""
    active = [environ[name] for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if environ.get(name)]
    own = [f"{folder}/{name}" for folder in folders for name in (".venv", "venv")]
    for environment in (*active, *own):
        try:
            found = [*Path(environment).glob("lib/python3*/site-packages"), Path(environment, "Lib/site-packages")]
            if existing := [str(path) for path in found if path.is_dir()]:
                return existing
        except OSError:
            continue
    return []
