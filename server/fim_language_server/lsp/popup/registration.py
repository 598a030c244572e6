"""Registration of completion with clients that can take it after `initialize`, when all settings are known."""

from __future__ import annotations

from attrs import define
from lsprotocol import types

from fim_language_server.lsp.editor.capabilities import TRIGGERS
from fim_language_server.lsp.editor.client import Client


@define(eq=False)
class PopupRegistration:
    """Registers completion with a client, and takes it back, as the setting `popup.mode` changes."""

    _client: Client
    _is_registered: bool = False

    async def follow(self, mode: str) -> None:
        """Register or take back, as far as the client supports either and the setting differs from what there is."""
        popup = self._client.features.popup
        is_wanted = popup.registers and popup.offers_popup(mode)
        if is_wanted == self._is_registered:
            return
        self._is_registered = is_wanted
        if is_wanted:
            options = types.CompletionRegistrationOptions(trigger_characters=list(TRIGGERS))
            await self._client.register(types.TEXT_DOCUMENT_COMPLETION, options)
        else:
            await self._client.unregister(types.TEXT_DOCUMENT_COMPLETION)
