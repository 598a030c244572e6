"""All that commands print goes through here: names and words of others cannot steer a terminal, or forge a line.

Model ids, titles, messages of servers and file names are foreign text. Characters that show nothing or reorder what is
shown are left out (`core.invisible_characters`); in JSON they stand as escapes, so that nothing of a value is lost. A
test sees to it that no other module of the commands prints.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

from fim_language_server.core.invisible_characters import (
    BIDIRECTIONAL,
    CONTROLS,
    INVISIBLE,
    TAGS,
    UNENCODABLE,
    character_class,
    on_one_line,
    without_invisible,
)

if TYPE_CHECKING:
    from rich.console import Console

LONGEST_RECORD: Final = 20_000
"""Characters of a log record: a traceback has a few thousand."""
LONGEST_LINE: Final = 2_000
"""Characters of a remark on standard error."""

_INVISIBLE: Final = re.compile(f"[{character_class(INVISIBLE)}]")
_HOSTILE: Final = re.compile(f"[{character_class((*CONTROLS, *BIDIRECTIONAL, *TAGS, *UNENCODABLE))}]")


def say(text: str) -> None:
    """Print lines on standard output."""
    _write(sys.stdout, without_invisible(text) + "\n")


def say_completion(text: str) -> None:
    """Print a completion on standard output: emoji keep their joiners, but nothing steers the terminal."""
    _write(sys.stdout, _HOSTILE.sub("", text) + "\n")


def say_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON on standard output; what JSON does not know stands there as text."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    _write(sys.stdout, _INVISIBLE.sub(_escape, text) + "\n")


def remark(text: object) -> None:
    """Print one line on standard error: an error, or something to know."""
    _write(sys.stderr, on_one_line(str(text), LONGEST_LINE) + "\n")


def remark_lines(text: str) -> None:
    """Print a text of several lines on standard error."""
    _write(sys.stderr, without_invisible(text) + "\n")


def prompt(text: str) -> None:
    """Print the beginning of a line on standard error; the user goes on."""
    _write(sys.stderr, without_invisible(text))


class PlainFormatter(logging.Formatter):
    """Writes records as plain text. What follows a line feed is indented, so that no part looks like another record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as it is written."""
        text = super().format(record)
        if len(text) > LONGEST_RECORD:
            text = text[: LONGEST_RECORD - 1] + "…"
        return without_invisible(text).replace("\n", "\n    ")


def make_console(**options: Any) -> Console:
    """Return rich's console for standard output (or error) with `options`, which shows plain text only."""
    from rich.console import Console
    from rich.segment import Segment

    class PlainConsole(Console):
        def render(self, renderable: Any, options: Any = None) -> Any:
            """Yield what is shown; rich itself lets escape sequences in texts pass."""
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else without_invisible(text), style, control)

    return PlainConsole(**{"highlight": False, "emoji": False, **options})


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:  # a terminal, or a file on Windows, that does not know all characters
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    except OSError as error:
        raise _as_closed_pipe(error) from error
    try:
        stream.flush()
    except OSError as error:
        raise _as_closed_pipe(error) from error


def _as_closed_pipe(error: OSError) -> OSError:
    """Return the error of a stream; Windows says EINVAL where a pipe's reader has gone."""
    if sys.platform == "win32" and error.errno == errno.EINVAL:
        return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
    return error
