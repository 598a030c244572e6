"""The way by which a client connected, which decides about the settings it may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from fim_language_server.lsp.recording.starting import RecordingWish

TOKEN_FIELD = "token"  # noqa: S105 - the name of a field
"""The field of `initializationOptions` that holds the token of a network connection."""


@frozen
class Origin:
    """The way by which a client connected.

    `is_network`: over TCP or a WebSocket, which other programs can reach, too, so some settings are refused.
    `settings` are those of the command line; the client's override them. `recording` is the recording that the command
    line asks for.
    """

    is_network: bool = False
    settings: object = field(default=None, repr=False)
    recording: RecordingWish | None = None
