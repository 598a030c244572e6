"""The cache of indexes between sessions: one file for each set of folders, in the user's cache folder.

Only the user can read the folder, because the files hold source text. A file is written under another name and then
renamed, so two editors on one workspace never read half of one; the last one wins. The total size is bounded, and the
least recently used file is removed first. `index_file` checks a file's contents, `indexer.worker` whether they are
current.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fim_language_server.state.user_folders import user_folder

MOST_BYTES: Final = 600_000_000
"""Bytes of all kept indexes together; one of 20 MB of source takes about 80 MB."""
_SUFFIX: Final = ".index"
_UNFINISHED: Final = ".tmp"
_ABANDONED_AFTER: Final = 86_400
"""Seconds after which a file that was never finished is removed."""


WITHOUT_CACHE: Final = "FIM_WITHOUT_CACHE"
"""Environment variable: if it is set, no index is kept. Commands set it that index a temporary copy of a workspace."""


def cache_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return this program's folder for indexes in the user's cache folder, by the rules of the platform.

    It is "" if there is no home directory, or if `WITHOUT_CACHE` is set.
    """
    if environ.get(WITHOUT_CACHE):
        return ""
    base = user_folder(environ, platform, xdg="XDG_CACHE_HOME", unix=".cache", mac="Library/Caches")
    return base and f"{base}/fim-language-server/index"


def place_of(cache: str, folders: Sequence[str], exclude: Sequence[str], max_source_bytes: int, *more: str) -> str:
    """Return the path of the kept index of `folders` in the folder `cache`, under these settings.

    Patterns are compared with paths by the folders' given names, too.
    """
    given = sorted(folders) if exclude else []
    parts = [*map(os.path.realpath, sorted(folders)), "", *given, "", *exclude, "", str(max_source_bytes), *more]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{cache}/{digest[:32]}{_SUFFIX}"


def is_usable(cache: str) -> bool:
    """Make the cache folder if it is missing, and return whether it is writable, and readable by its owner only."""
    if not cache:
        return False
    try:
        Path(cache).mkdir(mode=0o700, parents=True, exist_ok=True)
        status = Path(cache).stat()
        if hasattr(os, "getuid"):
            if status.st_uid != os.getuid():
                return False
            if status.st_mode & 0o077:
                Path(cache).chmod(0o700)
    except OSError:
        return False
    return os.access(cache, os.R_OK | os.W_OK | os.X_OK)


def unfinished_name(place: str) -> str:
    """Return a path in the same folder that no other process uses."""
    return f"{place}.{os.getpid()}.{time.monotonic_ns():x}{_UNFINISHED}"


def drop_oldest(cache: str, most_bytes: int = MOST_BYTES) -> None:
    """Remove the least recently used indexes until the rest fits, and abandoned unfinished files."""
    kept: list[tuple[float, int, Path]] = []
    with contextlib.suppress(OSError):
        for path in Path(cache).iterdir():
            with contextlib.suppress(OSError):
                status = path.lstat()
                if path.name.endswith(_SUFFIX):
                    kept.append((status.st_mtime, status.st_size, path))
                elif path.name.endswith(_UNFINISHED) and time.time() - status.st_mtime > _ABANDONED_AFTER:
                    path.unlink()
    total = 0
    for _, size, path in sorted(kept, reverse=True):
        total += size
        if total > most_bytes:
            with contextlib.suppress(OSError):
                path.unlink()


def note_use(place: str) -> None:
    """Set the time of an index's last use to now."""
    with contextlib.suppress(OSError):
        os.utime(place)
