"""Where state is kept, by each platform's rules."""

from __future__ import annotations

import pytest

from fim_language_server.state.folder import state_folder


@pytest.mark.parametrize(
    ("platform", "environ", "base"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/state"),
        ("linux", {"HOME": "/h", "XDG_STATE_HOME": "/x"}, "/x"),
        ("linux", {"HOME": "/h", "XDG_STATE_HOME": "relative"}, "/h/.local/state"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support"),
        ("win32", {"LOCALAPPDATA": "C:/l", "USERPROFILE": "C:/u"}, "C:/l"),
        ("win32", {"USERPROFILE": "C:/u"}, "C:/u/AppData/Local"),
    ],
)
def test_the_folder_is_the_platforms(platform: str, environ: dict[str, str], base: str) -> None:
    """A relative XDG_STATE_HOME is to be ignored."""
    assert state_folder(environ, platform) == f"{base}/fim-language-server"


def test_without_a_home_nothing_is_kept() -> None:
    """A service account may have none."""
    assert state_folder({}, "linux") == ""
