"""Where state is kept: the user's state folder, by the rules of the platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from fim_language_server.state.user_folders import user_folder


def state_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return this program's folder for state; "" where the user has no home."""
    mac = "Library/Application Support"
    base = user_folder(environ, platform, xdg="XDG_STATE_HOME", unix=".local/state", mac=mac)
    return base and f"{base}/fim-language-server"
