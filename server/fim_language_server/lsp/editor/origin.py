"""The way by which a client connected, which decides about the settings it may change."""

from __future__ import annotations

from attrs import field, frozen

TOKEN_FIELD = "token"  # noqa: S105 - the name of a field
"""The field of `initializationOptions` that holds the token of a network connection."""


@frozen
class Origin:
    """The way by which a client connected.

    `is_network`: over TCP or a WebSocket, which other programs can reach, too, so some settings are refused.
    `settings` are those of the command line; the client's override them.
    """

    is_network: bool = False
    settings: object = field(default=None, repr=False)
