"""A pytest plugin that takes away what Windows lacks before tests are collected.

`pytest --collect-only -p tests.fakes.collected_on_windows` uses it.

A module of tests that needs POSIX at its import makes CI's run on Windows fail as a whole, where a mark would skip it.
`sys.platform` is that of Windows; `os.name` stays, because pathlib would make paths that this system cannot use.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import socket
import sys
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

MODULES = (
    "fcntl",
    "grp",
    "pty",
    "pwd",
    "readline",
    "resource",
    "syslog",
    "termios",
    "tty",
    "curses",
    "_posixsubprocess",
)
"""Modules of the standard library that Windows does not have."""
FUNCTIONS = """
    chown chroot confstr ctermid fchdir fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid
    getpgrp getpriority getresuid getsid getuid initgroups killpg lchown lockf major minor mkfifo mknod nice openpty
    pathconf posix_fadvise posix_spawn pread preadv pwrite pwritev readv register_at_fork sched_getaffinity
    sched_setaffinity sendfile setegid seteuid setgid setgroups setpgid setpriority setsid setuid statvfs sync sysconf
    tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 waitid writev
    O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC WNOHANG WIFEXITED WEXITSTATUS
""".split()  # noqa: SIM905
"""Names of `os` that Windows does not have."""
SIGNALS = """
    SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm
""".split()  # noqa: SIM905
"""Names of `signal` that Windows does not have."""
OTHERS: tuple[tuple[Any, str], ...] = (
    (socket, "AF_UNIX"),
    (socket, "SO_PEERCRED"),
    (asyncio, "open_unix_connection"),
    (asyncio, "start_unix_server"),
)


LIBRARIES = (
    *("aiohttp.web", "hypothesis.strategies", "numpy.random", "pydantic", "pygls.lsp.server", "rich.console"),
    *("rich.live", "multiprocessing.pool", "concurrent.futures.process", "webbrowser", "unittest.mock"),
)


class MissingModules(MetaPathFinder):
    """A finder that finds none of MODULES."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise ModuleNotFoundError for one of them."""
        if name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Take all of it away. Libraries are imported before, because they look for another system's files."""
    for library in LIBRARIES:
        importlib.import_module(library)
    assert session.config.option.collectonly, "nothing can run like this"
    for name in [*sys.modules]:
        if name.partition(".")[0] in MODULES:
            del sys.modules[name]
    sys.meta_path.insert(0, MissingModules())
    for module, names in ((os, FUNCTIONS), (signal, SIGNALS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for module, name in OTHERS:
        if hasattr(module, name):
            delattr(module, name)
    sys.platform = "win32"
