"""Standard input, output and error that are closed, broken or full are no reason to fail or to end wrongly."""

from __future__ import annotations

import contextlib
import io
import os
import sys


def open_missing() -> None:
    """Open what was closed when the process began, as the null device.

    Otherwise the next file that is opened takes its number, and gets what a child process says on standard error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
    # Python has None for a stream that was closed; print(file=None) would go to standard output.
    sys.stdin = sys.stdin or open(0, closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False, encoding="utf-8", newline=None)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False, encoding="utf-8", newline=None)  # noqa: SIM115


def give_up_standard_error() -> None:
    """Let go of what standard error does not take any more.

    Python tries once more at its end, and would leave with status 120 where that fails.
    """
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stderr.fileno())
            os.close(null)
            sys.stderr.flush()


def replace_unencodable() -> None:
    """Let standard output and error write "?" for what their encoding lacks: Windows' code pages have 256 characters.

    Otherwise one arrow in a table, or a name in a help text, is an error in the middle of a line.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
