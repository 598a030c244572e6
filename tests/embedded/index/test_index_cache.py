"""Where indexes are kept between sessions."""

import os
import stat
from pathlib import Path

import pytest

from fim_language_server.embedded.index.index_cache import (
    cache_folder,
    drop_oldest,
    is_usable,
    place_of,
    unfinished_name,
)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.cache"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches"),
        ("win32", {"USERPROFILE": "C:/u"}, "C:/u/AppData/Local"),
        ("win32", {"USERPROFILE": "C:/u", "LOCALAPPDATA": "D:/local"}, "D:/local"),
    ],
)
def test_each_platform_has_its_own_cache_folder(platform: str, environ: dict[str, str], expected: str) -> None:
    """By its rules; a relative XDG_CACHE_HOME is to be ignored."""
    assert cache_folder(environ, platform) == f"{expected}/fim-language-server/index"
    assert cache_folder({}, platform) == ""


def test_each_workspace_under_each_setting_has_its_own_place() -> None:
    """In any order of the folders; other settings make another index."""
    place = place_of("/c", ["/a", "/b"], ["*.x"], 1)
    assert place == place_of("/c", ["/b", "/a"], ["*.x"], 1)
    others = [
        place_of("/c", ["/a"], ["*.x"], 1),
        place_of("/c", ["/a", "/b"], [], 1),
        place_of("/c", ["/a", "/b"], ["*.x"], 2),
        place_of("/c", ["/a", "/b"], ["*.x"], 1, "/packages"),
    ]
    assert len({place, *others}) == 5
    assert unfinished_name(place) != unfinished_name(place)


@pytest.mark.skipif(os.name != "posix", reason="the rights of files are POSIX's")
def test_the_folder_is_ours_alone(tmp_path: Path) -> None:
    """Made so, or made so again: the index says what the source says."""
    folder = tmp_path / "a" / "b"
    assert is_usable(str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert is_usable(str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_of_no_use(tmp_path: Path) -> None:
    """A file is in its place, or there is no home."""
    (tmp_path / "file").write_text("")
    assert not is_usable(str(tmp_path / "file" / "index"))
    assert not is_usable("")


def test_the_index_unused_for_longest_goes_first(tmp_path: Path) -> None:
    """And what was never finished; what is no index stays."""
    for name, age in (("new.index", 0), ("old.index", 10), ("oldest.index", 20), ("half.index.1.a.tmp", 200_000)):
        (tmp_path / name).write_bytes(b"x" * 100)
        then = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (then, then))
    (tmp_path / "half.index.2.b.tmp").write_text("being written")
    (tmp_path / "notes.txt").write_text("not ours")
    drop_oldest(str(tmp_path), most_bytes=200)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "half.index.2.b.tmp",
        "new.index",
        "notes.txt",
        "old.index",
    ]
    drop_oldest(str(tmp_path / "gone"))
