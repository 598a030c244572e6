"""Where a key comes from: an environment variable, or a program that prints it. Never a setting.

A key is held in a `Secret` from the moment it is read until it is put into a header. Nothing here logs.
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
"""Seconds that `provider.apiKeyCommand` may take: enough to touch a hardware key, little enough to notice."""

RunCommand = Callable[[Sequence[str]], Awaitable[str]]
"""Runs a program and gives what it printed. Raises OSError, TimeoutError or CommandFailedError."""


class CommandFailedError(Exception):
    """The program ended with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@frozen(repr=False, str=False)
class Secret:
    """A key that does not show itself: not in a `repr`, a `str`, a format or a traceback of values."""

    _value: str

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def fingerprint(self, salt: bytes) -> str:
        """Return what tells this key from others, without telling the key."""
        return hashlib.blake2b(self._value.encode(), key=salt, digest_size=16).hexdigest()

    def reveal(self) -> str:
        """Return the key itself, to be put into a header and nowhere else."""
        return self._value


class KeySource(Protocol):
    """Gives what goes into the header, when it is first needed."""

    @property
    def source(self) -> str:
        """Where it comes from, in words for a message; "" where nothing is sent."""
        ...

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash that tells whose it is; "" where nothing is sent, None while that is not known."""
        ...

    async def key(self) -> Secret | None:
        """Return it, or None where none is needed. Raises AuthenticationError with what to do."""
        ...

    async def key_after_refusal(self, refused: Secret | None) -> Secret | None:
        """Return another than the one refused, if there is one by now; else None."""
        ...


@define(eq=False)
class Credentials:
    """The key of one provider, asked for when it is first needed.

    The variable wins over the command. Where neither is named, or `required` is False and neither gives a key,
    requests go without one: servers on the own machine mostly want none.
    """

    provider: str
    variable: str | None = None
    command: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(factory=dict, repr=False)
    required: bool = True
    run_command: RunCommand = field(factory=lambda: run_key_command, repr=False)
    _printed: Secret | None = field(default=None, init=False, repr=False)
    _asking: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)

    @property
    def source(self) -> str:
        """Where the key comes from, in words for a message; "" where none is sent."""
        if self._from_variable():
            return as_shown(self.variable or "")
        return "provider.apiKeyCommand" if self.command else ""

    def fingerprint_nowait(self, salt: bytes) -> str | None:
        """Return a salted hash of the key; "" where none is sent, None while its command has not been asked."""
        if value := self._from_variable():
            return Secret(value).fingerprint(salt)
        if self.command:
            return None if self._printed is None else self._printed.fingerprint(salt)
        return ""

    async def key(self) -> Secret | None:
        """Return the key, or None where none is needed. Raises AuthenticationError with what to do."""
        if value := self._from_variable():
            return self._checked(value, self.source)
        if self.command:
            async with self._asking:
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

    async def key_after_refusal(self, refused: Secret | None) -> Secret | None:
        """Return another key than the one refused, if the command has one by now; else None."""
        if self._from_variable() or not self.command or refused is None:
            return None
        if self._printed == refused:
            self._printed = None
        key = await self.key()
        return None if key == refused else key

    def _from_variable(self) -> str:
        return self.environ.get(self.variable, "").strip() if self.variable else ""

    def _checked(self, value: str, source: str) -> Secret:
        # Anything else would be an injected header, or a crash deep inside the HTTP client.
        if value.isascii() and value.isprintable() and " " not in value:
            return Secret(value)
        raise AuthenticationError(
            self.provider, f"The key from {source} has spaces, line breaks or non-ASCII characters in it; set it anew."
        )

    async def _run(self) -> str:
        # What is no program (a whole command line, a key) is not repeated.
        program = self.command[0] if " " not in self.command[0] and not holds_key(self.command[0]) else "its program"
        try:
            printed = (await self.run_command(self.command)).strip()
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
        sentence = f"provider.apiKeyCommand: {program} {reason}; run it in a terminal to see why."
        # `from None`: a traceback must not carry the arguments, which may name secrets.
        raise AuthenticationError(self.provider, sentence) from None


async def run_key_command(command: Sequence[str]) -> str:
    """Run a program without a shell and return what it printed; what it says on standard error is not read.

    Raises TimeoutError after `COMMAND_TIMEOUT` seconds, OSError if it cannot be started, and CommandFailedError.
    The program does not outlive the call, even if the call is cancelled.
    """
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=nothing, stdout=asyncio.subprocess.PIPE, stderr=nothing
    )
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CommandFailedError(process.returncode)
    return printed.decode("utf-8", "replace")
