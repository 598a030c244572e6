"""Failures of transport: no response, or one that does not reach its end. One sentence with a remedy each. Pure.

`client` and `exchange` tell the failures apart. Refusals are responses, and are read by the providers.
"""

from __future__ import annotations

import enum
from urllib.parse import urlsplit

from fim_language_server.core.shown_values import address_as_shown, as_shown
from fim_language_server.errors import NotStartedError, StreamError, UnavailableError
from fim_language_server.providers.hosts.endpoints import is_loopback, shown, shown_host


class Failure(enum.Enum):
    """A reason for which no response came, or its end did not."""

    NO_SUCH_HOST = "no such host"
    REFUSED = "connection refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect timeout"
    NO_FIRST_BYTE = "no first byte"
    SILENT = "silent in the middle of an answer"
    UNTRUSTED = "certificate not trusted"
    NO_TLS = "no TLS"
    PROXY_UNREACHABLE = "proxy unreachable"
    PROXY_LOGIN = "proxy wants a login"
    PROXY_REFUSED = "proxy refused"
    PROXY_KIND = "proxy of a kind not spoken"
    DROPPED = "connection dropped"


_SENTENCES = {
    Failure.NO_SUCH_HOST: "There is no host {host}, or no network; check provider.url and the connection.",
    Failure.REFUSED: "Nothing listens at {host}; start the server there, or check provider.url.",
    Failure.UNREACHABLE: "{host} cannot be reached; check the network, a VPN, or HTTPS_PROXY.",
    Failure.CONNECT_TIMEOUT: (
        "Connecting to {host} took longer than {seconds:g} s; check the network and HTTPS_PROXY, "
        "or raise provider.connectTimeoutMs."
    ),
    Failure.NO_FIRST_BYTE: (
        "{host} did not begin to answer within {seconds:g} s; if it is always so slow, raise "
        "provider.firstByteTimeoutMs."
    ),
    Failure.SILENT: (
        "{host} fell silent in the middle of an answer for {seconds:g} s; if it is always so slow, raise "
        "provider.firstByteTimeoutMs."
    ),
    Failure.UNTRUSTED: (
        "The certificate of {host} is not trusted; if a proxy of your company or your own server signed it, "
        "set provider.caFile to its CA certificate."
    ),
    Failure.NO_TLS: "{host} did not speak TLS as expected; check provider.url: https:// or http://?",
    Failure.PROXY_UNREACHABLE: "The proxy {proxy} cannot be reached; check HTTPS_PROXY and NO_PROXY.",
    Failure.PROXY_LOGIN: (
        "The proxy {proxy} asks for a user and password (407); put them into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT."
    ),
    Failure.PROXY_REFUSED: "The proxy {proxy} does not let us through to {host}; check HTTPS_PROXY and NO_PROXY.",
    Failure.PROXY_KIND: "The proxy {proxy} is no HTTP proxy, and others are not supported; check HTTPS_PROXY.",
    Failure.DROPPED: "{host} closed the connection without an answer; it is tried again by itself.",
}


def unavailable(
    provider: str, failure: Failure, url: str, *, seconds: float = 0.0, proxy: str = ""
) -> UnavailableError:
    """Return the error for `failure` at the endpoint `url`; `seconds` is the time limit that was exceeded."""
    sentence = _SENTENCES[failure].format(host=shown_host(url), seconds=seconds, proxy=shown_host(proxy) or "in use")
    if failure is Failure.REFUSED and is_loopback(url):
        return NotStartedError(provider, sentence)
    return UnavailableError(provider, sentence)


def redirected(provider: str, url: str, status: int, location: str) -> UnavailableError:
    """Return the error for a redirect. None is followed: key and code would go to another address."""
    target = urlsplit(location)
    where = f" to {address_as_shown(target.hostname)}" if target.hostname and target.hostname.isprintable() else ""
    sentence = f"{shown_host(url)} redirects{where} ({status}); set provider.url to where the API really is."
    return UnavailableError(provider, sentence)


def no_api(provider: str, url: str) -> UnavailableError:
    """Return the error for an address whose response is no completion."""
    sentence = f"There is no FIM API at {shown(url)}: its answer is no completion; check provider.url."
    return UnavailableError(provider, sentence)


def bad_ca_file(provider: str, path: str) -> UnavailableError:
    """Return the error for a certificate file that cannot be read."""
    sentence = f"provider.caFile: {as_shown(path)} is not a readable PEM file of certificates."
    return UnavailableError(provider, sentence)


def broken_off(provider: str, url: str) -> StreamError:
    """Return the error for a response that ended before its answer was whole."""
    return StreamError(provider, f"The answer of {shown_host(url)} broke off; type on to try again.")


def empty_response(provider: str, url: str) -> StreamError:
    """Return the error for a response without a completion, ended or endless."""
    return StreamError(provider, f"The answer of {shown_host(url)} held no completion; type on to try again.")
