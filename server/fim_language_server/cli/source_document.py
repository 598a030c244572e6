"""A file of the command line as an open document, with all names by which it may be excluded."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fim_language_server.core.document_paths import relative_path
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.core.secrets import reason_to_withhold
from fim_language_server.core.values import Document
from fim_language_server.errors import SettingsError


def read_document(path: Path, folder: Path) -> tuple[Document, list[str]]:
    """Return the file at `path` as a document of the workspace `folder`, and its lines with their line ends.

    There is at least one line. Raises SettingsError for a file that cannot be read as UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    own = Path(os.path.abspath(path))  # noqa: PTH100 - links are kept: both of their ends are judged
    target, folders = path.resolve().as_posix(), [folder.resolve().as_posix(), folder.absolute().as_posix()]
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) or [""]
    document = Document(
        uri=own.as_uri(),
        language_id=EXTENSIONS.get(path.suffix[1:].lower(), ""),
        path=relative_path(target, folders),
        eol="\r\n" if "\r\n" in lines[0] else "\n",
        target=target,
        other_paths=(relative_path(own.as_posix(), folders),),
        withheld=reason_to_withhold(text),
    )
    return document, lines
