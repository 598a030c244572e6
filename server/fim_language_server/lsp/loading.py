"""What is loaded once the editor has its reply to `initialize`: the application, and with it everything heavy."""

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


async def make_application(workspace: Workspace, status: ErrorMessages, features: ClientFeatures) -> Application:
    """Load the application, in a thread: the import takes a while, and messages come in meanwhile."""
    module = await asyncio.to_thread(importlib.import_module, "fim_language_server.app.application")
    application: Application = module.Application(
        workspace.folders,
        status,
        open_documents=workspace.recent,
        state_folder=state_folder(),
        refreshes=features.refreshes,
    )
    return application


@functools.cache
def freeze_once() -> None:
    """Take what start-up left out of the collector's sight: a full collection costs 20 to 40 ms less."""
    gc.freeze()
