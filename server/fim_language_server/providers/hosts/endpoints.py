"""Addresses of APIs: the full endpoint, from a base URL in any form that users paste. Pure.

An endpoint is spelled as it is sent on the wire, by the library that the HTTP client itself uses (yarl). So the address
that is judged here (this machine? which region? encrypted?) is the address that is connected to.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from fim_language_server.core.shown_values import address_as_shown
from fim_language_server.errors import SettingsError


def full_endpoint(base_url: str, path: str) -> str:
    """Return `base_url` with `path` at its end, of which it may have a part already.

    `path` is absolute, such as `/v1/fim/completions`; `https://host`, `https://host/`, `https://host/v1/` and
    `https://host/v1/fim/completions` all give one endpoint. A fragment is dropped, a query is kept: some gateways
    carry an API version there. The host is in lower case and IDNA, the scheme's own port is left out. Raises
    SettingsError for a URL that is not http(s) with a host, and for a path with dot segments (`..`), also where they
    are escaped.
    """
    parts = _split(base_url.strip())
    segments = [segment for segment in parts.path.split("/") if segment]
    wanted = path.strip("/").split("/")
    for n_present in range(len(wanted), 0, -1):
        if segments[-n_present:] == wanted[:n_present]:
            segments += wanted[n_present:]
            break
    else:
        segments += wanted
    return _on_the_wire(urlunsplit((parts.scheme, parts.netloc, "/" + "/".join(segments), parts.query, "")))


def sibling(url: str, path: str, other: str) -> str:
    """Return `url` with `path` at the end of its path replaced by `other`, and without its query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix(path) + other, "", ""))


def shown(url: str) -> str:
    """Return `url` as it may be shown: without user, password, query, fragment, and text that looks like a key."""
    parts = urlsplit(url)
    return address_as_shown(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")))


def shown_host(url: str) -> str:
    """Return the host of `url` as it may be shown, with its port where one is named."""
    return address_as_shown(host_of(url))


def host_of(url: str) -> str:
    """Return the host of `url`, with its port where one is named."""
    return urlsplit(url).netloc.rpartition("@")[2]


def is_loopback(url: str) -> bool:
    """Does `url` lead to this machine? See `is_loopback_host`."""
    return is_loopback_host(urlsplit(url).hostname or "")


def is_loopback_host(host: str) -> bool:
    """Is `host` this machine: an address of it, `localhost` or a name below `localhost`?

    Nothing is looked up. `transport.resolver` makes sure that such a name leads nowhere else.
    """
    return is_loopback_name(host) or is_loopback_address(host)


def is_loopback_name(host: str) -> bool:
    """Is `host` a name that RFC 6761 (6.3) reserves for this machine?"""
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


def is_loopback_address(host: str) -> bool:
    """Is `host` an IP address of this machine, in the form that all resolvers read alike?

    A name that resembles one (`127.example.com`, `127.1`) is no address. The unspecified address (`0.0.0.0`) leads to
    this machine, or nowhere.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback or (mapped or address).is_unspecified


def is_encrypted(url: str) -> bool:
    """Are requests to `url` sent over TLS?"""
    return urlsplit(url).scheme == "https"


def named_host(name: str) -> str:
    """Return the host `name`, with or without a port, as it stands in an endpoint. Raises ValueError for no host."""
    from yarl import URL

    host = urlsplit(str(URL(f"http://{name}"))).netloc.removesuffix(".")
    if not host or set(name) & set("/?#@\\% "):
        raise ValueError("no host")
    return host


def _on_the_wire(url: str) -> str:
    # Imported here: completing with the embedded model does not need it.
    from yarl import URL

    try:
        written = str(URL(str(URL(url))))  # twice: a first parse may leave letters in a host that a second one changes
        if str(URL(written)) == written:
            return written
        raise ValueError("no lasting form")  # noqa: TRY301
    except ValueError:
        raise SettingsError(f"provider.url names a host that cannot be one; it takes a URL {_EXAMPLE}.") from None


def _has_dot_segments(path: str) -> bool:
    while (decoded := unquote(path)) != path:
        path = decoded
    return bool({".", ".."}.intersection(path.split("/")))


_EXAMPLE = "such as https://api.mistral.ai/v1"


def _split(url: str) -> SplitResult:
    if not url.isprintable() or " " in url or "\\" in url:
        raise SettingsError(
            f"provider.url has a space, a backslash or a control character in it; it takes a URL {_EXAMPLE}."
        )
    try:
        parts = urlsplit(url)
        has_host, _ = bool(parts.hostname), parts.port
    except ValueError:
        raise SettingsError(f"provider.url is no URL; it takes one {_EXAMPLE}.") from None
    if parts.scheme not in ("http", "https") or not has_host:
        raise SettingsError(f"provider.url must begin with https:// or http:// and name a host, {_EXAMPLE}.")
    if "@" in parts.netloc:
        raise SettingsError(
            "provider.url must not hold a user or password; keys come from the variable that provider.apiKeyEnv names."
        )
    if "%" in parts.netloc:
        raise SettingsError(f"provider.url names a host with a % in it; it takes a URL {_EXAMPLE}.")
    if _has_dot_segments(parts.path):
        raise SettingsError('provider.url must not have "." or ".." in its path; write the path that is meant.')
    return parts
