"""Pieces of other files in a request: the files that count as open, and how the pieces are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.cli.source_document import read_document
from fim_language_server.core.values import Document

if TYPE_CHECKING:
    from fim_language_server.engine.decision_log import SentPiece

NONE_SENT = "no pieces of other files were sent"


def read_open_documents(paths: Iterable[Path], folder: Path) -> Callable[[str], list[tuple[Document, Sequence[str]]]]:
    """Return a function that lists the files as open documents of the workspace `folder`, the first of `paths` first.

    It leaves out the document whose URI is its argument. Raises SettingsError for a file that cannot be read as UTF-8.
    """
    documents = [read_document(path, folder) for path in paths]

    def list_open(uri: str) -> list[tuple[Document, Sequence[str]]]:
        return [(document, lines) for document, lines in documents if document.uri != uri]

    return list_open


def piece_as_json(piece: SentPiece) -> dict[str, Any]:
    """Return a piece with its text, as `--json` prints it."""
    return {**piece.as_json(), "text": piece.text or ""}


def describe_pieces(pieces: Sequence[SentPiece]) -> str:
    """Return the pieces with their text, each below a line that says where it is from and why it was sent."""
    if not pieces:
        return NONE_SENT
    total = sum(piece.characters for piece in pieces)
    parts = [f"{len(pieces)} piece{'s' * (len(pieces) > 1)} of other files sent, {total:,} characters"]
    return "\n".join([*parts, *(describe_piece(piece_as_json(piece)) for piece in pieces), "--- end"])


def describe_piece(piece: Mapping[str, Any]) -> str:
    """Return a piece of `piece_as_json`: a line that says where it is from and why it was sent, and its text.

    The line is such as `--- billing.py, lines 3 to 18: a file of the workspace, for post_invoice, ledger`.
    """
    first, last = piece["line"] + 1, piece["line"] + piece["lines"]
    lines = f"line {first}" if first == last else f"lines {first} to {last}"
    reason = f", for {', '.join(piece['words'])}" if piece["words"] else ""
    return (
        f"--- {piece['path']}, {lines}: {piece['source']}{reason}\n{piece['text'] or '(it is not known what was sent)'}"
    )
