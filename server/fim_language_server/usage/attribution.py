"""Attribution of requests: the person and the project for which each is counted, as a name or as a hash."""

from __future__ import annotations

import getpass
import hashlib
import socket
from typing import Final

from attrs import field, frozen

from fim_language_server.core.document_paths import path_of_system, path_of_uri, relative_paths

HASH: Final = "hash"
OFF: Final = "off"
SALT_BYTES: Final = 16


@frozen
class Attribution:
    """Names for a bill: `person` and `project` are the settings of section `usage`, `user` is "user@machine".

    `folders` are those of the workspace.
    """

    person: str = HASH
    project: str = HASH
    user: str = field(default="", repr=False)
    folders: tuple[str, ...] = field(default=(), repr=False)

    def person_name(self, salt: bytes) -> str:
        """Return the person's name, or a hash of `user`, keyed with `salt`; "" where none is wanted or known."""
        return _named(self.person, self.user, salt)

    def project_name(self, uri: str, salt: bytes) -> str:
        """Return the project's name, or a hash of the workspace folder that holds the document `uri`.

        It is "" where none is wanted, and for a document outside of all folders.
        """
        if self.project.strip() != HASH:
            return _named(self.project, "", salt)
        path = path_of_uri(uri)
        holding = [folder for folder in self.folders if path and relative_paths(path, [folder])]
        return hashed(path_of_system(max(holding, key=len).rstrip("/\\")), salt) if holding else ""


def hashed(text: str, salt: bytes) -> str:
    """Return 12 hexadecimal digits that tell texts apart, and tell nothing of a text to those without `salt`."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=salt, digest_size=6).hexdigest()


def this_user() -> str:
    """Return "user@machine"; "" where the system knows no user."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError, ImportError):
        return ""


def _named(setting: str, text: str, salt: bytes) -> str:
    setting = setting.strip()
    if setting != HASH:
        return "" if setting == OFF else setting
    return hashed(text, salt) if text else ""
