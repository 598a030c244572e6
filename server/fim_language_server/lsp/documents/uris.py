"""Paths of the URIs that clients send, some of which are no URIs at all."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path

from pygls.uris import to_fs_path

from fim_language_server.core.document_paths import path_of_uri

logger = logging.getLogger(__name__)

_LONGEST_PATH, _LONGEST_NAME = 4_096, 255  # bytes, on Linux; other systems take less, or hardly more
_SHOWN = 80  # characters of a bad URI in the log


def path_of(uri: str) -> str | None:
    """Return the absolute path of a `file:` URI; None for every other one, and for what no system takes as a path.

    Never raises: a URI that cannot be read (`file://[::1`), or whose path is not absolute, is too long, or has a
    NUL or half a character (a lone surrogate) in it, is not a path, which the log says once.
    """
    try:
        if to_fs_path(uri) is None:
            return None
        path = path_of_uri(uri).replace("/", os.sep)
        if Path(path).is_absolute() and _can_be_a_file(os.fsencode(path)):
            return path
    except (ValueError, LookupError):
        pass
    _complain_once(uri[:_SHOWN])
    return None


def _can_be_a_file(path: bytes) -> bool:
    """Could a system have such a file? Asking for one whose name is too long raises, where a missing one does not."""
    names = path.replace(b"\\", b"/").split(b"/") if os.name == "nt" else path.split(b"/")
    return b"\0" not in path and len(path) <= _LONGEST_PATH and max(map(len, names)) <= _LONGEST_NAME


@functools.lru_cache(maxsize=256)
def _complain_once(beginning: str) -> None:
    logger.warning("%a is no file's URI; taken for a document that is not on disk", beginning)
