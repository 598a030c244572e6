"""Values of the user's headers: from variables and programs, for one host, shown nowhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve

from benchmarks.fake_api.provider_server import FimServer
from benchmarks.fake_api.scripted_answer import Script
from fim_language_server.errors import AuthenticationError, ProviderError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import AlternateHost, Provider, RequestOptions
from fim_language_server.providers.credentials import (
    ApiKey,
    CommandFailedError,
    Credentials,
    KeyAndHeaders,
    OwnHeaders,
    SentSecrets,
    run_key_command,
    secrets_after_refusal,
    secrets_for,
)
from fim_language_server.providers.credentials import keys as keys_module
from fim_language_server.providers.hosts.own_headers import read_headers
from fim_language_server.providers.transport import Transport
from tests.fakes.wire_server import Canned, WireServer
from tests.providers.conftest import MISTRAL, listen

URL = "https://gateway.example/v1/fim/completions"
SALT = b"salt" * 4


def with_headers(setting: Any, *printed: str | Exception, url: str = URL, **environ: str) -> KeyAndHeaders:
    """A key and headers; programs print one thing after the other."""
    left = list(printed)

    async def run(_command: Sequence[str]) -> str:
        result = left.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    own = OwnHeaders("mistral", url, read_headers(setting), environ, run)
    return KeyAndHeaders(Credentials("mistral", "KEY", environ={"KEY": "test-key"}), own)


def revealed(secrets: SentSecrets | None) -> dict[str, str]:
    assert secrets is not None
    return {name: value.reveal() for name, value in secrets.headers.items()}


async def test_values_come_from_their_origins_and_are_shown_nowhere() -> None:
    setting = {"x-team": "a", "x-key": {"env": "K"}, "x-token": {"command": ["vault", "s3cret-path"]}}
    credentials = with_headers(setting, "printed-value\n", K=" kept-value ")
    secrets = await secrets_for(credentials, URL)
    assert revealed(secrets) == {"x-team": "a", "x-key": "kept-value", "x-token": "printed-value"}
    for shown in (repr(secrets), str(secrets), repr(credentials), repr(credentials.own), str(credentials.own.names)):
        assert not [word for word in ("kept-value", "printed-value", "test-key", "s3cret") if word in shown]
    assert credentials.own.names == ["x-team", "x-key (from K)", "x-token (from a program)"]
    assert await secrets_for(credentials, URL) == secrets  # the program is run once


@pytest.mark.parametrize(("user", "sent"), [("0123456789ab", {"x-end-user": "0123456789ab"}), ("", {})])
async def test_a_users_hash_is_sent_where_it_is_known(user: str, sent: dict[str, str]) -> None:
    """It is no secret, and `doctor` shows it to the person."""
    credentials = with_headers({"x-end-user": {"user": "hash"}})
    credentials.own.user = user
    secrets = await secrets_for(credentials, URL)
    assert (revealed(secrets), secrets.confidential) == (sent, ())
    assert user in credentials.own.names[0]
    assert credentials.fingerprint_nowait(SALT) == credentials.inner.fingerprint_nowait(SALT)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/v1/fim/completions", "https://gateway.example:8443/v1/fim/completions",
        "http://gateway.example/v1/fim/completions", "https://gateway.example.evil.example/v1", "https://evil.example/gateway.example",
        "https://sub.gateway.example/v1",
    ],
)  # fmt: skip
async def test_another_host_gets_none_and_no_program_runs_for_it(url: str) -> None:
    """Another port or scheme is another host."""
    credentials = with_headers({"x-a": {"command": ["a"]}})
    assert revealed(await secrets_for(credentials, url)) == {}
    assert revealed(await secrets_for(credentials, url)) == {}


@pytest.mark.parametrize(
    ("setting", "printed", "environ", "said"),
    [
        ({"x-a": {"env": "K"}}, [], {}, "the variable K is not set"),
        ({"x-a": {"env": "K"}}, [], {"K": "  "}, "the variable K is not set"),
        ({"x-a": {"env": "K"}}, [], {"K": "v\r\nHost: evil"}, "K holds something that is no single line"),
        ({"x-a": {"env": "K"}}, [], {"K": "vé"}, "K holds something"),
        ({"x-a": {"env": "K"}}, [], {"K": "v" * 4_001}, "K holds something"),
        ({"x-a": {"command": ["vault", "arg"]}}, ["v\nx"], {}, "its program printed something that is no single line"),
        ({"x-a": {"command": ["vault", "arg"]}}, ["\n"], {}, "vault printed nothing"),
        ({"x-a": {"command": ["vault", "arg"]}}, [TimeoutError()], {}, "vault did not end within 10 s"),
        ({"x-a": {"command": ["vault", "arg"]}}, [CommandFailedError(3)], {}, "vault failed with status 3"),
        ({"x-a": {"command": ["vault", "arg"]}}, [OSError()], {}, "vault could not be started"),
        ({"x-a": {"command": ["vault\0", "arg"]}}, [ValueError()], {}, "could not be started"),
        ({"x-a": {"command": ["va\ud800lt", "arg"]}}, [ValueError()], {}, "va lt could not be started"),
    ],
)
async def test_a_value_that_is_not_there_costs_one_sentence(
    setting: Any, printed: list[Any], environ: dict[str, str], said: str
) -> None:
    """It names header and origin, and neither arguments nor values."""
    with pytest.raises(AuthenticationError) as failure:
        await secrets_for(with_headers(setting, *printed, **environ), URL)
    assert str(failure.value).startswith("provider.headers, x-a: ")
    assert said in str(failure.value)
    assert not [word for word in ("arg", "evil", "vvv") if word in str(failure.value)]


async def test_programs_run_at_the_same_time() -> None:
    """Two that hang cost the time of one; the same run serves all who wait."""
    both, n_running = asyncio.Event(), 0

    async def run(_command: Sequence[str]) -> str:
        nonlocal n_running
        n_running += 1
        if n_running == 2:
            both.set()
        await both.wait()
        return "v"

    own = OwnHeaders("mistral", URL, read_headers({"x-a": {"command": ["a"]}, "x-b": {"command": ["b"]}}), {}, run)
    first, second = await asyncio.wait_for(asyncio.gather(own.values(), own.values()), 30)
    assert first == second == {"x-a": ApiKey("v"), "x-b": ApiKey("v")}
    assert n_running == 2


async def test_after_a_401_programs_are_asked_again() -> None:
    """A token may have run out; the same value again is no reason to try."""
    credentials = with_headers({"x-a": {"command": ["a"]}, "x-b": "b"}, "old", "new", "new")
    old = await secrets_for(credentials, URL)
    new = await secrets_after_refusal(credentials, URL, old)
    assert revealed(new) == {"x-a": "new", "x-b": "b"}
    assert new is not None
    assert new.key == old.key
    assert await secrets_after_refusal(credentials, URL, new) is None
    without = Credentials("mistral", "KEY", environ={"KEY": "k"})
    assert await secrets_after_refusal(without, URL, await secrets_for(without, URL)) is None


async def test_the_owner_of_a_budget_is_told_by_key_and_headers() -> None:
    """A header may name the account; a literal says nothing, and a value that is not known yet is waited for."""
    plain = with_headers({"x-team": "a"})
    one, other = (with_headers({"x-key": {"env": "K"}}, K=value) for value in "ab")
    prints = with_headers({"x-key": {"command": ["a"]}}, "c")
    assert plain.fingerprint_nowait(SALT) == plain.inner.fingerprint_nowait(SALT)
    assert len({each.fingerprint_nowait(SALT) for each in (plain, one, other)}) == 3
    assert prints.fingerprint_nowait(SALT) is None
    await prints.own.values()
    assert prints.fingerprint_nowait(SALT) not in (None, plain.fingerprint_nowait(SALT))


async def test_requests_of_all_kinds_carry_them_and_redirects_get_nothing(transport: Transport) -> None:
    """Completions and lists of models; the connection's own headers stay as they are."""
    async with FimServer() as server:
        url = MISTRAL.endpoint(server.url)
        credentials = with_headers({"x-team": "a", "X-Key": {"env": "K"}}, url=url, K="v")
        heard = await listen(transport, server, credentials=credentials)
        assert heard.error is None
        models = MISTRAL.models_url(url)
        assert models is not None
        await transport.fetch(MISTRAL, models, credentials)
        for request in server.requests:
            assert (request.headers["x-team"], request.headers["x-key"]) == ("a", "v")
            assert request.headers["Authorization"] == "Bearer test-key"
            assert request.headers["Accept-Encoding"] == "identity"
        assert [request.method for request in server.requests] == ["POST", "GET"]


