"""The features that a client announces in `initialize`, as far as this server uses them.

Only the needed capabilities are read, and no type describes all of them: clients send nulls, unknown enum values and
fields of their own, and still have to be answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from fim_language_server.lsp.documents.positions import Encoding
from fim_language_server.lsp.editor.client_pace import known_wait_ms
from fim_language_server.lsp.editor.popup_client import PopupClient


@frozen
class ClientFeatures:
    """The part of `InitializeParams` that matters here."""

    encoding: Encoding = Encoding.UTF16
    folders: tuple[str, ...] = ()  # URIs
    settings: Any = field(default=None, repr=False)  # initializationOptions: JSON, read by `configuration.py`
    process_id: int | None = None
    pulls_configuration: bool = False
    registers_configuration: bool = False
    registers_watched_files: bool = False
    shows_progress: bool = False
    refreshes: bool = False
    """The client requests again on `$/fim/refresh` (docs/protocol.md)."""
    replaces: bool = False
    """The client can draw and insert a text over closing brackets behind the cursor (docs/protocol.md)."""
    draws_line_ends: bool = False
    """The client can draw and insert a text that begins with a line end (docs/protocol.md)."""
    draws_next_edits: bool = False
    """The client takes `fim/nextEdit` and draws next edits itself (docs/protocol.md)."""
    syncs_notebooks: bool = False
    """The client sends notebooks with the order of their cells (LSP 3.17, `NotebookDocumentSyncClientCapabilities`)."""
    wait_ms: int = 0
    """Time that the client waits before each request, in ms; 0 where it can be measured (`client_pace.py`)."""
    popup: PopupClient = field(factory=PopupClient)
    """The client's completion popup."""
    announced: Mapping[str, Any] = field(factory=dict, repr=False)
    """The client's name, version and capabilities as it sent them, for a recording of the session."""

    @classmethod
    def from_initialize(cls, params: Mapping[str, Any]) -> ClientFeatures:
        """Read the parameters of `initialize`; a field that cannot be read counts as missing."""
        capabilities = params.get("capabilities")
        process_id = params.get("processId")
        draws_line_ends = _find(capabilities, "experimental", "fim", "lineEnds") is True
        return cls(
            encoding=_choose_encoding(params),
            folders=_folders(params),
            settings=params.get("initializationOptions"),
            process_id=process_id if isinstance(process_id, int) and process_id > 0 else None,
            pulls_configuration=_find(capabilities, "workspace", "configuration") is True,
            registers_configuration=_registers(capabilities, "didChangeConfiguration"),
            registers_watched_files=_registers(capabilities, "didChangeWatchedFiles"),
            shows_progress=_find(capabilities, "window", "workDoneProgress") is True,
            refreshes=_find(capabilities, "experimental", "fim", "refresh") is True,
            replaces=_find(capabilities, "experimental", "fim", "replace") is True,
            draws_line_ends=draws_line_ends,
            draws_next_edits=_find(capabilities, "experimental", "fim", "nextEdit") is True,
            syncs_notebooks=isinstance(_find(capabilities, "notebookDocument", "synchronization"), Mapping),
            wait_ms=0 if draws_line_ends else _known_wait_ms(params),
            popup=PopupClient.from_initialize(params),
            announced={name: params[name] for name in ("clientInfo", "capabilities") if name in params},
        )


def _find(tree: Any, *path: str) -> Any:
    for name in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(name)
    return tree


def _known_wait_ms(params: Mapping[str, Any]) -> int:
    """Return the ms that Neovim waits where it draws itself: then it draws no line ends. Its plugin hardly waits."""
    return known_wait_ms(_find(params, "clientInfo", "name"), _find(params, "clientInfo", "version"))


def _registers(capabilities: Any, feature: str) -> bool:
    return _find(capabilities, "workspace", feature, "dynamicRegistration") is True


def _choose_encoding(params: Mapping[str, Any]) -> Encoding:
    """Return the client's first choice: converting is cheap here, and may cost the client a pass over each line.

    Clients of Copilot's server, which name their plug-in in `editorPluginInfo`, get UTF-16 whatever they prefer:
    copilot-lsp and copilot.el take the places of next edits as UTF-16 units, and do not look at what was agreed.
    """
    if isinstance(_find(params, "initializationOptions", "editorPluginInfo"), Mapping):
        return Encoding.UTF16
    known = {encoding.value: encoding for encoding in Encoding}
    offered = _find(params, "capabilities", "general", "positionEncodings")
    names = offered if isinstance(offered, list) else []
    return next((known[name] for name in names if isinstance(name, str) and name in known), Encoding.UTF16)


def _folders(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the workspace folders, else the root, which older clients send instead (before LSP 3.6)."""
    folders = params.get("workspaceFolders")
    uris = [_find(folder, "uri") for folder in folders] if isinstance(folders, list) else []
    if not uris:
        root, path = params.get("rootUri"), params.get("rootPath")
        uris = [root or (_path_to_uri(path) if isinstance(path, str) and path else None)]
    return tuple(uri for uri in uris if isinstance(uri, str))


def _path_to_uri(path: str) -> str | None:
    # Here, because hardly any client has only a path, and the import is not free.
    from pygls.uris import from_fs_path

    try:
        uri: str | None = from_fs_path(path)
    except ValueError:  # A lone surrogate, or `//` with nothing after it.
        return None
    return uri
