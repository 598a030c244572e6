"""Transport of requests and responses: the only network I/O on the client side, and its only use of aiohttp.

`client` keeps connections; `exchange` carries one request and its response; `server_knowledge` probes servers and
keeps their facts; `failures` holds the sentence for each failure. Providers phrase requests and interpret responses.

A stream that is ended early is ended by closing its connection: that is how the server learns to stop generating, and
charging. Only HTTP/1.1 is spoken, where this works reliably. A spare connection, opened in the background, saves the
next request the handshake.
"""

from fim_language_server.providers.transport.client import Transport

__all__ = ["Transport"]
