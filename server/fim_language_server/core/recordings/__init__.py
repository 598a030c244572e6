"""Recordings of editing sessions: the records of a file, and how they are read. Pure.

A recording has one JSON object in each line (docs/recordings.md). `records` are the values, `parsing` reads a line,
`texts` follows the documents from edit to edit.
"""

from typing import Final

FORMAT: Final = "fim-recording"
"""The value of `format` in the first line of each recording."""

VERSION: Final = 1
"""The version of the format. A newer one is refused; a field or kind of record that is added needs no new version."""
