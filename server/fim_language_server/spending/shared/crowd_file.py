"""File that remembers how many machines shared a team's budget, for a machine that starts while the store is away."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from attrs import define

MOST = 1_000_000
"""More members than that are a file of something else."""


@define(eq=False)
class CrowdFile:
    """Numbers of members, a small file for each budget in `folder`. A call waits for the disk, and never raises."""

    _folder: Path

    def note(self, scope: bytes, members: int) -> None:
        """Remember the number; where it cannot be written the next start begins small."""
        path = self._path(scope)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(f"{members}\n", encoding="ascii", newline="\n")
            new.replace(path)

    def recall(self, scope: bytes) -> int:
        """Return the number; 0 where none is known."""
        try:
            members = int(self._path(scope).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        return members if 0 < members <= MOST else 0

    def _path(self, scope: bytes) -> Path:
        return self._folder / f"team-{hashlib.blake2b(scope, digest_size=8).hexdigest()}.members"
