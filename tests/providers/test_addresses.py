"""The address that is judged is the one that is connected to, however it is spelled."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from fim_language_server.errors import SettingsError
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.hosts.endpoints import is_loopback, is_loopback_host, named_host
from fim_language_server.providers.hosts.regions import check_region, regions_of
from fim_language_server.providers.targets import choose_target
from fim_language_server.providers.transport.proxies import proxy_for
from fim_language_server.providers.transport.resolver import LoopbackResolver
from fim_language_server.settings import parse_settings

HOSTS = st.sampled_from(
    [
        *("api.mistral.ai", "api.langdock.com", "evil.example", "localhost", "127.0.0.1", "[::1]", "x.localhost"),
        *("127.evil.example", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "faß.example", "xn--api.example"),
    ]
)
BITS = st.sampled_from(
    ["", ".", "..", "%2e", "%2f", "%00", "@", ":", ":80", ":443", "/", "//", "\\", "#", "?", "[", "]"]
)
ODD = st.sampled_from(
    ["\uff0f", "\u2044", "\uff0e", "\u3002", "\u00ad", "\u200b", "\u217c", "\uff41", "%", " ", "\t", "ß"]
)
PATHS = st.lists(
    st.sampled_from(["mistral", "eu", "us", "..", ".", "%2e%2e", "%252e", "%2E.", "a%2fb", "", "v1"]), max_size=6
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Spell an address as nobody would who means well."""
    scheme = draw(st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "https:///"]))
    parts = [draw(BITS | ODD), draw(HOSTS), draw(BITS | ODD), draw(st.just("") | HOSTS)]
    if draw(st.booleans()):
        parts = [draw(HOSTS)]
    host = "".join(character.upper() if draw(st.booleans()) else character for character in "".join(parts))
    return f"{scheme}{host}/{'/'.join(draw(PATHS))}{draw(st.sampled_from(['', '?a=b', '#f', '?x=%2e%2e/..']))}"


def endpoint_of(base: str, kind: str) -> str | None:
    """Return the endpoint, or None where the spelling is refused, in the one way that things are refused in."""
    with contextlib.suppress(SettingsError):
        return REGISTRY[kind].endpoint(base)
    return None


@settings(max_examples=1_000, deadline=None)
@given(spellings(), st.sampled_from(["mistral", "langdock", "openai", "llamacpp", "ollama", "tabby"]))
@example("https://api.langdock.com/mistral/eu/../us/v1", "langdock")
@example("https://api.langdock.com/mistral/eu/%2e%2e/us/v1", "langdock")
@example("https://api.langdock.com/mistral/eu/%252e%252e/us/v1", "langdock")
@example("https://api.mistral.ai\\@evil.example/", "mistral")
def test_what_is_judged_is_what_is_connected_to(base: str, kind: str) -> None:
    """By aiohttp's own reading of the URL: host, path, whether it is an address; or the spelling is refused."""
    url = endpoint_of(base, kind)
    if url is None:
        return
    wire = URL(url)  # as the client reads it
    parts = urlsplit(url)
    assert str(wire) == url, "the client writes it as it was judged"
    assert parts.hostname == wire.raw_host
    assert parts.path == wire.raw_path
    assert not {".", ".."}.intersection(wire.path.split("/"))
    assert wire.user is None
    assert wire.password is None
    if is_loopback(url) and not (wire.raw_host or "").rstrip(".").endswith("localhost"):
        here = ipaddress.ip_address(wire.raw_host or "")
        here = getattr(here, "ipv4_mapped", None) or here
        assert here.is_loopback or here.is_unspecified
    if regions_of(url):
        known = ("mistral.ai", "langdock.com")
        assert (wire.raw_host or "").endswith(known)
        if (wire.raw_host or "").endswith("langdock.com"):
            assert wire.raw_path.split("/")[2] == regions_of(url)[0]


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *[(host, True) for host in ("localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.8.7")],
        *[(host, True) for host in ("::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::")],
        *[
            (host, False)
            for host in ("127.evil.example", "127.0.0.1.evil.example", "127.", "127.1", "0x7f.1", "2130706433")
        ],
        *[
            (host, False)
            for host in ("localhost.evil.example", "notlocalhost", "127.0.0.1.", "10.0.0.1", "192.168.1.9")
        ],
        *[(host, False) for host in ("::ffff:8.8.8.8", "fe80::1", "169.254.169.254", "", "127.0.0.01", "xlocalhost")],
    ],
)
def test_loopback_is_an_address_or_a_reserved_name(host: str, here: bool) -> None:
    """Nothing that merely begins or ends like one."""
    assert is_loopback_host(host) is here


