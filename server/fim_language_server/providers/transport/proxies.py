"""The proxy of a request, from the environment and, on macOS and Windows, the system's settings.

aiohttp's own `trust_env` is not used: it also reads ~/.netrc, once a request and in a thread, fails where that file
has an entry for the host, and sends requests to this machine through the proxy.
"""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

from fim_language_server.providers.hosts.endpoints import is_loopback


def proxy_for(url: str) -> str | None:
    """Return the URL of the proxy for `url`, which may hold a password; None for a direct connection.

    HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as `urllib` reads them. Loopback is always direct.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if is_loopback(url) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
