"""Where each platform has a program keep its files. Pure: the environment is an argument, and nothing is looked up."""

from __future__ import annotations

from collections.abc import Mapping


def user_folder(environ: Mapping[str, str], platform: str, *, xdg: str, unix: str, mac: str) -> str:
    """Return the user's folder of one kind, by the rules of the platform (`sys.platform`); "" where there is no home.

    `xdg` is the variable that names it (XDG Base Directory Specification: a relative path in it is invalid and
    ignored), `unix` and `mac` are where it lies in the home folder. Windows has one for all kinds.
    """
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME", "")
    if platform == "win32":
        return environ.get("LOCALAPPDATA", "") or (home and f"{home}/AppData/Local")
    if platform != "darwin" and (named := environ.get(xdg, "")).startswith("/"):
        return named
    return home and f"{home}/{mac if platform == 'darwin' else unix}"
