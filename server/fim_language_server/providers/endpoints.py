"""Addresses of APIs: the full endpoint, from a base URL in any of the forms people paste. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from fim_language_server.errors import SettingsError


def full_endpoint(base_url: str, path: str) -> str:
    """Return `base_url` with `path` at its end, whatever part of `path` it already has.

    `path` is absolute, such as `/v1/fim/completions`; `https://host`, `https://host/`, `https://host/v1/` and
    `https://host/v1/fim/completions` all give the same. A fragment is dropped, a query is kept: some gateways
    carry an API version there. Raises SettingsError for anything but http and https with a host.
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
    return urlunsplit((parts.scheme, parts.netloc, "/" + "/".join(segments), parts.query, ""))


def sibling(url: str, path: str, other: str) -> str:
    """Return `url` with `path` at the end of its path replaced by `other`, and without its query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix(path) + other, "", ""))


def shown(url: str) -> str:
    """Return `url` as it may be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def host_of(url: str) -> str:
    """Return the host of `url`, with its port where one is named."""
    return urlsplit(url).netloc.rpartition("@")[2]


def is_loopback(url: str) -> bool:
    """Does `url` lead to this machine? By its name alone; nothing is looked up."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")


def _split(url: str) -> SplitResult:
    example = "such as https://api.mistral.ai/v1"
    if not url.isprintable() or " " in url:
        raise SettingsError(f"provider.url has a space or a control character in it; it takes a URL {example}.")
    try:
        parts = urlsplit(url)
        has_host, _ = bool(parts.hostname), parts.port
    except ValueError:
        raise SettingsError(f"provider.url is no URL; it takes one {example}.") from None
    if parts.scheme not in ("http", "https") or not has_host:
        raise SettingsError(f"provider.url must begin with https:// or http:// and name a host, {example}.")
    if "@" in parts.netloc:
        raise SettingsError(
            "provider.url must not hold a user or password; keys come from the variable that provider.apiKeyEnv names."
        )
    return parts
