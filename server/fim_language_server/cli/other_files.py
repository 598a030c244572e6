"""Pieces of other files in a request: the files that count as open, and how the pieces are printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.core.document_paths import relative_path
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.core.secrets import reason_to_withhold
from fim_language_server.core.values import Document
from fim_language_server.errors import SettingsError

if TYPE_CHECKING:
    from fim_language_server.engine.decision_log import SentPiece

NONE_SENT = "no pieces of other files were sent"


def read_open_documents(paths: Iterable[Path], folder: Path) -> Callable[[str], list[tuple[Document, Sequence[str]]]]:
    """Return a function that lists the files as open documents of the workspace `folder`, the first of `paths` first.

    It leaves out the document whose URI is its argument. Raises SettingsError for a file that cannot be read as UTF-8.
    """
    documents = [_read(path, folder) for path in paths]

    def list_open(uri: str) -> list[tuple[Document, Sequence[str]]]:
        return [(document, lines) for document, lines in documents if document.uri != uri]

    return list_open


def _read(path: Path, folder: Path) -> tuple[Document, Sequence[str]]:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    own = Path(os.path.abspath(path))  # noqa: PTH100 - links are kept: both of their ends are judged
    target, folders = path.resolve().as_posix(), [folder.resolve().as_posix(), folder.absolute().as_posix()]
    document = Document(
        uri=own.as_uri(),
        language_id=EXTENSIONS.get(path.suffix[1:].lower(), ""),
        path=relative_path(target, folders),
        target=target,
        other_paths=(relative_path(own.as_posix(), folders),),
        withheld=reason_to_withhold(text),
    )
    return document, re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


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
