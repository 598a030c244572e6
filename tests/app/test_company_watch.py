"""The policy and the user's file are followed without a restart, by looks that are few and wait for a whole file."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fim_language_server.app.application import Application
from fim_language_server.app.company_files import CompanySettings, read_company_settings, users_file
from fim_language_server.app.company_watch import LOOK_EVERY_S, MOST_WAITS, SETTLES_S, wait_for_change
from fim_language_server.cli.listeners import SilentListener


class Sleeper:
    """Sleeping that takes no time, and does something at given sleeps; it ends the watch after `most` of them."""

    def __init__(self, most: int = 50) -> None:
        self.most = most
        self.slept: list[float] = []
        self.at: dict[int, Callable[[], object]] = {}

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at.get(len(self.slept), lambda: None)()
        if len(self.slept) >= self.most:
            raise TimeoutError


def _me() -> int:
    return os.getuid() if os.name == "posix" else 0


def read(folder: Path) -> CompanySettings:
    environ = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")}
    return read_company_settings(environ, folder / "policy" / "policy.json", _me())


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def replace(path: Path) -> None:
    new = path.with_name("new")
    new.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    new.replace(path)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy" / "policy.json"
    write(path, {"exclude": ["a"]})
    return path


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda path: write(path, {"exclude": ["b/c"]}),
    "replaced by an equal one": replace,
    "removed": lambda path: path.unlink(),
    "moved away with its folder": lambda path: path.parent.rename(path.parent.with_name("away")),
    "of another mode": lambda path: path.chmod(0o600 if os.name == "posix" else 0o444),
    "in a folder of others": lambda path: path.parent.chmod(0o777),
    "the user's file made": lambda path: write(
        Path(users_file({name: str(path.parent.parent) for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")})), {}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_seen_at_the_next_look(change: str, policy: Path, tmp_path: Path) -> None:
    """Whatever could change what holds."""
    if os.name != "posix" and change == "in a folder of others":
        pytest.skip("modes of folders are POSIX'")
    company, sleeper = read(tmp_path), Sleeper()
    sleeper.at[3] = lambda: CHANGES[change](policy)
    await wait_for_change(company, sleeper)
    assert sleeper.slept == [LOOK_EVERY_S] * 3 + [SETTLES_S]


async def test_a_policy_that_comes_later_is_seen(tmp_path: Path) -> None:
    """Neither it nor its folder was there."""
    company, sleeper = read(tmp_path), Sleeper()
    sleeper.at[2] = lambda: write(tmp_path / "policy" / "policy.json", {})
    await wait_for_change(company, sleeper)
    assert len(sleeper.slept) == 3


async def test_without_a_change_it_looks_each_five_seconds(policy: Path, tmp_path: Path) -> None:
    """No more often, and other files in the folder are none of its business."""
    company, sleeper = read(tmp_path), Sleeper(20)
    sleeper.at[5] = lambda: (policy.parent / "other.json").write_text("{}")
    with pytest.raises(TimeoutError):
        await wait_for_change(company, sleeper)
    assert sleeper.slept == [LOOK_EVERY_S] * 20


async def test_a_file_is_not_read_half_written_and_not_waited_for_for_ever(policy: Path, tmp_path: Path) -> None:
    """It has to stay as it is between two looks; one that is written without end is read some time."""
    company, sleeper = read(tmp_path), Sleeper()
    sleeper.at = {n: partial(write, policy, '{"exclude": [' + " " * n) for n in range(1, 4)}
    await wait_for_change(company, sleeper)
    assert sleeper.slept == [LOOK_EVERY_S] + [SETTLES_S] * 3
    company, sleeper = read(tmp_path), Sleeper()
    sleeper.at = {n: partial(write, policy, " " * n) for n in range(1, 50)}
    await wait_for_change(company, sleeper)
    assert len(sleeper.slept) == 1 + MOST_WAITS


async def test_a_change_between_reading_and_the_first_look_is_seen(policy: Path, tmp_path: Path) -> None:
    """The state is that from before the reading."""
    company = read(tmp_path)
    write(policy, {"exclude": ["between/"]})
    sleeper = Sleeper()
    await wait_for_change(company, sleeper)
    assert len(sleeper.slept) == 2


async def test_what_is_read_again_holds(policy: Path, tmp_path: Path) -> None:
    """With the same settings of the editor: the new policy, and the new file of the user."""
    environ = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")}
    read_company = partial(read_company_settings, policy=policy, administrator=_me())
    application = Application([], SilentListener(), environ=environ, read_company=read_company)
    try:
        await application.configure({"provider": {"kind": "embedded"}})
        assert application.settings.trigger.exclude == ("a",)
        write(policy, {"exclude": ["a", "b"], "enforce": {"trigger.mode": "explicit"}})
        write(Path(users_file(environ)), {"shaping": {"maxLines": 3}})
        async with asyncio.timeout(60):
            await wait_for_change(application.company, Sleeper())
        await application.configure({"provider": {"kind": "embedded"}})
        settings = application.settings
        assert (settings.trigger.exclude, settings.trigger.mode, settings.shaping.max_lines) == (
            ("a", "b"),
            "explicit",
            3,
        )
    finally:
        await application.close()
