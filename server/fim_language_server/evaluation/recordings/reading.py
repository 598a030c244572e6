"""Reading the file of a recording: whatever is in it, in bounded time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from attrs import field, frozen

from fim_language_server.core.recordings.fields import UnreadableRecordError
from fim_language_server.core.recordings.parsing import RecordingError, read_first_line, read_record
from fim_language_server.core.recordings.records import AnyRecord, Origins

MOST_BYTES: Final = 512 * 1024 * 1024
"""Bytes of a file that is read: recordings are kept below a part of it."""
LONGEST_LINE: Final = 128 * 1024 * 1024
"""Bytes of one line: a document of 20 MB with only escapes in it."""


@frozen
class Recording:
    """A recording: its first record, the others in their order, and the number of lines that could not be read.

    `unknown` counts records of kinds that this version does not know.
    """

    origins: Origins
    records: tuple[AnyRecord, ...] = field(repr=False)
    unreadable: int = 0
    unknown: int = 0


def read_recording(path: Path) -> Recording:
    """Return the recording in a file. Lines that cannot be read are passed over and counted.

    Raises RecordingError, with a sentence for the user, where the file cannot be opened or is no recording.
    """
    try:
        if path.is_dir():
            raise RecordingError(f"{path} is a folder; name the file that `serve --record` wrote")
        if path.stat().st_size > MOST_BYTES:
            raise RecordingError(f"{path} is larger than {MOST_BYTES // 1024**2} MB, which no recording is")
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(file: IO[bytes]) -> Recording:
    lines = _lines(file)
    origins = read_first_line(next(lines, None) or "")
    records: list[AnyRecord] = []
    unreadable = unknown = 0
    for line in lines:
        try:
            record = None if line is None else read_record(line)
        except UnreadableRecordError:
            line = record = None
        if record is not None:
            records.append(record)
        elif line is None:
            unreadable += 1
        else:
            unknown += 1
    return Recording(origins, tuple(records), unreadable, unknown)


def _lines(file: IO[bytes]) -> Iterator[str | None]:
    """Yield the lines that are not blank; None for one that is too long, or no UTF-8."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
            continue
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            yield None
            continue
        if text:
            yield text
