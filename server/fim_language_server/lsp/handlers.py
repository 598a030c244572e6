"""One short function for each LSP method, and the table of them. They call `session.py` and the modules below.

A handler is a plain function: it runs when its message is handled, before the next one. It returns an
awaitable for work that takes time.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from lsprotocol import types

from fim_language_server.core.values import Skip
from fim_language_server.lsp import commands
from fim_language_server.lsp.convert import to_request, trigger_of
from fim_language_server.lsp.documents.notebook_messages import CellOfNotebook, NotebookChange, NotebookOpened
from fim_language_server.lsp.documents.uris import path_of
from fim_language_server.lsp.editor.capabilities import initialize_result
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.session import Session
from fim_language_server.lsp.wire.next_edit_parameters import (
    COPILOT_INLINE_EDIT,
    DID_FOCUS,
    DID_MOVE_CURSOR,
    DID_SHOW_INLINE_EDIT,
    InlineEditParams,
    ShownEditParams,
)

_PATHS_AT_ONCE = 500
"""URIs that are read at once; this many take 4 ms."""


def initialize(session: Session, features: ClientFeatures) -> dict[str, Any]:
    """Take the client's features, and return the server's capabilities."""
    session.initialize(features)
    return initialize_result(features)


def initialized(session: Session, params: types.InitializedParams) -> None:
    """Begin to load the application."""
    session.start()


def exit_(session: Session, params: None) -> None:
    """End the session. Exit code 1: no `shutdown` came before (LSP 3.18, "Exit Notification")."""
    session.end(1)


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Add a document to the open ones."""
    document = session.workspace.open(params.text_document)
    session.document_opened(document)
    session.recording.opened(document)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Edit a document, and let the engine cancel the streams that no longer fit."""
    changes = session.next_editor.changes_wanted(len(params.content_changes))
    document, places = session.workspace.change(params, changes)
    if document:
        session.popup.edited(document.uri)
        session.recording.changed(params)
        session.completer.observe_edit(document, places)
        session.next_editor.edited(document, changes, places)


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Drop a document, and cancel its requests."""
    session.recording.closed(params.text_document.uri)
    if uri := session.workspace.close(params.text_document.uri):
        session.completer.observe_close(uri)
        session.next_editor.closed(uri)


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Report to the index that a file has new content."""
    session.files_changed(_paths([params.text_document.uri]))
    session.recording.saved(params.text_document.uri)


def notebook_did_open(session: Session, opened: NotebookOpened) -> None:
    """Add a notebook and its cells to the open ones."""
    if closed := session.notebooks.close(opened.uri):
        session.completer.observe_close(closed)
    session.recording.notebook_closed(opened.uri)
    notebook = session.notebooks.open(opened)
    session.document_opened(notebook.file)
    session.recording.notebook_opened(notebook.file, _splice_of(0, 0, opened.cells), list(notebook.open_cells))


def notebook_did_change(session: Session, change: NotebookChange) -> None:
    """Change a notebook's cells, and let the engine cancel the streams that no longer fit."""
    if edits := session.notebooks.change(change):
        splice = change.splice
        cells = _splice_of(splice.start, splice.delete_count, splice.cells) if splice is not None else {}
        if (file := session.workspace.file_of(change.uri)) is not None:
            session.recording.notebook_changed(file, change, cells)
        for cell, _ in edits.places:
            session.popup.edited(cell.uri)
        session.completer.observe_notebook(edits)


def notebook_did_close(session: Session, uri: str) -> None:
    """Drop a notebook and its cells, and cancel its requests."""
    session.recording.notebook_closed(uri)
    if closed := session.notebooks.close(uri):
        session.completer.observe_close(closed)


def notebook_did_save(session: Session, uri: str) -> None:
    """Report to the index that a notebook's file has new content."""
    session.files_changed(_paths([uri]))


