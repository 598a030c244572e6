"""Headers of the user's own: names and values that HTTP takes, no secret in the settings, and no fault passed over."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.errors import SettingsError
from fim_language_server.providers.hosts.own_headers import LONGEST_VALUE, OwnHeader, is_value, read_headers
from fim_language_server.providers.targets import choose_chain, choose_target
from fim_language_server.settings import narrowed, parse_settings
from fim_language_server.settings.policy import parse_policy

GOOD: dict[str, Any] = {
    "x-team": "payments",
    "X-Region": " eu-west 1 ",
    "x.a_b": 'a;b="c", d',
    "x-api-key": {"env": "GATEWAY_KEY"},
    "x-end-user": {"user": "hash"},
    "x-token": {"command": ["pass", "show", "gateway"]},
}
NAMES_OF_OTHERS = [
    "Host", "content-length", "Content-Type", "Transfer-Encoding", "TE", "Connection", "Keep-Alive", "upgrade",
    "Proxy-Connection", "Authorization", "authorization", "Proxy-Authorization", "Accept", "Accept-Encoding", "Expect",
    "Content_Length", "Transfer_Encoding", "proxy_authorization", "Trailer", "Content-Encoding", "Range",
]  # fmt: skip
NO_NAMES = [
    "", " ", "x y", "x:y", "x\r\ny", "x-a\r\nx-b: 1", "x\0", "x\ud800", "ключ", "x-é", ":path", "x\t", "(x)",
    "x" * 101, "x" * 1_000_000, "Ho\u017ft", "\u212aey", "\uff28ost", "Ho\u200bst", True, 5,
]  # fmt: skip
NO_VALUES: list[Any] = [
    "", " ", "a\r\nx-b: 1", "a\nb", "a\rb", "a\0b", "a\x7f", "é", "\ud800", "\u2028", "a" * (LONGEST_VALUE + 1),
    None, 5, True, [], ["a"], {}, {"env": ""}, {"env": 5}, {"env": "A B"}, {"env": "sk-proj-abcdefghijklmnop1234"},
    {"env": "A", "command": ["b"]}, {"command": []}, {"command": "pass show x"}, {"command": [""]}, {"command": [5]},
    {"command": ["a"] * 200}, {"command": ["a", "b" * 5_000]}, {"value": "a"}, {"user": "name"}, {"user": True},
    "env:NAME", "$NAME", "${env:NAME}",
]  # fmt: skip
SECRETS = {
    "x-api-key": "hunter2", "apikey": "hunter2", "x-auth": "hunter2", "Cookie": "a=b", "x-session-token": "hunter2",
    "X_PASSWORD": "hunter2",
    "x-team": "sk-proj-SECRETSECRET1234567890abcdefghijklmnop", "x-id": "3f786850e387550fdab836ed7e6dc881de23001b",
}  # fmt: skip


def test_the_origin_of_each_value_is_read() -> None:
    """A literal without blanks around it, a variable, a program with its arguments."""
    headers = {each.name: (each.literal, each.variable, each.command) for each in read_headers(GOOD)}
    assert headers == {
        "x-team": ("payments", "", ()),
        "X-Region": ("eu-west 1", "", ()),
        "x.a_b": ('a;b="c", d', "", ()),
        "x-api-key": ("", "GATEWAY_KEY", ()),
        "x-end-user": ("", "", ()),
        "x-token": ("", "", ("pass", "show", "gateway")),
    }


@pytest.mark.parametrize("name", NAMES_OF_OTHERS)
def test_headers_of_the_connection_and_of_the_key_are_refused(name: str) -> None:
    """A second Content-Length or Host would make one request into two."""
    with pytest.raises(SettingsError, match=name):
        read_headers({name: "x"})


@pytest.mark.parametrize("name", NO_NAMES, ids=repr)
def test_what_is_no_name_is_refused(name: Any) -> None:
    """Line breaks, blanks, colons, letters that HTTP does not know."""
    with pytest.raises(SettingsError, match="cannot be the name of a header"):
        read_headers({name: "x"})


@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: repr(value)[:40])
def test_what_is_no_value_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_headers({"x-team": value})
    assert "x-team" in str(refusal.value)
    assert "1234" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("name", "value"), SECRETS.items())
def test_a_secret_does_not_stand_in_the_settings(name: str, value: str) -> None:
    """By the header's name, or by the form of its value; the sentence says where to put it."""
    with pytest.raises(SettingsError, match="env") as refusal:
        read_headers({name: value})
    assert value not in str(refusal.value).replace(name, "")


