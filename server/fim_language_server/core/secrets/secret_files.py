"""Files that hold secrets, by name and place: they are never completed, indexed or sent.

The names are data in `secret_table`, compared by `secret_names`. What else may not be read (`trigger.exclude`,
`.gitignore`) is decided elsewhere.

A wrong "no" leaks a key, a wrong "yes" costs the ghost text of one file. So the tables lean to "yes" where a
name is used for secrets by convention, and stay at "no" for source files that speak of them (`keys.ts`,
`environment.py`, `secrets.go`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from attrs import frozen

from fim_language_server.core.document_paths import places_of_uri
from fim_language_server.core.secrets import holds_secret, reason_to_withhold
from fim_language_server.core.secrets import secret_table as table
from fim_language_server.core.secrets.secret_names import Place, Places, Rows, parts_of, pieces_of, spellings_of
from fim_language_server.core.values import Document

_KEYS: Final = Rows.of(table.KEY_ROWS)
_NAMES: Final = Rows.of(table.SECRET_ROWS)
_WORDS: Final = Rows.of(table.WORD_ROWS)
_PLACES: Final = Places(table.PLACE_ROWS)
_HARMLESS: Final = Rows.of({"": table.HARMLESS_ROWS})
_EXCUSED: Final = Rows.of({"": table.EXCUSED_ROWS})
_LANGUAGES: Final = {
    **dict.fromkeys(("dotenv", "env", "dot-env", "dotenvx"), "an environment file (by its language)"),
    **dict.fromkeys(("netrc", "pgpass", "npmrc"), "the passwords or tokens of a program (by its language)"),
    **dict.fromkeys(("pem", "ppk", "ssh-key"), "a private key or a key store (by its language)"),
}
"""Languages (LSP's language ids, Vim's file types) of which a document without a name is secret."""
_LONGEST_KEPT: Final = 1_000
"""Characters of a path whose judgement is kept: longer ones are judged each time, and would fill the memory."""
_LONGEST_FOLDER: Final = 64
"""Characters of a folder's name that may be a copy of a place in the table."""
_WORD: Final = re.compile(r"[^\W_]+")


def is_secret_path(path: str) -> bool:
    """Say whether the file at `path` holds secrets by convention; `secret_reason` says by which."""
    return secret_reason(path) is not None


def secret_reason(path: str) -> str | None:
    """Return by which rule the file at `path` holds secrets, in a few words that never quote the path; None: by none.

    `path` may be relative or only a name; the places of secrets (`~/.kube`) are known surely by absolute paths only.
    A certificate (`public.pem`, `ca.key`) counts as secret: the name does not tell it from a private key.
    """
    return _kept_reason(path) if len(path) <= _LONGEST_KEPT else _reason(path)


def secret_document_reason(document: Document) -> str | None:
    """Return by which rule a document holds secrets: by any path that its URI may mean, or its links' target.

    One without a name is judged by its language.
    """
    places = places_of_uri(document.uri)
    for place in (*places, document.path, document.target):
        if place and (reason := secret_reason(place)) is not None:
            return reason
    is_named = bool(document.path or any(places))
    return None if is_named else _LANGUAGES.get(document.language_id.lower())


def _reason(path: str) -> str | None:
    parts = parts_of(path)
    if not parts:
        return None
    around = _folders(tuple(parts[:-1]))
    return next((reason for name in pieces_of(parts[-1]) if (reason := _reason_of(name, around)) is not None), None)


_kept_reason: Final = lru_cache(maxsize=4_096)(_reason)


@frozen
class _Around:
    """Judgements about all files of a folder, from the names of the folders around a file."""

    places: Sequence[Place]
    holds_secrets: bool
    is_ordinary: bool


@lru_cache(maxsize=256)
def _folders(names: tuple[str, ...]) -> _Around:
    folders = [spellings_of(folder) if len(folder) <= _LONGEST_FOLDER else [folder] for folder in names]
    near = [{spelling for folder in folders[-count:] for spelling in folder} for count in (2, 3)]
    return _Around(
        places=_PLACES.around(folders),
        holds_secrets=not near[0].isdisjoint(table.SECRET_FOLDERS),
        is_ordinary=not near[1].isdisjoint(table.ORDINARY_FOLDERS),
    )


def _reason_of(name: str, around: _Around) -> str | None:
    names = spellings_of(name)
    if _first(_HARMLESS, names):
        return None
    is_source = any(_extension(one) in table.SOURCE_ENDINGS for one in names)
    reason = _first(_KEYS, names, is_source=is_source) or next(
        filter(None, (place.reason_for(names) for place in around.places)), None
    )
    if reason is not None:
        return reason
    is_excused = any(_is_template(one) for one in names) or _first(_EXCUSED, names) is not None
    if is_excused:
        return None
    return _first(_NAMES, names, is_source=is_source) or _by_words(names, around)


def _first(rows: Rows, names: Sequence[str], *, is_source: bool = False) -> str | None:
    return next((reason for name in names if (reason := rows.find(name, is_source=is_source)) is not None), None)


def _by_words(names: Sequence[str], around: _Around) -> str | None:
    """Return why a file of data is secret by the words of its name, or by the folder it lies in."""
    if around.is_ordinary and any(_extension(name) in table.ORDINARY_ENDINGS for name in names):
        return None
    if (reason := _first(_WORDS, names)) is not None:
        return reason
    for name in names:
        stem, _, extension = name.rpartition(".")
        words = _WORD.findall(stem)
        if extension in table.DATA_ENDINGS and any("".join(words[-n:]) in table.SECRET_WORDS for n in (1, 2, 3)):
            return "a file of passwords or tokens (by the last word of its name)"
        if extension in table.TEXT_ENDINGS and words and words[-1] in table.SECRET_TEXT_WORDS:
            return "a file of passwords or tokens (by the last word of its name)"
    if around.holds_secrets and any(_may_be_data(name) for name in names):
        return "a file of passwords or tokens (by the folder it lies in)"
    return None


def _may_be_data(name: str) -> bool:
    return name not in table.MANIFESTS and ("." not in name or _extension(name) in table.DATA_ENDINGS)


def _is_template(name: str) -> bool:
    words = [word for word in name.split(".") if word]
    dashed = re.split(r"[-_.]", name.strip("."))
    return (
        bool(table.TEMPLATES.intersection(words[1:][-2:]))
        or dashed[-1] in table.TEMPLATES
        or (len(dashed) > 1 and (dashed[0] in table.TEMPLATE_FIRST or dashed[-2] in table.TEMPLATES))
    )


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def looks_like_secret_text(text: str) -> bool:
    """Say whether a text is a secret as a whole (a private key, a service account), or has one in it."""
    return reason_to_withhold(text) is not None or holds_secret(text)
