"""What the server may say to an editor, in one place: the seam at which everything of ours lets go of pygls."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.lsp.editor.client_features import ClientFeatures

logger = logging.getLogger(__name__)


LONGEST_MESSAGE = 4_000
"""Characters of a message in an editor."""


def shown(text: str) -> str:
    """Return a text as editors may show it: some of its words are a server's, or a file's name."""
    return without_invisible(text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…")


class Sender(Protocol):
    """The part of pygls' protocol class that sends."""

    def notify(self, method: str, params: Any | None = None) -> None:
        """Send a notification."""
        ...

    def send_request_async(self, method: str, params: Any | None = None) -> Any:
        """Send a request; awaiting it gives the answer or raises JsonRpcException."""
        ...


class Client:
    """An editor. `features` is what it said it can, from `initialize` on."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.features = ClientFeatures()

    def show(self, kind: types.MessageType, text: str) -> None:
        """Open a message on the user's screen: for what only the user can mend, and once."""
        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, shown(text)))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._sender.notify(method, params)

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait for the answer, as JSON. Raises JsonRpcException where the client refuses."""
        return await self._sender.send_request_async(method, params)

    async def register(self, method: str, options: Any = None) -> None:
        """Ask for a kind of notification (`client/registerCapability`); a refusal is only logged."""
        registration = types.Registration(f"fim:{method}", method, options)
        try:
            await self.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))
        except JsonRpcException as error:
            logger.info("the editor does not register %s: %s", method, error)

    async def ask_settings(self, *sections: str) -> list[Any]:
        """Pull sections of the settings; None for each that the client has not, or does not tell."""
        params = types.ConfigurationParams([types.ConfigurationItem(section=section) for section in sections])
        unknown = [None] * len(sections)
        try:
            answer = await self.ask(types.WORKSPACE_CONFIGURATION, params)
        except JsonRpcException as error:
            logger.info("the editor does not tell its settings: %s", error)
            return unknown
        return [*answer, *unknown][: len(sections)] if isinstance(answer, list) else unknown
