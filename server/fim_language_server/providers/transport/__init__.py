"""How requests travel and answers come back: the only network I/O of the client side, and its only use of aiohttp.

`client` keeps connections, `exchange` carries one question and its answer, `failures` says what went wrong.
What a request says and what an answer means is the providers'.

Leaving a stream early closes its connection, which is how the server learns to stop generating (and to stop
charging). HTTP/1.1 does that reliably, and nothing else is spoken here. What a close costs, a new handshake, is
paid ahead of the next request by a spare connection.
"""

from fim_language_server.providers.transport.client import Transport

__all__ = ["Transport"]
