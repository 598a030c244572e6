"""The hash by which a gateway tells users apart, where a header of `provider.headers` asks for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from fim_language_server.providers.hosts.own_headers import names_user
from fim_language_server.settings import ProviderSettings
from fim_language_server.state.database import UnusableError
from fim_language_server.usage.attribution import hashed, this_user
from fim_language_server.usage.database import FILE, open_usage, salt_of


def user_hash(section: ProviderSettings, folder: str) -> str:
    """Return the hash of this machine's user that `stats` shows, too; "" where no header wants it, or none is known.

    `folder` is that of the state, in which the hash's random key is kept; "" for none. Blocks: it reads a file.
    """
    if not folder or not any(names_user(model.headers) for model in section.chain):
        return ""
    try:
        with closing(open_usage(Path(folder) / FILE)) as connection:
            user = this_user()
            return hashed(user, salt_of(connection)) if user else ""
    except (UnusableError, sqlite3.Error, OSError):
        return ""
