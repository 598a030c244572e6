"""Where the packages lie that are installed in the user's environment: a last scope to copy from, if it is wanted.

Python only: a virtual environment that is active, or that lies in the workspace, says where its packages are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 10_000_000
"""Bytes of installed packages that are indexed at most, beside the workspace."""

FOLDER: Final = "site-packages"
"""What the index calls the folder of all of them."""


def package_folders(folders: Sequence[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the folders with installed packages of the active environment, else of the workspace's own."""
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
