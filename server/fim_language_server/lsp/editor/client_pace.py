"""How long the editor has waited itself before it asks, so that the server does not wait a second time.

VS Code waits 50 ms after a key, Neovim 0.12 200 ms, LSP4IJ 300 ms. Mostly it shows: the change comes at the key, and
the request when the wait is over. Neovim holds the change back until it asks, so it is known by its name.
"""

from __future__ import annotations

from attrs import define, field

from fim_language_server.clock import Clock

NEOVIM_MS = 200
"""`vim.lsp.inline_completion`'s wait, since Neovim 0.12."""
_NEOVIM_BEFORE = ("0.9.", "0.10.", "0.11.")
"""Versions without it."""


def known_wait_ms(name: object, version: object) -> int:
    """Return what a client of this `clientInfo` waits before each request, in ms; 0 where that is to be seen."""
    is_known = name == "Neovim" and isinstance(version, str) and not version.lstrip("v").startswith(_NEOVIM_BEFORE)
    return NEOVIM_MS if is_known else 0


@define
class ClientPace:
    """When the last edit came, until somebody asks about it."""

    clock: Clock = field(repr=False)
    known_ms: int = 0
    _edited: tuple[str, float] | None = None

    def edited(self, uri: str) -> None:
        """Note an edit of a document."""
        self._edited = uri, self.clock.now()

    def waited_ms(self, uri: str) -> int:
        """Return how long a request that comes now was held back since the key, in ms.

        Only the first one after an edit was: later ones come for other reasons, such as a move of the cursor.
        """
        edited, self._edited = self._edited, None
        measured = (self.clock.now() - edited[1]) * 1_000 if edited is not None and edited[0] == uri else 0
        return max(self.known_ms, round(measured))
