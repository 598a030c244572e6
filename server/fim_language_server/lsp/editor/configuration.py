"""Where a client keeps its settings, and which layer lies on top. What settings mean is in `settings.py`.

Three sources, since clients differ: `initializationOptions`; `workspace/configuration`, pulled where the client
offers it; `didChangeConfiguration` with the settings in it, which counts only where nothing can be pulled.

Each may hold two sections: `fim` with the user's settings, and `fimWorkspace` with those that the open workspace
brought, which may only narrow the user's. A client that has only the one section is taken to send the user's; it is
asked without `scopeUri`, so that the settings of one folder do not colour the answer.
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
"""Settings of the workspace: an object as in section `fim`, or a list of them, one for each place it keeps some in."""


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
            # A client may say its token on every transport, also where none is asked for.
            settings = {key: value for key, value in settings.items() if key != TOKEN_FIELD}
        self._initial, self._initial_workspace = _apart(settings)

    def push(self, settings: Any) -> None:
        """Take what a `didChangeConfiguration` brought: all of an editor's settings, the section alone, or null."""
        if isinstance(settings, Mapping):
            users, self._workspace = _apart(settings)
            self._upper = users.get(SECTION, users)

    async def pull(self) -> bool:
        """Ask the client for its settings; False where a later question has overtaken this one."""
        self._pulls += 1
        pull = self._pulls
        answer, workspace = await self._client.ask_settings(SECTION, WORKSPACE_SECTION)
        if pull != self._pulls:
            return False
        self._upper, self._workspace = answer, workspace
        return True

    def override_language(self, language_id: str, is_on: bool) -> None:
        """Switch a language on or off for this session, whatever the client's settings say."""
        self._overrides.setdefault("trigger", {}).setdefault("languages", {})[language_id] = is_on

    def raw(self) -> tuple[dict[str, Any], list[str]]:
        """Return the user's layers, laid over each other, and a sentence for each setting that is not taken."""
        # Imported here: pydantic takes a while, and nothing waits for it before the reply to `initialize`.
        from fim_language_server.settings import merge_settings

        said = merge_settings(self._initial, self._upper, self._overrides)
        said, refused = allowed_settings(said) if self._origin.is_network else (said, [])
        return merge_settings(self._origin.settings, said), refused

    def workspace(self) -> list[Any]:
        """Return the workspace's layers, each of which narrows the user's settings by itself."""
        layers = [*_layers(self._initial_workspace), *_layers(self._workspace)]
        return [layer for layer in layers if layer]


def _apart(settings: Any) -> tuple[Any, Any]:
    """Return what a client sent without the workspace's section, and that section."""
    if not isinstance(settings, Mapping) or WORKSPACE_SECTION not in settings:
        return settings, None
    return {key: value for key, value in settings.items() if key != WORKSPACE_SECTION}, settings[WORKSPACE_SECTION]


def _layers(section: Any) -> Sequence[Any]:
    return section if isinstance(section, list) else [section]