def test_one_name_stands_once_and_there_is_a_limit() -> None:
    """Servers take the first, the last or both of two headers of one name; ten thousand cost one look."""
    with pytest.raises(SettingsError, match="stands twice"):
        read_headers({"X-Team": "a", "x-team": "b"})
    with pytest.raises(SettingsError, match="stands twice"):
        read_headers({"x_team": "a", "x-team": "b"})
    with pytest.raises(SettingsError, match="10,000 headers"):
        read_headers({f"x-{number}": "a" for number in range(10_000)})
    for setting in (5, "x-team: a", ["x-team"], True):
        with pytest.raises(SettingsError, match="map"):
            read_headers(setting)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12) | st.sampled_from([*NO_VALUES, "ok"]), max_size=3))
def test_whatever_is_taken_can_be_sent(setting: dict[str, Any]) -> None:
    """No name and no literal breaks out of its line, whatever was written."""
    headers: tuple[OwnHeader, ...] = ()
    with suppress(SettingsError):
        headers = read_headers(setting)
    for each in headers:
        assert each.name.isascii()
        assert each.name.isprintable()
        assert not set(each.name) & set(" :\r\n")
        assert each.is_secret or is_value(each.literal)


@pytest.mark.parametrize("headers", [{"Host": "a"}, {"x-a": "a\r\nb"}, 5, [], {"x-a": {"env": "A B"}}, {"x": None}])
def test_a_model_with_a_wrong_header_is_not_asked(headers: Any) -> None:
    """Without the header that names a tenant or forbids a log the request would end elsewhere."""
    raw = {"kind": "mistral", "url": "https://g.example", "headers": headers}
    settings, problems = parse_settings({"provider": {**raw, "fallback": [{**raw, "url": "https://h.example"}]}})
    assert problems == []
    chain, left_out = choose_chain(settings.provider, {"MISTRAL_API_KEY": "k"})
    assert [choice.target for choice in chain] == [None]
    assert len(left_out) == 2
    assert all("provider.headers: " in sentence for sentence in left_out)
    policy = parse_policy('{"enforce": {"provider": {"headers": {"Host": "a"}}}}', "policy.json")[0]
    assert choose_chain(policy.hold(settings).provider, {})[0][0].target is None


def test_a_secret_header_does_not_travel_unencrypted() -> None:
    """As the key; a literal is no secret."""
    raw: dict[str, Any] = {"kind": "openai", "url": "http://gateway.example/v1", "model": "m"}
    for headers, is_refused in [({"x-api-key": {"env": "K"}}, True), ({"x-team": "a"}, False)]:
        settings, _ = parse_settings({"provider": {**raw, "headers": headers}})
        if is_refused:
            with pytest.raises(SettingsError, match="header x-api-key would travel"):
                choose_target(settings.provider, {})
        else:
            assert choose_target(settings.provider, {}) is not None


def test_a_workspace_adds_no_header_and_no_program() -> None:
    """Nor does it take one away."""
    mine, _ = parse_settings({"provider": {"headers": {"x-team": "a"}}})
    theirs, _ = parse_settings(
        {"provider": {"headers": {"x-b": {"command": ["id"]}}, "price": {"input": 0, "output": 0}}}
    )
    holds = narrowed(mine, theirs)
    assert holds.provider.headers == {"x-team": "a"}
    assert holds.provider.price is None


def test_a_dot_in_a_name_is_no_path_and_values_stay_out_of_repr() -> None:
    settings, problems = parse_settings({"provider.headers": {"x.a": "confidential"}})
    assert (settings.provider.headers, problems) == ({"x.a": "confidential"}, [])
    assert "confidential" not in repr(settings)
    assert "confidential" not in repr(read_headers({"x.a": "confidential"}))