@pytest.mark.parametrize("host", ["127.evil.example", "127.0.0.1.evil.example", "127.1"])
def test_a_name_like_an_address_gets_neither_trust_nor_a_way_around_the_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is asked for it as for any other host, and regions hold."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.9:1")
    for name in ("http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_for(f"http://{host}/v1") == "http://127.0.0.9:1"
    assert proxy_for("http://127.0.0.1/v1") is None
    with pytest.raises(SettingsError):
        check_region(f"http://{host}/v1", ["eu"])


class Elsewhere(aiohttp.abc.AbstractResolver):
    """A resolver that has been told where things are."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
        return [
            {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0}
            for each in self.addresses
        ]

    async def close(self) -> None:
        return


@pytest.mark.parametrize("name", ["localhost", "x.localhost", "X.LocalHost.", "localhost."])
def test_a_name_of_this_machine_leads_nowhere_else(name: str) -> None:
    """Whatever a name server says of it."""
    mixed = asyncio.run(LoopbackResolver(Elsewhere("203.0.113.9", "127.0.0.1", "::1")).resolve(name))
    assert [each["host"] for each in mixed] == ["127.0.0.1", "::1"]
    with pytest.raises(OSError, match="does not lead to this machine"):
        asyncio.run(LoopbackResolver(Elsewhere("203.0.113.9")).resolve(name))
    others = asyncio.run(LoopbackResolver(Elsewhere("203.0.113.9")).resolve("api.example"))
    assert [each["host"] for each in others] == ["203.0.113.9"]


@pytest.mark.parametrize(
    "host", ["llm.acme.example", "10.0.0.7", "192.168.1.2:8080", "172.16.0.1", "[fd00::1]", "127.evil.example", "127.1"]
)
@pytest.mark.parametrize("key", [{"OPENAI_API_KEY": "k"}, {}])
def test_a_key_travels_unencrypted_only_on_the_user_s_word(host: str, key: dict[str, str]) -> None:
    """To no other machine, in no network; without a key nothing is held back."""
    provider = {"kind": "openai", "url": f"http://{host}/v1"}
    section = parse_settings({"provider": provider})[0].provider
    if key:
        with pytest.raises(SettingsError, match=r"OPENAI_API_KEY would travel .* unencrypted; .*allowInsecureHttp"):
            choose_target(section, key)
    else:
        assert choose_target(section, key) is not None
    assert choose_target(parse_settings({"provider": provider | {"allowInsecureHttp": True}})[0].provider, key)
    assert choose_target(parse_settings({"provider": provider | {"url": f"https://{host}/v1"}})[0].provider, key)


@pytest.mark.parametrize("url", ["http://localhost:1/v1", "http://127.0.0.1:1", "http://[::1]:1", "http://0.0.0.0:1"])
def test_this_machine_needs_no_encryption(url: str) -> None:
    """What is sent does not leave it."""
    section = parse_settings({"provider": {"kind": "openai", "url": url}})[0].provider
    assert choose_target(section, {"OPENAI_API_KEY": "k"})


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ({"llm.acme.example": "eu"}, "https://llm.acme.example/v1"),
        ({"LLM.acme.example.": "EU"}, "https://llm.acme.example:8443/v1"),
        (["eu", {"llm.acme.example": "eu"}], "https://llm.acme.example/v1"),
        (["eu", {"llm.acme.example": "europe-west4"}], "https://llm.acme.example/v1"),
        ([{"llm.acme.example:8443": "eu"}], "https://llm.acme.example:8443/v1"),
        ({"faß.example": "eu"}, "https://xn--fa-hia.example/v1"),
        ({"[fd00::1]": "eu"}, "https://[fd00:0::1]/v1"),
        ({"llm.acme.example": "eu"}, "https://api.mistral.ai/v1"),
    ],
)
def test_a_host_of_one_s_own_can_be_named(setting: Any, url: str) -> None:
    """Alone, or beside regions; in any spelling of the host; the regions of the known hosts hold as well."""
    section = parse_settings({"provider": {"kind": "openai", "url": url, "regions": setting}})
    assert section[1] == []
    assert choose_target(section[0].provider, {})


@pytest.mark.parametrize(
    ("setting", "url", "said"),
    [
        ({"llm.acme.example": "eu"}, "https://other.example/v1", 'add {"other.example": "eu"} to provider.regions'),
        (["us"], "https://h.example:1/v1", 'add {"h.example:1": "us"} to provider.regions'),
        ({"llm.acme.example:1": "eu"}, "https://llm.acme.example:2/v1", "nobody knows where llm.acme.example is"),
        (["eu", {"llm.acme.example": "us"}], "https://llm.acme.example/v1", "llm.acme.example is in us"),
        ({"api.deepseek.com": "eu"}, "https://api.deepseek.com/v1", "api.deepseek.com is in cn"),
        ({"acme.example": "eu"}, "https://llm.acme.example/v1", "nobody knows where llm.acme.example is"),
        ([{}], "https://h.example/v1", "allows only this machine"),
        ({"https://llm.acme.example": "eu"}, "https://llm.acme.example/v1", "names something that is no host"),
    ],
)
def test_a_named_host_is_that_host(setting: Any, url: str, said: str) -> None:
    """Its port where one is named, no other host of its domain, and none whose region is known otherwise."""
    section = parse_settings({"provider": {"kind": "openai", "url": url, "regions": setting}})[0].provider
    with pytest.raises(SettingsError) as refused:
        choose_target(section, {})
    assert said in str(refused.value)


@given(st.text(max_size=20))
@example(".")
def test_any_text_is_a_host_or_none(text: str) -> None:
    """Hosts come from a settings file; nothing but ValueError comes of them."""
    try:
        assert named_host(text)
    except ValueError:
        return
