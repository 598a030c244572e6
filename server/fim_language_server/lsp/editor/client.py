"""The messages that the server sends to an editor. Other modules of `lsp` send through `Client`, not through pygls."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.lsp.editor.client_features import ClientFeatures

logger = logging.getLogger(__name__)


LONGEST_MESSAGE = 4_000
"""The most code points of a message in an editor."""


def shown(text: str) -> str:
    """Return a text cut to `LONGEST_MESSAGE`, without invisible characters, which a server or a file name may have."""
    return without_invisible(text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…")


class Sender(Protocol):
    """The part of pygls' protocol class that sends."""

    def notify(self, method: str, params: Any | None = None) -> None:
        """Send a notification."""
        ...

    def send_request_async(self, method: str, params: Any | None = None) -> Any:
        """Send a request; awaiting the result gives the answer or raises JsonRpcException."""
        ...


class Client:
    """An editor. `features` are those that it announced, from `initialize` on."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.features = ClientFeatures()

    def show(self, kind: types.MessageType, text: str) -> None:
        """Show a message to the user (`window/showMessage`): once, and only for a problem that the user can solve."""
        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, shown(text)))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._sender.notify(method, params)

    async def request(self, method: str, params: Any) -> Any:
        """Send a request and wait for the answer, as JSON. Raises JsonRpcException where the client refuses."""
        return await self._sender.send_request_async(method, params)

    async def register(self, method: str, options: Any = None) -> None:
        """Register for a kind of notification (`client/registerCapability`); a refusal is only logged."""
        registration = types.Registration(f"fim:{method}", method, options)
        try:
            await self.request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))
        except JsonRpcException as error:
            logger.info("the editor does not register %s: %s", method, error)

    async def unregister(self, method: str) -> None:
        """Take back what `register` did (`client/unregisterCapability`); a refusal is only logged."""
        registration = types.Unregistration(f"fim:{method}", method)
        try:
            await self.request(types.CLIENT_UNREGISTER_CAPABILITY, types.UnregistrationParams([registration]))
        except JsonRpcException as error:
            logger.info("the editor does not unregister %s: %s", method, error)

    async def pull_settings(self, *sections: str) -> list[Any]:
        """Request sections of the settings (`workspace/configuration`); None for each that does not come."""
        params = types.ConfigurationParams([types.ConfigurationItem(section=section) for section in sections])
        unknown = [None] * len(sections)
        try:
            answer = await self.request(types.WORKSPACE_CONFIGURATION, params)
        except JsonRpcException as error:
            logger.info("the editor does not return its settings: %s", error)
            return unknown
        return [*answer, *unknown][: len(sections)] if isinstance(answer, list) else unknown
