"""Where state is kept: the user's state folder, by the rules of the platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def state_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return this program's folder for state; "" where the user has no home.

    XDG Base Directory Specification: a relative XDG_STATE_HOME is invalid and ignored.
    """
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME", "")
    if platform == "win32":
        base = environ.get("LOCALAPPDATA", "") or (home and f"{home}/AppData/Local")
    elif platform == "darwin":
        base = home and f"{home}/Library/Application Support"
    else:
        base = environ.get("XDG_STATE_HOME", "")
        if not base.startswith("/"):
            base = home and f"{home}/.local/state"
    return base and f"{base}/fim-language-server"
