"""Complete at FILE:LINE:COL once, by the same pipeline that serves editors.

LINE and COL count from 1, as compilers print them; COL counts characters, and a COL past the line's end is its end.
The text goes to standard output, everything else to standard error. Exit status: 0 with a text, 1 without one, 2 for
misuse (no such file, a LINE beyond its end, settings that cannot be read).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fim_language_server.cli.listeners import TerminalListener
from fim_language_server.cli.other_files import describe_pieces, piece_as_json, read_open_documents
from fim_language_server.cli.printing import remark, remark_lines, say_completion, say_json
from fim_language_server.cli.source_document import read_document
from fim_language_server.core.values import CompletionRequest, Position, Skip, Suggestion, Trigger
from fim_language_server.errors import ProviderError, SettingsError

if TYPE_CHECKING:
    from fim_language_server.app.application import Application
    from fim_language_server.engine.decision_log import SentPiece

INDEX_WAIT = 60.0
"""Seconds to wait at most for the workspace's index."""
END_OF_FILE = Position(sys.maxsize, sys.maxsize)
"""The place of a FILE without LINE and COL, as `read_request` takes it."""
_JUDGED = 200_000
"""Code points before and after the windows by which secrets in the windows are judged."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the place, and the options shared with `check-privacy`."""
    parser.add_argument("place", metavar="FILE:LINE[:COL]", help="where to complete, counted from 1")
    add_settings_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print text, source, model and time as JSON")
    parser.add_argument(
        "--explain", action="store_true", help="print the pieces of other files that were sent, and why each was"
    )


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that override settings and workspace for one call."""
    parser.add_argument("--provider", metavar="KIND", help="provider.kind for this call")
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings (section fim)")
    parser.add_argument(
        "--workspace", metavar="DIR", type=Path, help="workspace folder (default: the file's repository)"
    )
    parser.add_argument(
        "--open",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a file that is open beside it, as in an editor; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Complete once."""
    try:
        return asyncio.run(_complete(arguments))
    except (SettingsError, ProviderError) as error:
        remark(error)
        return 2 if isinstance(error, SettingsError) else 1


async def _complete(arguments: argparse.Namespace) -> int:
    from fim_language_server.app.application import Application

    path, position = parse_place(arguments.place)
    folder = arguments.workspace or find_workspace(path)
    beside = read_open_documents(arguments.open, folder)
    application = Application([str(folder.resolve())], TerminalListener(), open_documents=beside)
    try:
        problems = await application.configure(merged_settings(arguments))
        for problem in problems:
            remark(problem)
        request = read_request(path, position, folder, application.request_window)
        await application.warm_up()
        await wait_for_pieces(application, request)
        started = time.monotonic()
        answers = await application.engine.complete(request, alternatives=False)
        elapsed_ms = (time.monotonic() - started) * 1_000
    finally:
        await application.close()
    answer = answers if isinstance(answers, Skip) else answers[0]
    reason = application.decisions.reason(request, answer) if isinstance(answer, Skip) else ""
    decision = next(application.decisions.newest_first(), None)
    pieces = decision.pieces if decision is not None and arguments.explain else None
    return _print(answer, reason, application.provider_name, elapsed_ms, pieces, as_json=arguments.json)


async def wait_for_pieces(application: Application, request: CompletionRequest) -> None:
    """Wait for the index, `INDEX_WAIT` seconds at most, and for the pieces of other files that it gives a request.

    Says so where the index takes longer: then only open files are looked at.
    """
    try:
        async with asyncio.timeout(INDEX_WAIT):
            await application.wait_until_indexed(for_pieces=True)
    except TimeoutError:
        remark(f"the workspace was not indexed within {INDEX_WAIT:.0f} seconds, so only open files were looked at")
    await application.engine.wait_for_snippets(request)


