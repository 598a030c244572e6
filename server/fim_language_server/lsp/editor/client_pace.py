"""The time that an editor waits before its request, which the server's debounce does not have to wait again.

VS Code waits 50 ms after a key, Neovim 0.12 200 ms, LSP4IJ 300 ms. Mostly this can be measured: the change comes with
the key, and the request when the wait is over. Neovim sends both after its wait, so it is recognised by its name.
"""

from __future__ import annotations

from attrs import define, field

from fim_language_server.clock import Clock

NEOVIM_MS = 200
"""The wait of `vim.lsp.inline_completion` in ms, since Neovim 0.12."""
_NEOVIM_BEFORE = ("0.9.", "0.10.", "0.11.")
"""Versions without `vim.lsp.inline_completion`."""


def known_wait_ms(name: object, version: object) -> int:
    """Return the ms that a client of this `clientInfo` waits before each request; 0 where that can be measured."""
    is_known = name == "Neovim" and isinstance(version, str) and not version.lstrip("v").startswith(_NEOVIM_BEFORE)
    return NEOVIM_MS if is_known else 0


@define
class ClientPace:
    """The time of the last edit, until a request uses it. `known_ms` is that of `known_wait_ms`."""

    clock: Clock = field(repr=False)
    known_ms: int = 0
    _last_edit: tuple[str, float] | None = None

    def edited(self, uri: str) -> None:
        """Note an edit of a document."""
        self._last_edit = uri, self.clock.now()

    def waited_ms(self, uri: str) -> int:
        """Return the ms for which the editor held back a request that comes now.

        They are measured for the first request after an edit; later ones have other causes, such as a moved cursor.
        """
        return max(self.known_ms, self.measured_ms(uri) or 0)

    def measured_ms(self, uri: str) -> int | None:
        """Return the ms since the last edit, if it was in this document and this is the first request after it."""
        last_edit, self._last_edit = self._last_edit, None
        if last_edit is None or last_edit[0] != uri:
            return None
        return round((self.clock.now() - last_edit[1]) * 1_000)
