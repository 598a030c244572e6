"""The two files of settings that the server reads by itself: the company's policy, and the user's own settings.

The policy lies where only the administrator of the machine writes, and no variable of the user's environment moves it.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.errors import SettingsError
from fim_language_server.providers import EMBEDDED, REGISTRY
from fim_language_server.providers.hosts.allowed_hosts import check_host_names
from fim_language_server.settings.policy import LONGEST, Policy, PolicyError, closed, parse_policy
from fim_language_server.state.user_folders import user_folder

NAME: Final = "fim-language-server"
ADMINISTRATOR: Final = 0
"""The user id of root, who owns a policy."""

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@frozen
class CompanySettings:
    """The layers around a client's settings: the policy over them, and the user's file under them."""

    policy: Policy | None = None
    users: Any = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    users_file: str = ""
    files: tuple[str, ...] = field(default=(), eq=False)
    """Paths at which both files are looked for."""
    state: object = field(default=None, eq=False, repr=False)
    """State of the files (`files_state`) just before they were read."""


ReadCompanySettings = Callable[[Mapping[str, str]], CompanySettings]
"""Reads both files, given the environment in which the user's is found."""


def policy_file(platform: str = sys.platform) -> Path:
    """Return where the policy lies on this platform."""
    if platform == "win32":
        return Path(_program_data()) / NAME / "policy.json"
    folder = "/Library/Application Support" if platform == "darwin" else "/etc"
    return Path(folder) / NAME / "policy.json"


def users_file(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return where the user's own settings lie; "" where the user has no home."""
    mac = "Library/Application Support"
    base = user_folder(environ, platform, xdg="XDG_CONFIG_HOME", unix=".config", mac=mac)
    return base and f"{base}/{NAME}/settings.json"


def read_company_settings(
    environ: Mapping[str, str], policy: Path | None = None, administrator: int = ADMINISTRATOR
) -> CompanySettings:
    """Return the policy and the user's settings. A file that cannot be followed leaves only the embedded model.

    `policy` is the policy's path, and `administrator` the user id that must own it.
    """
    path = policy or policy_file()
    file = users_file(environ)
    files = (str(path), file) if file else (str(path),)
    state = files_state(files)
    found, problems = _read_policy(path, administrator)
    users, problem = None, ""
    try:
        users = _read_users(Path(file)) if file else None
    except SettingsError as error:
        # It may name regions, or files that are not to be sent.
        problem = f"{file} cannot be read: {error}; only the embedded model completes until it is mended"
        if found is None or not found.fault:
            found = closed(file, str(error))
    if found is not None and found.fault and not problem:
        problem = f"{path} cannot be followed: {found.fault}; only the embedded model completes until it is mended"
    said = (*problems, problem) if problem else problems
    return CompanySettings(found, users, said, file if users is not None else "", files, state)


def files_state(files: Sequence[str]) -> object:
    """Return a value that changes when one of the files is made, removed, written, replaced or gets another owner.

    The folders count, too: they may come to belong to others.
    """
    return tuple(_state(path) for file in files for path in (file, os.path.dirname(file)))  # noqa: PTH120


def _state(path: str) -> tuple[int, ...]:
    try:
        found = Path(path).stat()
    except OSError as error:
        return (error.errno or -1,)
    if stat.S_ISDIR(found.st_mode):  # Its times change with any file in it.
        return found.st_ino, found.st_mode, found.st_uid
    return found.st_ino, found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read_policy(path: Path, administrator: int) -> tuple[Policy | None, tuple[str, ...]]:
    try:
        text = _read_as_of(path, administrator)
        if text is None:
            return None, ()
        policy, problems = parse_policy(text, str(path), [*REGISTRY, EMBEDDED], TEMPLATES)
        if policy.allowed is not None:
            check_host_names(policy.allowed)
    except (PolicyError, SettingsError) as error:
        return closed(str(path), str(error).rstrip(".")), ()
    except OSError as error:
        return closed(str(path), error.strerror or "it cannot be read"), ()
    except UnicodeDecodeError:
        return closed(str(path), "it is not UTF-8 text"), ()
    return policy, tuple(problems)


def _read_as_of(path: Path, administrator: int) -> str | None:
    """Return the text of a policy; None where there is none. Raises PolicyError where somebody else could write it."""
    if not os.path.lexists(path):
        return None
    real = path.resolve(strict=True)  # A link is followed where the administrator made it.
    with open(real, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PolicyError("it is no regular file")
        if os.name == "posix":
            _check_writers(status, "it", administrator)
            for folder in {path.parent, real.parent}:
                _check_writers(folder.stat(), f"its folder {folder}", administrator)
        content = file.read(4 * LONGEST + 1)
    return content.decode("utf-8-sig")


def _check_writers(status: os.stat_result, name: str, administrator: int) -> None:
    if status.st_uid not in {administrator, ADMINISTRATOR}:
        raise PolicyError(f"{name} does not belong to root")
    if status.st_mode & _OTHERS_WRITE:
        raise PolicyError(f"{name} can be written by others than root (chmod go-w)")


def _read_users(path: Path) -> Any:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SettingsError("it is no regular file")
            content = file.read(4 * LONGEST + 1)
        settings = json.loads(content[: 4 * LONGEST].decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(error.strerror or "it cannot be opened") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"it is not valid JSON at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise SettingsError("it is not JSON in UTF-8") from None
    if not isinstance(settings, dict):
        raise SettingsError("it is no JSON object")
    return settings


def _without_waiting(path: str, flags: int) -> int:
    """Open a file without waiting for a writer, if it is a pipe in the place of a file; open() calls it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _program_data() -> str:
    """Return the folder for all users' data on Windows, from the registry: a user can change the variable."""
    if sys.platform == "win32":
        import winreg

        key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as folders:
                return str(winreg.QueryValueEx(folders, "Common AppData")[0])
        except OSError:
            pass
    return "C:/ProgramData"
