"""`clean` removes what the program has left, asks first, and touches nothing else."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from fim_language_server.cli import main
from fim_language_server.embedded.index.index_cache import WITHOUT_CACHE, cache_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no variable moves both folders")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user a home with an index, statistics, and files of other programs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(WITHOUT_CACHE, raising=False)
    for name in (
        "cache/fim-language-server/index/a.index",
        "state/fim-language-server/usage.sqlite3",
        "cache/other/it",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 1_000_000)
    return tmp_path


def clean(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["clean", *words])
    return int(ended.value.code or 0)


def left(home: Path) -> set[str]:
    return {file.relative_to(home).as_posix() for file in home.rglob("*") if file.is_file()}


def test_it_removes_both_folders_and_nothing_else(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named with its size."""
    assert clean("--yes") == 0
    assert left(home) == {"cache/other/it"}
    assert capsys.readouterr().out.count("1 file, 1.0 MB") == 2
    assert clean("--yes") == 0
    assert "Nothing is left" in capsys.readouterr().out


def test_it_lists_without_removing(home: Path) -> None:
    """--dry-run is for looking."""
    everything = left(home)
    assert clean("--dry-run") == 0
    assert left(home) == everything


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("yes\n", 0), ("\n", 1), ("n\n", 1), ("no\n", 1)])
def test_it_asks_first(home: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int) -> None:
    """Anything but a yes is a no."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert clean() == status
    assert ("cache/fim-language-server/index/a.index" in left(home)) == bool(status)


def test_where_nobody_can_be_asked_nothing_is_removed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script says --yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    everything = left(home)
    assert clean() == 1
    assert left(home) == everything


def test_a_link_in_place_of_a_folder_is_not_followed(home: Path) -> None:
    """What a link leads to belongs to somebody else."""
    state = home / "state" / "fim-language-server"
    (state / "usage.sqlite3").unlink()
    state.rmdir()
    state.symlink_to(home / "cache" / "other")
    (home / "cache" / "fim-language-server" / "link").symlink_to(home / "cache" / "other")
    assert clean("--yes") == 0
    assert "cache/other/it" in left(home)
    assert not (home / "cache" / "fim-language-server").exists()


def test_commands_that_index_a_copy_can_keep_no_index() -> None:
    """`demo` and `eval` would leave an index of a folder that is gone with each run."""
    assert cache_folder({"HOME": "/home/me"}, "linux") == "/home/me/.cache/fim-language-server/index"
    assert cache_folder({"HOME": "/home/me", WITHOUT_CACHE: "1"}, "linux") == ""
