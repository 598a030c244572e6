"""One short function for each LSP method, and the table of them. What they do is in `session.py` and below.

A handler is a plain function: it runs when its message is handled, before the next one. What a request still has
to wait for, it returns to be awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from lsprotocol import types

from fim_language_server.core.values import Skip
from fim_language_server.lsp import commands
from fim_language_server.lsp.convert import to_request
from fim_language_server.lsp.documents.uris import path_of
from fim_language_server.lsp.editor.capabilities import initialize_result
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.session import Session

_PATHS_AT_ONCE = 500
"""Paths that are read from URIs in one go: 4 ms."""


def initialize(session: Session, features: ClientFeatures) -> dict[str, Any]:
    """Take what the client said of itself, and answer with what this server can."""
    session.initialize(features)
    return initialize_result(features)


def initialized(session: Session, params: types.InitializedParams) -> None:
    """Begin with what may take a while."""
    session.start()


def exit_(session: Session, params: None) -> None:
    """End the session before its `shutdown` was asked for, which is an error (LSP 3.18, "Exit Notification")."""
    session.end(1)


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Keep a document."""
    session.links.follow(session.workspace.open(params.text_document))


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Edit a document, and let the engine see whether what it is doing still fits."""
    document, places = session.workspace.change(params)
    if document:
        session.completer.observe_edit(document, places)


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document, and what was being asked for it."""
    if uri := session.workspace.close(params.text_document.uri):
        session.completer.observe_close(uri)


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Tell the index that a file has a new content."""
    session.files_changed(_paths([params.text_document.uri]))


def inline_completion(
    session: Session, params: types.InlineCompletionParams
) -> Awaitable[types.InlineCompletionList | None] | None:
    """Snapshot the text at once; return the answer to be awaited."""
    document = session.workspace.find(params.text_document.uri)
    if document is None:
        session.completer.explain(Skip.UNKNOWN_DOCUMENT.value, params)
        return None
    request = to_request(
        params,
        document,
        session.completer.window,
        session.completer.pace.waited_ms(document.uri),
        may_replace=session.client.features.replaces,
        may_begin_with_line_end=session.client.features.draws_line_ends,
    )
    return session.complete(request, params)


def execute_command(session: Session, params: types.ExecuteCommandParams) -> Any:
    """Run one of our commands."""
    return commands.execute(session, params.command, params.arguments)


def did_change_configuration(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """Ask for the settings again, or take what came."""
    session.settings_changed(params.settings)


def did_change_workspace_folders(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Add and remove folders."""
    event = params.event
    session.workspace.change_folders([folder.uri for folder in event.added], [f.uri for f in event.removed])
    session.folders_changed()


def did_change_watched_files(
    session: Session, params: types.DidChangeWatchedFilesParams
) -> Coroutine[Any, Any, None] | None:
    """Tell the index which files changed, appeared or went: a branch that is checked out may bring thousands."""
    uris = [change.uri for change in params.changes]
    if len(uris) > _PATHS_AT_ONCE:
        return _tell_in_parts(session, uris)
    session.files_changed(_paths(uris))
    return None


def ignore(session: Session, params: Any) -> None:
    """Take a notification that every client may send and that changes nothing here."""


Handler = Callable[[Session, Any], Any]

HANDLERS: Mapping[str, Handler] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.EXIT: exit_,
    types.SET_TRACE: ignore,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: ignore,
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
    types.TEXT_DOCUMENT_DID_SAVE: did_save,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: inline_completion,
    types.WORKSPACE_EXECUTE_COMMAND: execute_command,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_workspace_folders,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
}
"""Every method but `shutdown`, which is about the server itself (`server.py`)."""


async def _tell_in_parts(session: Session, uris: list[str]) -> None:
    for start in range(0, len(uris), _PATHS_AT_ONCE):
        session.files_changed(_paths(uris[start : start + _PATHS_AT_ONCE]))
        await asyncio.sleep(0)


def _paths(uris: list[str]) -> list[str]:
    return [path for uri in uris if (path := path_of(uri))]