def inline_completion(
    session: Session, params: types.InlineCompletionParams
) -> Awaitable[types.InlineCompletionList | None] | None:
    """Take a snapshot of the text at once; return the answer as an awaitable."""
    document = session.workspace.find(params.text_document.uri)
    if document is None:
        session.completer.log_reason(Skip.UNKNOWN_DOCUMENT.value, trigger_of(params))
        return None
    request = to_request(
        params,
        document,
        session.completer.window,
        session.completer.pace.waited_ms(document.uri),
        may_replace=session.client.features.replaces,
        may_begin_with_line_end=session.client.features.draws_line_ends,
    )
    return session.answer(functools.partial(session.completer.complete, request, params))


def inline_edit(session: Session, params: InlineEditParams) -> Awaitable[Mapping[str, Any] | None]:
    """Return the next edits in a document as an awaitable; always an object with `edits`."""
    return session.answer_next_edit(params)


def did_move_cursor(session: Session, params: InlineEditParams) -> None:
    """Take where the cursor rests after the last edit."""
    session.next_editor.moved(params)


def did_show_inline_edit(session: Session, params: ShownEditParams) -> None:
    """Note that a client shows a next edit."""
    session.next_editor.shown(params.offer_id)


def completion(session: Session, params: types.CompletionParams) -> Awaitable[types.CompletionList | None] | None:
    """Take a snapshot of the text at once; return the items of the popup as an awaitable."""
    document = session.workspace.find(params.text_document.uri)
    if document is None:
        return None
    question = session.popup.take_snapshot(document, params)
    return session.answer(functools.partial(session.popup.complete, question))


def execute_command(session: Session, params: types.ExecuteCommandParams) -> Any:
    """Run a command of this server."""
    session.recording.ran(params.command, params.arguments or ())
    return commands.execute(session, params.command, params.arguments)


def did_change_configuration(session: Session, params: types.DidChangeConfigurationParams) -> None:
    """Pull the settings, or take those in the notification."""
    session.settings_changed(params.settings)


def did_change_workspace_folders(session: Session, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Add and remove folders."""
    event = params.event
    session.workspace.change_folders([folder.uri for folder in event.added], [f.uri for f in event.removed])
    session.folders_changed()


def did_change_watched_files(
    session: Session, params: types.DidChangeWatchedFilesParams
) -> Coroutine[Any, Any, None] | None:
    """Report to the index which files changed; a checkout of a branch may change thousands."""
    uris = [change.uri for change in params.changes]
    if len(uris) > _PATHS_AT_ONCE:
        return _report_in_parts(session, uris)
    session.files_changed(_paths(uris))
    return None


def ignore(session: Session, params: Any) -> None:
    """Ignore a notification that every client may send and that has no effect here."""


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
    types.TEXT_DOCUMENT_COMPLETION: completion,
    types.TEXT_DOCUMENT_INLINE_COMPLETION: inline_completion,
    COPILOT_INLINE_EDIT: inline_edit,
    DID_SHOW_INLINE_EDIT: did_show_inline_edit,
    DID_FOCUS: ignore,
    DID_MOVE_CURSOR: did_move_cursor,
    types.NOTEBOOK_DOCUMENT_DID_OPEN: notebook_did_open,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE: notebook_did_change,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE: notebook_did_close,
    types.NOTEBOOK_DOCUMENT_DID_SAVE: notebook_did_save,
    types.WORKSPACE_EXECUTE_COMMAND: execute_command,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_workspace_folders,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
}
"""The handlers of all methods but `shutdown`, which ends the server itself (`server.py`)."""


async def _report_in_parts(session: Session, uris: list[str]) -> None:
    for start in range(0, len(uris), _PATHS_AT_ONCE):
        session.files_changed(_paths(uris[start : start + _PATHS_AT_ONCE]))
        await asyncio.sleep(0)


def _splice_of(start: int, delete_count: int, cells: Sequence[CellOfNotebook]) -> dict[str, Any]:
    """Return a change of a notebook's array of cells, as a recording notes it."""
    return {"start": start, "deleteCount": delete_count, "cells": [(cell.uri, cell.is_markup) for cell in cells]}


def _paths(uris: list[str]) -> list[str]:
    return [path for uri in uris if (path := path_of(uri))]
