"""API keys from an environment variable, or from a program that prints one; never from a setting.

A key is held in an `ApiKey` from the moment it is read until it enters a header. Nothing here logs.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from attrs import define, field, frozen

from fim_language_server.core.shown_values import as_shown, holds_key
from fim_language_server.errors import AuthenticationError

COMMAND_TIMEOUT = 10.0
"""Seconds that `provider.apiKeyCommand` may take: enough to touch a hardware key."""

MOST_PRINTED = 64 << 10
"""Bytes of a program's output that are read."""

LONGEST_KEY = 8_000
"""Characters of a key. A greater head of a request is refused by servers."""

RunCommand = Callable[[Sequence[str]], Awaitable[str]]
"""Runs a program and returns its standard output. Raises OSError, TimeoutError or CommandFailedError."""


class CommandFailedError(Exception):
    """The program ended with `status`, which is not 0."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class NoValueError(Exception):
    """A program gave no value. `str(error)` says why, and may go into a message: it has no arguments."""


@frozen(repr=False, str=False)
class ApiKey:
    """A key or token that appears neither in a `repr`, a `str`, a format nor a traceback of values."""

    _value: str

    def __repr__(self) -> str:
        return "ApiKey(…)"

    __str__ = __repr__

    def fingerprint(self, salt: bytes) -> str:
        """Return a salted hash that tells this key from others."""
        return hashlib.blake2b(self._value.encode(), key=salt, digest_size=16).hexdigest()

    def reveal(self) -> str:
        """Return the key itself, for a header and nothing else."""
        return self._value


class KeySource(Protocol):
    """A source of the key or token of a provider's requests."""

    @property
    def source(self) -> str:
        """The origin of the key, in words for a message; "" where no key is sent."""
        ...

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash of the key's owner; "" where no key is sent, None while the key is not known."""
        ...

    async def key(self) -> ApiKey | None:
        """Return the key, or None where none is needed. Raises AuthenticationError with the remedy."""
        ...

    async def key_after_refusal(self, refused: ApiKey | None) -> ApiKey | None:
        """Return another key than `refused`, if there is one by now; else None."""
        ...


@define(eq=False)
class Credentials:
    """The key of one provider, read when it is first needed.

    The variable has priority over the command. Where neither is set, or `required` is False and neither gives a key,
    requests are sent without one: servers on this machine mostly need none.
    """

    provider: str
    variable: str | None = None
    command: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(factory=dict, repr=False)
    required: bool = True
    run_command: RunCommand = field(factory=lambda: run_key_command, repr=False)
    _printed: ApiKey | None = field(default=None, init=False, repr=False)
    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    @property
    def source(self) -> str:
        """The origin of the key, in words for a message; "" where none is sent."""
        if self._from_variable():
            return as_shown(self.variable or "")
        return "provider.apiKeyCommand" if self.command else ""

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash of the key; "" where none is sent, None while its command has not been run."""
        if value := self._from_variable():
            return ApiKey(value).fingerprint(salt)
        if self.command:
            return None if self._printed is None else self._printed.fingerprint(salt)
        return ""

    async def key(self) -> ApiKey | None:
        """Return the key, or None where none is needed. Raises AuthenticationError with the remedy."""
        if value := self._from_variable():
            return self._checked(value, self.source)
        if self.command:
            async with self._lock:
                if self._printed is None:
                    printed = await self._run()
                    self._printed = self._checked(printed, "provider.apiKeyCommand")
                return self._printed
        if not self.required or self.variable is None:
            return None
        raise AuthenticationError(
            self.provider,
            f"{self.provider} needs a key; set the environment variable {as_shown(self.variable)} for the editor, "
            "or provider.apiKeyCommand to a program that prints it.",
        )

    async def key_after_refusal(self, refused: ApiKey | None) -> ApiKey | None:
        """Return another key than `refused`, if the command prints one by now; else None."""
        if self._from_variable() or not self.command or refused is None:
            return None
        if self._printed == refused:
            self._printed = None
        key = await self.key()
        return None if key == refused else key

    def _from_variable(self) -> str:
        return self.environ.get(self.variable, "").strip() if self.variable else ""

    def _checked(self, value: str, source: str) -> ApiKey:
        # Other characters would inject a header, or raise deep inside the HTTP client.
        if value.isascii() and value.isprintable() and " " not in value and len(value) <= LONGEST_KEY:
            return ApiKey(value)
        raise AuthenticationError(
            self.provider,
            f"The key from {source} has spaces, line breaks or non-ASCII characters in it, or is "
            f"longer than {LONGEST_KEY:,}; set it anew.",
        )

    async def _run(self) -> str:
        try:
            return await value_printed_by(self.command, self.run_command)
        except NoValueError as error:
            raise AuthenticationError(self.provider, f"provider.apiKeyCommand: {error}.") from None


async def value_printed_by(command: Sequence[str], run_command: RunCommand) -> str:
    """Return the value that a program prints, without blanks around it. Raises NoValueError."""
    # A whole command line, or a key, in place of the program's name is not quoted.
    program = as_shown(command[0]) if " " not in command[0] and not holds_key(command[0]) else "its program"
    try:
        printed = (await run_command(command)).strip()
    except TimeoutError:
        reason = f"did not end within {COMMAND_TIMEOUT:.0f} s"
    except CommandFailedError as error:
        reason = f"failed with status {error.status}"
    except (OSError, ValueError):
        reason = "could not be started"
    else:
        if printed:
            return printed
        reason = "printed nothing"
    # `from None`: a traceback must not carry the arguments, which may name secrets.
    raise NoValueError(f"{program} {reason}; run it in a terminal to see why") from None


async def run_key_command(command: Sequence[str]) -> str:
    """Run a program without a shell and return its standard output. Standard error is not read.

    Raises TimeoutError after `COMMAND_TIMEOUT` seconds, OSError if the program cannot be started, and
    CommandFailedError. The program is killed if the call is cancelled, and after more than `MOST_PRINTED` bytes: then
    that many of them are returned.
    """
    devnull = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=devnull, stdout=asyncio.subprocess.PIPE, stderr=devnull
    )
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT):
            printed = await _read_up_to(process.stdout, MOST_PRINTED)
            if len(printed) >= MOST_PRINTED:
                return printed.decode("utf-8", "replace")
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CommandFailedError(process.returncode)
    return printed.decode("utf-8", "replace")


async def _read_up_to(stream: asyncio.StreamReader | None, limit: int) -> bytes:
    """Return the bytes of a stream up to its end, or the first `limit` of them."""
    assert stream is not None
    read = bytearray()
    while len(read) < limit and (data := await stream.read(limit - len(read))):
        read += data
    return bytes(read)
