"""The usage log's file: tables, and columns that came later, in a form that older programs read and write as before.

The first version has the tables `requests` and `offers`. Its programs insert rows without naming columns, so a column
more would break them. So `requests` is a view of its first columns now, with triggers that let them insert and delete;
the rows are in `entries`. The file's version stays 1, since a program of version 1 refuses a file of a later one.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from fim_language_server.state.database import open_database, transaction
from fim_language_server.usage.attribution import SALT_BYTES

FILE = "usage.sqlite3"
VERSION = 1

FIRST_COLUMNS = (
    "at, provider, model, language, outcome, wait_ms, first_text_ms, stream_ms,"
    " prompt_tokens, completion_tokens, cached_tokens, is_estimated, cost"
)
"""The columns of the first version, in their order."""

SCHEMA = """
CREATE TABLE requests (
    at REAL NOT NULL,  -- when the request ended, in seconds since 1970
    provider TEXT NOT NULL, model TEXT NOT NULL, language TEXT NOT NULL, outcome TEXT NOT NULL,
    wait_ms REAL NOT NULL, first_text_ms REAL, stream_ms REAL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL, cost REAL  -- US dollars; NULL where the price is not known
);
CREATE INDEX requests_at ON requests (at);
CREATE TABLE offers (
    day INTEGER NOT NULL,  -- days since 1970, in the local time of the user
    provider TEXT NOT NULL, language TEXT NOT NULL, outcome TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, provider, language, outcome)
) WITHOUT ROWID
"""

_NEW_VALUES = ", ".join(f"NEW.{name.strip()}" for name in FIRST_COLUMNS.split(","))

ADDED = f"""
ALTER TABLE requests RENAME TO entries;
ALTER TABLE entries ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN person TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN project TEXT NOT NULL DEFAULT '';
CREATE VIEW requests AS SELECT {FIRST_COLUMNS} FROM entries;
CREATE TRIGGER insert_request INSTEAD OF INSERT ON requests
    BEGIN INSERT INTO entries ({FIRST_COLUMNS}) VALUES ({_NEW_VALUES}); END;
CREATE TRIGGER delete_request INSTEAD OF DELETE ON requests
    BEGIN DELETE FROM entries WHERE at = OLD.at; END;
CREATE TABLE fates (  -- the offers with all that is known of them; `offers` still has the sums of the first version
    day INTEGER NOT NULL, provider TEXT NOT NULL, language TEXT NOT NULL, outcome TEXT NOT NULL,
    model TEXT NOT NULL, host TEXT NOT NULL, person TEXT NOT NULL, project TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (day, provider, language, outcome, model, host, person, project)
) WITHOUT ROWID;
CREATE TABLE salt (value BLOB NOT NULL)
"""  # noqa: S608
"""Statements that bring a file of the first version to this one."""


def open_usage(path: Path) -> sqlite3.Connection:
    """Return a connection to the log's file, made or brought to this version if need be. Raises UnusableError."""
    connection = open_database(path, SCHEMA, VERSION)
    try:
        if not has_added(connection):
            with transaction(connection):
                if not has_added(connection):  # Another process may have been faster.
                    for statement in ADDED.split(";\n"):
                        connection.execute(statement)
                    connection.execute("INSERT INTO salt VALUES (?)", [os.urandom(SALT_BYTES)])
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def has_added(connection: sqlite3.Connection) -> bool:
    """Has this file the tables and columns of this version?"""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'entries'")
    return found.fetchone() is not None


def salt_of(connection: sqlite3.Connection) -> bytes:
    """Return the random key of this file's hashes, given a connection to a file of this version."""
    return bytes(connection.execute("SELECT value FROM salt").fetchone()[0])
