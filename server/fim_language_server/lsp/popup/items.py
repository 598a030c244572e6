"""Items of the completion popup: a suggestion in the form that a client puts in as it should.

An item is a text over the word that was typed, since clients compare the word with it. How the further lines are
indented, and whether there are any, depends on the client (`lsp.editor.popup_client`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen
from lsprotocol import types

from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import Suggestion
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import units_of
from fim_language_server.lsp.editor.capabilities import ACCEPT
from fim_language_server.lsp.editor.popup_client import ItemForm, PopupClient

MOST = 3
"""The most items."""
LONGEST_LABEL = 60
"""Code points of a text's first line that are shown as its label."""
SIGN = "✦"
"""Ends each label, because some clients show nothing else of an item: it is not a name from a language server."""
SORTED_LAST = "~"
"""Begins `sortText`: behind the names of language servers, whose order stays as it is."""

_WORD: Final = re.compile(r"\w*$")
_DASHED_WORD: Final = re.compile(r"[\w-]*$")
_WITH_DASHES: Final = frozenset(
    {
        "clojure",
        "commonlisp",
        "css",
        "emacs-lisp",
        "elisp",
        "fennel",
        "less",
        "lisp",
        "racket",
        "scheme",
        "scss",
        "sass",
    }
)
"""Language ids with `-` in names, for editors as well."""
_ESCAPED: Final = re.compile(r"([\\$}])")
_INDENT: Final = re.compile(r"[ \t]*")


@frozen
class TypedWord:
    """The typed word before a cursor, "" where there is none, from column `start` to `cursor` in the client's units.

    `indent` is the indentation of its line, `eol` the document's line end.
    """

    word: str
    indent: str
    line: int
    cursor: int
    start: int
    eol: str
    language_id: str = field(default="")

    @classmethod
    def before(cls, document: OpenDocument, line: int, column: int) -> TypedWord:
        """Return the word before a place: a line and a column in code points, within the document."""
        head = document.lines[line][:column]
        pattern = _DASHED_WORD if document.language_id.lower() in _WITH_DASHES else _WORD
        found = pattern.search(head)
        word = found[0] if found is not None else ""
        cursor = units_of(head, document.encoding)
        indent = _INDENT.match(head)
        return cls(
            word=word,
            indent=indent[0] if indent is not None else "",
            line=line,
            cursor=cursor,
            start=cursor - units_of(word, document.encoding),
            eol=document.eol,
            language_id=document.language_id,
        )


def to_items(suggestions: Sequence[Suggestion], place: TypedWord, client: PopupClient) -> list[types.CompletionItem]:
    """Return the items of the suggestions, in their order; those that would insert nothing are left out."""
    items: list[types.CompletionItem] = []
    for suggestion in suggestions:
        item = _item(suggestion, place, client, {known.label for known in items}, len(items))
        if item is not None and len(items) < MOST:
            items.append(item)
    return items


def _item(
    suggestion: Suggestion, place: TypedWord, client: PopupClient, taken: set[str], number: int
) -> types.CompletionItem | None:
    whole = with_plain_line_ends(suggestion.text)
    text = fitting(whole, place.indent, client)
    if not text.strip() or text.startswith("\n") or suggestion.replaced:
        return None
    first, more, _ = text.partition("\n")
    label = _label(place.word + first, is_longer=bool(more), taken=taken)
    item = types.CompletionItem(
        label=label,
        kind=types.CompletionItemKind.Text,  # Helix expands a plain text of the kind `Snippet` as a snippet.
        detail=f"FIM {without_invisible(suggestion.model)}".strip(),
        documentation=_documentation(place, text, client),
        sort_text=f"{SORTED_LAST}{number}",
        filter_text=place.word + first,
        text_edit=types.TextEdit(
            types.Range(types.Position(place.line, place.start), types.Position(place.line, place.cursor)),
            _new_text(place.word + text, place, client.form),
        ),
    )
    if client.form is ItemForm.SNIPPET and "\t" in text:
        # Neovim makes blanks of a snippet's tabs where 'expandtab' is set, and leaves those of a plain text.
        item.text_edit, item.insert_text = None, _new_text(place.word + text, place, ItemForm.ADJUSTED)
    elif client.form is ItemForm.SNIPPET:
        item.insert_text_format = types.InsertTextFormat.Snippet
    if client.says_as_is and client.form in (ItemForm.EDIT, ItemForm.LINE):
        item.insert_text_mode = types.InsertTextMode.AsIs
    elif client.says_adjust and client.form is ItemForm.ADJUSTED:
        item.insert_text_mode = types.InsertTextMode.AdjustIndentation
    if client.shows_label_details:
        item.label_details = types.CompletionItemLabelDetails(description=item.detail)
    if text == whole:  # A part is no acceptance; the edit tells of it (core.acceptance).
        item.command = types.Command("accepted", ACCEPT, arguments=[suggestion.id])
    return item


def fitting(text: str, indent: str, client: PopupClient) -> str:
    r"""Return what of a text the client can put in, with line ends as `\n`.

    Where the client adds the line's indentation to each further line, a text ends before the first line that has less.
    """
    if client.form is ItemForm.LINE:
        text = text.partition("\n")[0]
        ends = [end for mark in client.cut_at if (end := text.find(mark)) >= 0]
        return text[: min(ends)] if ends else text
    if client.form is ItemForm.EDIT or not indent:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() and not line.startswith(indent):
            return "\n".join(lines[:number]).rstrip("\n")
    return text


def _new_text(text: str, place: TypedWord, form: ItemForm) -> str:
    if form in (ItemForm.EDIT, ItemForm.LINE):
        return text.replace("\n", place.eol) if place.eol != "\n" else text
    first, *others = text.split("\n")
    relative = "\n".join([first, *(line.removeprefix(place.indent) if line.strip() else "" for line in others)])
    return _ESCAPED.sub(r"\\\1", relative) if form is ItemForm.SNIPPET else relative


def _label(line: str, *, is_longer: bool, taken: set[str]) -> str:
    """Return a label of one line, different from those that are `taken`: some clients tell items apart by it."""
    shown = without_invisible(line.replace("\t", " ")).strip()
    if len(shown) > LONGEST_LABEL:
        shown, is_longer = shown[:LONGEST_LABEL].rstrip(), True
    shown += " …" if is_longer else ""
    label, number = f"{shown} {SIGN}", 1
    while label in taken:
        number += 1
        label = f"{shown} {SIGN}{number}"
    return label


def _documentation(place: TypedWord, text: str, client: PopupClient) -> types.MarkupContent:
    """Return the whole text, with its first line indented as it stands in the document."""
    shown = place.indent + place.word + text
    if not client.reads_markdown:
        return types.MarkupContent(types.MarkupKind.PlainText, shown)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return types.MarkupContent(types.MarkupKind.Markdown, f"{fence}{place.language_id}\n{shown}\n{fence}")