def merged_settings(arguments: argparse.Namespace) -> object:
    """Return the settings of --settings with the provider of --provider; raises SettingsError for a broken file."""
    from fim_language_server.settings import merge_settings

    return merge_settings(
        read_settings_file(arguments.settings),
        {"provider": {"kind": arguments.provider}} if arguments.provider else None,
    )


def read_settings_file(path: Path | None) -> object:
    """Return the settings in a JSON file; raises SettingsError with one sentence where it cannot be read."""
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read settings from {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno} ({error.msg})"
        remedy = "correct the file there, or leave --settings out"
        raise SettingsError(f"{path} is not valid JSON at {place}; {remedy}") from None
    except (ValueError, RecursionError):
        remedy = "save the settings as JSON in UTF-8, or leave --settings out"
        raise SettingsError(f"{path} is not valid JSON; {remedy}") from None


def _print(
    answer: Suggestion | Skip,
    reason: str,
    provider: str,
    elapsed_ms: float,
    pieces: Sequence[SentPiece] | None,
    *,
    as_json: bool,
) -> int:
    """Print the answer, and the `pieces` that were sent unless they are None; return the exit status."""
    text = answer.text if isinstance(answer, Suggestion) else ""
    if as_json:
        model = answer.model if isinstance(answer, Suggestion) else ""
        facts = {"text": text, "reason": reason, "provider": provider, "model": model, "ms": round(elapsed_ms, 1)}
        listed = {} if pieces is None else {"pieces": [piece_as_json(piece) for piece in pieces]}
        say_json({**facts, **listed})
    elif text:
        say_completion(text)
    if not text:
        remark(f"nothing to offer: {reason}")
    if pieces is not None and not as_json:
        remark_lines(describe_pieces(pieces))
    return 0 if text else 1


def parse_place(place: str) -> tuple[Path, Position]:
    """Read `FILE:LINE:COL` (COL may be left out: the line's end). Raises SettingsError for anything else."""
    match = re.fullmatch(r"(?s)(.+?):(\d{1,18})(?::(\d{1,18}))?", place)
    if match is None or int(match[2]) < 1 or (match[3] and int(match[3]) < 1):
        raise SettingsError(f"{place!r} is no FILE:LINE:COL with LINE and COL from 1")
    path = Path(match[1])
    if not path.is_file():
        raise SettingsError(f"there is no file {path}")
    return path, Position(int(match[2]) - 1, int(match[3]) - 1 if match[3] else sys.maxsize)


def find_workspace(path: Path) -> Path:
    """Return the folder of the file's repository, else the file's own."""
    parents = path.resolve().parents
    return next((parent for parent in parents if (parent / ".git").exists()), parents[0])


def read_request(path: Path, position: Position, folder: Path, window: tuple[int, int]) -> CompletionRequest:
    """Return an explicit request at `position` in the file `path`, with `window` code points before and after it.

    A column past the line's end is the line's end, and END_OF_FILE the end of the file. Raises SettingsError for any
    other line beyond the file's end, and where the file cannot be read as UTF-8.
    """
    document, lines = read_document(path, folder)
    if position.line >= len(lines) and position != END_OF_FILE:
        raise SettingsError(f"{path} ends with line {len(lines)}; LINE {position.line + 1} is beyond its end")
    line = min(position.line, len(lines) - 1)
    column = min(position.column, len(lines[line].rstrip("\r\n")))
    text, offset = "".join(lines), sum(map(len, lines[:line])) + column
    return CompletionRequest(
        document=document,
        position=Position(line, column),
        prefix=text[max(0, offset - window[0]) : offset],
        suffix=text[offset : offset + window[1]],
        trigger=Trigger.INVOKED,
        prefix_is_whole=offset <= window[0],
        suffix_is_whole=len(text) - offset <= window[1],
        judged_above=text[max(0, offset - window[0] - _JUDGED) : max(0, offset - window[0])],
        judged_below=text[offset + window[1] : offset + window[1] + _JUDGED],
    )
