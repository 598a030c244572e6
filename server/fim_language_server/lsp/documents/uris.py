"""File paths of the URIs that clients send; some of those are malformed."""

from __future__ import annotations

import functools
import logging
import os
import sys

from pygls.uris import to_fs_path

from fim_language_server.core.document_paths import path_of_uri, windows_file

logger = logging.getLogger(__name__)

_LONGEST_PATH, _LONGEST_NAME = 4_096, 255  # bytes, on Linux; macOS takes less
_SHOWN = 80  # characters of a bad URI in the log


def path_of(uri: str) -> str | None:
    """Return the absolute path of a `file:` URI; None for every other URI, and for a path that no file can have.

    Never raises. A malformed URI (`file://[::1`), or one whose path is relative, too long, or has a NUL or a lone
    surrogate in it, is logged once.
    """
    try:
        if to_fs_path(uri) is None:
            return None
        path = path_of_uri(uri)
        if sys.platform == "win32":
            found = windows_file(path)
        else:
            found = path if path.startswith("/") and _can_be_a_file(os.fsencode(path)) else None
        if found is not None:
            return found
    except (ValueError, LookupError):
        pass
    _log_once(uri[:_SHOWN])
    return None


def _can_be_a_file(path: bytes) -> bool:
    """Can a file have this path? For a name that is too long the system raises an error, as it does not for others."""
    return b"\0" not in path and len(path) <= _LONGEST_PATH and max(map(len, path.split(b"/"))) <= _LONGEST_NAME


@functools.lru_cache(maxsize=256)
def _log_once(beginning: str) -> None:
    logger.warning("%a is no file's URI; taken for a document that is not on disk", beginning)
