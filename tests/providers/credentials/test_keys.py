"""A key comes from a variable or a program, never shows itself, and its absence is said in one sentence."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

import pytest

from fim_language_server.errors import AuthenticationError
from fim_language_server.providers.credentials import ApiKey, CommandFailedError, Credentials
from fim_language_server.providers.credentials import keys as credentials_module


def printing(*printed: str | Exception) -> tuple[Credentials, list[Sequence[str]]]:
    """Credentials whose command prints one thing after the other."""
    calls: list[Sequence[str]] = []

    async def run(command: Sequence[str]) -> str:
        calls.append(command)
        result = printed[min(len(calls), len(printed)) - 1]
        if isinstance(result, Exception):
            raise result
        return result

    return Credentials("mistral", "KEY", ("pass", "show", "s3cret"), run_command=run), calls


async def test_the_variable_wins_over_the_command() -> None:
    """Where both are set, nothing is run."""
    credentials, calls = printing("from command")
    credentials.environ = {"KEY": " from-variable\n"}
    key = await credentials.key()
    assert key is not None
    assert key.reveal() == "from-variable"
    assert credentials.source == "KEY"
    assert not calls


async def test_the_command_is_run_once() -> None:
    """Its key is kept, also for requests that ask for it at the same time."""
    credentials, calls = printing("abc\n")
    keys = await asyncio.gather(*(credentials.key() for _ in range(3)))
    assert [key.reveal() for key in keys if key] == ["abc"] * 3
    assert calls == [("pass", "show", "s3cret")]
    assert credentials.source == "provider.apiKeyCommand"


async def test_after_a_refusal_the_command_is_run_again() -> None:
    """Another key is worth another try; the same one is not; a variable does not change."""
    credentials, calls = printing("old", "new")
    old = await credentials.key()
    new = await credentials.key_after_refusal(old)
    assert new == ApiKey("new")
    assert await credentials.key_after_refusal(new) is None
    assert len(calls) == 3
    fixed = Credentials("mistral", "KEY", environ={"KEY": "abc"})
    assert await fixed.key_after_refusal(await fixed.key()) is None


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        (TimeoutError(), "did not end within 10 s"),
        (CommandFailedError(2), "failed with status 2"),
        (FileNotFoundError("s3cret"), "could not be started"),
        (" \n", "printed nothing"),
    ],
)
async def test_a_command_that_fails(printed: str | Exception, reason: str) -> None:
    """The sentence names the program and what happened, and none of its arguments."""
    credentials, _ = printing(printed)
    with pytest.raises(AuthenticationError) as caught:
        await credentials.key()
    assert str(caught.value) == f"provider.apiKeyCommand: pass {reason}; run it in a terminal to see why."
    assert caught.value.__suppress_context__


async def test_a_missing_key() -> None:
    """The sentence names the variable to set."""
    with pytest.raises(AuthenticationError) as caught:
        await Credentials("mistral", "MISTRAL_API_KEY").key()
    assert str(caught.value) == (
        "mistral needs a key; set the environment variable MISTRAL_API_KEY for the editor, "
        "or provider.apiKeyCommand to a program that prints it."
    )


async def test_no_key_where_none_is_needed() -> None:
    """A server on the own machine is asked without one."""
    assert await Credentials("mistral", "KEY", required=False).key() is None
    assert await Credentials("toy").key() is None


@pytest.mark.parametrize("value", ["two words", "a\r\nX-Evil: 1", "schlüssel", "a\x00b", "“quoted”"])
async def test_a_key_that_is_none(value: str) -> None:
    """What cannot stand in a header is refused before it gets there, and not repeated."""
    credentials, _ = printing(value)
    for each in (credentials, Credentials("mistral", "KEY", environ={"KEY": value})):
        with pytest.raises(AuthenticationError, match="spaces, line breaks or non-ASCII") as caught:
            await each.key()
        assert value not in str(caught.value)


async def test_a_key_never_shows_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a `repr`, a `str`, a format, or a log."""
    caplog.set_level(logging.DEBUG)
    credentials = Credentials("mistral", "KEY", environ={"KEY": "abc123"})
    key = await credentials.key()
    assert "abc123" not in f"{key} {key!r} {credentials!r} {[key]} {caplog.text}"


def python(code: str) -> Credentials:
    return Credentials("mistral", None, (sys.executable, "-c", code))


async def test_a_real_command() -> None:
    """A program is run without a shell, and what it says on standard error is not read."""
    key = await python("import sys; print('abc'); print('noise', file=sys.stderr)").key()
    assert key == ApiKey("abc")


async def test_a_real_command_that_fails() -> None:
    """Its status is told."""
    with pytest.raises(AuthenticationError, match="failed with status 3"):
        await python("raise SystemExit(3)").key()
    with pytest.raises(AuthenticationError, match="could not be started"):
        await Credentials("mistral", None, ("/no/such/program",)).key()


async def test_a_real_command_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped when its time is over."""
    monkeypatch.setattr(credentials_module, "COMMAND_TIMEOUT", 0.2)
    with pytest.raises(AuthenticationError, match="did not end within"):
        await python("import time; time.sleep(60)").key()


async def test_a_real_command_ends_with_the_request() -> None:
    """A request that is cancelled leaves no program behind, and the next one can ask again."""
    credentials = python("import time; time.sleep(60)")
    asking = asyncio.create_task(credentials.key())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not credentials._lock.locked()
