"""Loading of the application, and of all heavy imports with it, after the reply to `initialize`."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.error_messages import ErrorMessages
from fim_language_server.state.folder import state_folder

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

MakeApplication: TypeAlias = "Callable[[Workspace, ErrorMessages, ClientFeatures], Awaitable[Application]]"


async def make_application(workspace: Workspace, messages: ErrorMessages, features: ClientFeatures) -> Application:
    """Import the application in a thread, so that messages are handled meanwhile, and return it."""
    module = await asyncio.to_thread(importlib.import_module, "fim_language_server.app.application")
    application: Application = module.Application(
        workspace.folders,
        messages,
        open_documents=workspace.recent,
        recent_edits=lambda: workspace.recent_edits,
        state_folder=state_folder(),
        refreshes=features.refreshes,
    )
    return application


@functools.cache
def freeze_once() -> None:
    """Exempt the objects of start-up from garbage collection: a full collection takes 20 to 40 ms less."""
    gc.freeze()
