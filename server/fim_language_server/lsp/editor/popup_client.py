"""Habits of a client with the items of its completion popup: from what it says of itself, and from a table of clients.

The specification leaves open who indents the lines of an item's text, and some clients insert only its first line. So
a text has to be sent in the form that the client puts in as it should. A client that announces
`completionItem.insertTextModeSupport` does as that says (LSP 3.16, `InsertTextMode`); the others are in `PROFILES`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen


class ItemForm(enum.Enum):
    """The form of an item."""

    EDIT = "edit"
    """A plain `textEdit` over the typed word, each line with its whole indentation."""
    ADJUSTED = "adjusted"
    """A plain `textEdit` whose lines have the cursor's line's indentation left out, because the client adds it."""
    SNIPPET = "snippet"
    """The text of ADJUSTED, escaped, as a snippet."""
    LINE = "line"
    """The first line only, as a plain `textEdit`."""


@frozen
class Profile:
    """Habits of a client that its capabilities do not tell. `names` are values of `clientInfo.name` in lower case.

    `cut_at` are characters before which the client cuts a text. `waits_for_all`: it opens its popup when the last of
    its servers has answered, so none of them may take long, even where the user asked for the popup with a key.
    """

    names: tuple[str, ...]
    form: ItemForm = ItemForm.EDIT
    cut_at: str = ""
    waits_for_all: bool = True


ALE = Profile(("ale",), ItemForm.LINE, cut_at="(")
"""Cuts a text before its first bracket, and puts line ends into the line as NUL."""

NAMELESS = Profile((), waits_for_all=False)
"""Older versions of Kate and Eglot, which have one server for each kind of file."""

UNKNOWN = Profile(())

PROFILES = (
    # `vim.lsp.completion` inserts the first line of a plain edit, and indents a snippet's lines.
    Profile(("neovim",), ItemForm.SNIPPET),
    Profile(("helix",), waits_for_all=False),
    # One server for each kind of file, and typing goes on while it is waited for.
    Profile(("kate", "kwrite", "kdevelop"), waits_for_all=False),
    Profile(("eglot", "emacs", "gnu emacs"), waits_for_all=False),
    # Line ends become NUL in the file.
    Profile(("vim-lsp",), ItemForm.LINE, waits_for_all=False),
    ALE,
    # Expands what has more than one line as a snippet, whatever its format says.
    Profile(("kakoune-lsp", "kak-lsp"), ItemForm.LINE),
    Profile(("coc.nvim",), waits_for_all=False),
)
"""Clients of these names; of others the standard's words are believed (`UNKNOWN`)."""

_AS_IS, _ADJUST = 1, 2
"""Values of `InsertTextMode`."""


@frozen
class PopupClient:
    """The part of a client's announcements that its completion popup is about."""

    has_ghost_text: bool = False
    """It shows ghost text, so it needs no popup."""
    registers: bool = False
    """Completion can be registered after `initialize`, and taken back."""
    form: ItemForm = ItemForm.EDIT
    says_as_is: bool = False
    """The client wants to be told with each item that its lines are indented already."""
    says_adjust: bool = False
    """The client wants to be told with each item that its lines are to be indented."""
    cut_at: str = ""
    waits_for_all: bool = True
    shows_label_details: bool = False
    reads_markdown: bool = True

    @classmethod
    def from_initialize(cls, params: Mapping[str, Any]) -> PopupClient:
        """Read the parameters of `initialize`; what cannot be read counts as missing."""
        capabilities = _mapping(params.get("capabilities"))
        text_document = _mapping(capabilities.get("textDocument"))
        completion = _mapping(text_document.get("completion"))
        item = _mapping(completion.get("completionItem"))
        modes = _list(_mapping(item.get("insertTextModeSupport")).get("valueSet"))
        formats = _list(item.get("documentationFormat"))
        name = _mapping(params.get("clientInfo")).get("name")
        profile = find_profile(name, completion)
        return cls(
            # lsp-mode announces null, and has ghost text.
            has_ghost_text="inlineCompletion" in text_document or "fim" in _mapping(capabilities.get("experimental")),
            registers=completion.get("dynamicRegistration") is True,
            form=_form(profile, modes, has_snippets=item.get("snippetSupport") is True),
            says_as_is=_AS_IS in modes,
            says_adjust=_ADJUST in modes,
            cut_at=profile.cut_at,
            waits_for_all=profile.waits_for_all,
            shows_label_details=item.get("labelDetailsSupport") is True,
            reads_markdown="markdown" in formats,  # Kate 22 says nothing, and shows it as it is.
        )

    def offers_popup(self, mode: str) -> bool:
        """Is the popup offered to this client by the setting `popup.mode`?"""
        return mode == "always" or (mode != "never" and not self.has_ghost_text)

    def with_form(self, wanted: str) -> PopupClient:
        """Return this client with the form of the setting `popup.form`, which knows better than what it says."""
        if wanted == "auto":
            return self
        form = ItemForm(wanted)
        if form is ItemForm.EDIT and self.says_adjust and not self.says_as_is:
            form = ItemForm.ADJUSTED
        return evolve(self, form=form, cut_at="")


def find_profile(name: object, completion: Mapping[str, Any]) -> Profile:
    """Return the profile of a client that is called `name`, or sends these capabilities of completion.

    ALE 3.3 has no name, and capabilities that it shares with no other client of the table.
    """
    if isinstance(name, str):
        called = name.lower()
        return next((each for each in PROFILES if called in each.names), UNKNOWN)
    item = _mapping(completion.get("completionItem"))
    is_ale = completion.get("contextSupport") is False and item.get("snippetSupport") is False
    return ALE if is_ale else NAMELESS


def _form(profile: Profile, modes: list[Any], *, has_snippets: bool) -> ItemForm:
    if _AS_IS in modes:
        return ItemForm.EDIT
    if _ADJUST in modes:
        return ItemForm.ADJUSTED
    if profile.form is ItemForm.SNIPPET and not has_snippets:
        return ItemForm.LINE
    return profile.form


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