async def test_the_vendors_other_host_and_a_redirect_get_nothing(transport: Transport) -> None:
    """A key is tried at the alternate host; a gateway's headers are none of its business."""
    async with FimServer(api_key="another") as home, FimServer("a + b") as other:
        alternate = AlternateHost("codestral", "codestral.mistral.ai", other.url + "/fim/completions")
        provider: Provider = evolve(REGISTRY["mistral"], url=home.url, alternate_host=alternate)  # type: ignore[misc]
        credentials = with_headers({"x-key": {"env": "K"}}, url=provider.endpoint(""), K="v")
        heard = await listen(transport, "", credentials=credentials, provider=provider)
        assert heard.text == "a + b"
        assert "x-key" in home.completions[0].headers
        assert "x-key" not in other.completions[0].headers
        async with WireServer({"/v1/fim/completions": Canned(307, headers={"Location": other.url})}) as moved:
            there = with_headers({"x-key": {"env": "K"}}, url=MISTRAL.endpoint(moved.url), K="v")
            heard = await listen(transport, moved.url, credentials=there)
            assert "redirects" in str(heard.error)
        assert len(other.requests) == 1


async def test_probes_carry_them(transport: Transport) -> None:
    """A gateway refuses a probe without its header as it refuses a completion."""
    provider = REGISTRY["openai"]
    async with WireServer({}) as server:
        url = provider.endpoint(server.url)
        credentials = with_headers({"x-key": {"env": "K"}}, url=url, K="v")
        with suppress(ProviderError):
            await transport.probe(provider, url, RequestOptions("m"), credentials)
        assert server.seen
        assert all(seen.headers["x-key"] == "v" for seen in server.seen)


