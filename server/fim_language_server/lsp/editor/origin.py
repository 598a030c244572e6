"""How a client came in, which decides what it may set."""

from __future__ import annotations

from attrs import field, frozen

TOKEN_FIELD = "token"  # noqa: S105 - the name of a field
"""The field of `initializationOptions` that holds the token of a network connection."""


@frozen
class Origin:
    """The door by which a client came in.

    `is_network`: others could have tried it, too (TCP, WebSocket), so some settings are not taken from its clients.
    `settings`, from the command line, lie under the client's.
    """

    is_network: bool = False
    settings: object = field(default=None, repr=False)
