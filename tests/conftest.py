"""What holds for every test: no connection leaves this machine, and Ctrl-C reaches the programs that a test starts."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

# Whether a test passes never depends on how fast the machine is: speed lives in benchmarks. Nor does it depend on luck:
# property tests try the same examples each time, and others with HYPOTHESIS_PROFILE=random.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("random", deadline=None, derandomize=False)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

LOOPBACK_NAMES = {"localhost", "ip6-localhost", "", None}


class NetworkRefusedError(AssertionError):
    """A test tried to reach another machine."""


def is_loopback(host: Any) -> bool:
    """Is this host, as socket calls take it, this machine itself?"""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in LOOPBACK_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True, scope="session")
def hear_interrupts() -> None:
    """A shell without job control starts what runs in the background with SIGINT ignored, and children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def refuse_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to, and look-ups of, anything but loopback; `*.invalid` fails as such names do."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex
    real_getaddrinfo = socket.getaddrinfo

    def check(family: int, address: Any) -> None:
        if family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise NetworkRefusedError(f"a test tried to connect to {address[0]}")

    def connect(self: socket.socket, address: Any) -> None:
        check(self.family, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(self.family, address)
        return real_connect_ex(self, address)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(host, str) and host.endswith(".invalid"):
            # RFC 6761 .6.4: such names never resolve. Said here, so that no resolver is asked.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if not is_loopback(host):
            raise NetworkRefusedError(f"a test tried to look up {host}")
        return real_getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True, scope="session")
def keep_files_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests write out of the user's cache and state folders, in this process and in those it starts.

    What the user has git ignore and configure counts in no test. For the whole session, since a server that a module's
    fixture starts begins before the fixtures of any test.
    """
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("cache", "state", "config"):
            environment.setenv(f"XDG_{name.upper()}_HOME", str(base / name))
        if sys.platform == "win32":
            environment.setenv("LOCALAPPDATA", str(base / "local"))  # for all three
        elif sys.platform == "darwin":
            environment.setenv("HOME", str(base / "home"))  # which has no variable for any of them
        environment.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        environment.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield
