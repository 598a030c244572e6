"""Parameters of the messages about next edits, which are those of Copilot's language server; read from JSON by hand.

The functions raise InvalidParams, which names the field and never quotes the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from lsprotocol import types

from fim_language_server.lsp.wire.fields import GREATEST, mapping, position, string

COPILOT_INLINE_EDIT = "textDocument/copilotInlineEdit"
"""The request for next edits of Copilot's clients: sidekick.nvim, copilot-lsp, copilot.el."""
DID_SHOW_INLINE_EDIT = "textDocument/didShowInlineEdit"
DID_FOCUS = "textDocument/didFocus"
DID_MOVE_CURSOR = "fim/didMoveCursor"
"""Says that the cursor rests outside of the word that was edited last, for clients that draw next edits themselves."""
NEXT_EDIT = "fim/nextEdit"
"""The notification of a next edit, for clients that draw it themselves (docs/protocol.md)."""


@frozen
class InlineEditParams:
    """A cursor's place, for which next edits are asked, or to which it was moved.

    `version` is that of the document, None where the client does not say it.
    """

    uri: str
    version: int | None
    position: types.Position


@frozen
class ShownEditParams:
    """The id of the edit that a client has shown; "" where it names none."""

    offer_id: str


def inline_edit(params: Mapping[str, Any]) -> InlineEditParams:
    """Return the parameters of `textDocument/copilotInlineEdit` or `fim/didMoveCursor`.

    Fields that are not needed are not looked at.
    """
    document = mapping(params.get("textDocument"), "textDocument")
    version = document.get("version")
    known = max(-GREATEST, min(version, GREATEST)) if isinstance(version, int) else None
    return InlineEditParams(string(document, "uri"), known, position(params.get("position")))


def shown_edit(params: Mapping[str, Any]) -> ShownEditParams:
    """Return the parameters of `textDocument/didShowInlineEdit`: only the command's first argument is needed."""
    command = mapping(mapping(params.get("item"), "item").get("command"), "command")
    arguments = command.get("arguments")
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return ShownEditParams(first if isinstance(first, str) else "")
