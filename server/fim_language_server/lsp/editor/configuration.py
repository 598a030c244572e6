"""The layers of a client's settings, as raw JSON. The room `settings` parses them.

Three sources, since clients differ: `initializationOptions`; `workspace/configuration`, pulled where the client
offers it; `didChangeConfiguration` with the settings in it, which counts only where the client cannot be asked.

Each may hold two sections: `fim` with the user's settings, and `fimWorkspace` with those of the open
workspace, which may only narrow the user's. Settings without the second section are all the user's. Sections are
pulled without `scopeUri`, so that the answer does not depend on one folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field

from fim_language_server.lsp.editor.client import Client
from fim_language_server.lsp.editor.network_settings import allowed_settings
from fim_language_server.lsp.editor.origin import TOKEN_FIELD, Origin

SECTION = "fim"

WORKSPACE_SECTION = "fimWorkspace"
"""The workspace's settings: an object as in section `fim`, or a list of such, one for each file that has settings."""

_COPILOTS = frozenset(
    {"editorInfo", "editorPluginInfo", "copilotIntegrationId", "copilotCapabilities", "nextEditSuggestions"}
    | {"github", "github-enterprise", "http", "telemetry"}
)
"""Settings that clients of Copilot's server send to it, and so to this one in its place; no user wrote them for it."""


@define
class Configuration:
    """The layers of one client's raw settings, as JSON."""

    _client: Client
    _origin: Origin = field(factory=Origin)
    _initial: Any = field(default=None, repr=False)
    _upper: Any = field(default=None, repr=False)
    _initial_workspace: Any = field(default=None, repr=False)
    _workspace: Any = field(default=None, repr=False)
    _overrides: dict[str, Any] = field(factory=dict, repr=False)
    _pulls: int = 0

    def initialize(self, settings: Any) -> None:
        """Take `initializationOptions`: the section, or an object with the section in it, or null."""
        if isinstance(settings, Mapping):
            # A client may send a token on every transport, also on one that needs none.
            settings = {key: value for key, value in settings.items() if key != TOKEN_FIELD and key not in _COPILOTS}
        self._initial, self._initial_workspace = _split_sections(settings)

    def push(self, settings: Any) -> None:
        """Take the settings of `didChangeConfiguration`: all of an editor's settings, the section alone, or null."""
        if isinstance(settings, Mapping):
            own = {key: value for key, value in settings.items() if key not in _COPILOTS}
            users, self._workspace = _split_sections(own)
            self._upper = users.get(SECTION, users)

    async def pull(self) -> bool:
        """Pull the client's settings; return whether they were used: not if a later pull has begun meanwhile."""
        self._pulls += 1
        pull = self._pulls
        answer, workspace = await self._client.pull_settings(SECTION, WORKSPACE_SECTION)
        if pull != self._pulls:
            return False
        self._upper, self._workspace = answer, workspace
        return True

    def override_language(self, language_id: str, is_on: bool) -> None:
        """Switch a language on or off for this session, whatever the client's settings say."""
        self._overrides.setdefault("trigger", {}).setdefault("languages", {})[language_id] = is_on

    def raw(self) -> tuple[dict[str, Any], list[str]]:
        """Return the user's layers, merged, and a sentence for each setting that is refused."""
        # Imported here: importing pydantic takes long, and the reply to `initialize` must not wait for it.
        from fim_language_server.settings import merge_settings

        merged = merge_settings(self._initial, self._upper, self._overrides)
        allowed, refused = allowed_settings(merged) if self._origin.is_network else (merged, [])
        return merge_settings(self._origin.settings, allowed), refused

    def workspace(self) -> list[Any]:
        """Return the workspace's layers, each of which narrows the user's settings by itself."""
        layers = [*_layers(self._initial_workspace), *_layers(self._workspace)]
        return [layer for layer in layers if layer]


def _split_sections(settings: Any) -> tuple[Any, Any]:
    """Return a client's settings without the workspace's section, and that section."""
    if not isinstance(settings, Mapping) or WORKSPACE_SECTION not in settings:
        return settings, None
    return {key: value for key, value in settings.items() if key != WORKSPACE_SECTION}, settings[WORKSPACE_SECTION]


def _layers(section: Any) -> Sequence[Any]:
    return section if isinstance(section, list) else [section]