async def test_a_refusal_that_repeats_a_value_is_not_quoted(transport: Transport) -> None:
    """Not all of it, and no part of six characters."""
    for echo in ("wrong key gateway-secret-value", "wrong key …ret-va…"):
        refusal = Script(status=400, body={"message": echo})
        async with FimServer(script=refusal) as server:
            credentials = with_headers(
                {"x-key": {"env": "K"}}, url=MISTRAL.endpoint(server.url), K="gateway-secret-value"
            )
            heard = await listen(transport, server, credentials=credentials)
            assert heard.error is not None
            assert "ret-va" not in str(heard.error)


async def test_a_program_that_never_stops_printing_is_stopped() -> None:
    """It fills neither memory nor the time limit."""
    code = "import sys\nwhile True: sys.stdout.write('y' * 65536)"
    printed = await asyncio.wait_for(run_key_command([sys.executable, "-c", code]), 60)
    assert len(printed) == keys_module.MOST_PRINTED
    credentials = Credentials("mistral", None, ("yes",), run_command=lambda _: _soon(printed))
    with pytest.raises(AuthenticationError, match="longer than 8,000"):
        await credentials.key()


async def test_a_program_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its pipe open: the time limit ends it."""
    monkeypatch.setattr(keys_module, "COMMAND_TIMEOUT", 0.2)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run_key_command([sys.executable, "-c", "import time; time.sleep(600)"]), 60)


async def _soon(text: str) -> str:
    return text
