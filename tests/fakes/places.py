"""Files and folders by absolute paths that this system has: on Windows they lie on a drive."""

from __future__ import annotations

import sys


def uri_of(path: str) -> str:
    """Return the URI of a file, given its path with "/" at the beginning and as separator."""
    return f"file:///c:{path}" if sys.platform == "win32" else f"file://{path}"


def local(path: str) -> str:
    """Return the path as this system's functions take it."""
    return "c:" + path.replace("/", "\\") if sys.platform == "win32" else path
