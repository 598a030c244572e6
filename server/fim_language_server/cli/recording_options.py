"""Options of `serve` that record the session."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fim_language_server.lsp.recording.starting import RecordingWish


def add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    recording = parser.add_argument_group("recording the session, for `replay` and bug reports (docs/recordings.md)")
    recording.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="keep what is asked and answered, by lengths and times, in a new file",
    )
    recording.add_argument(
        "--record-texts",
        action="store_true",
        help="I agree that the file also has the texts of the documents I edit; secrets get placeholders",
    )
    recording.add_argument("--record-over", action="store_true", help="replace FILE if it is there")


def recording_wish(arguments: argparse.Namespace) -> RecordingWish | None:
    """Return the recording that is asked for. Raises ValueError for a consent without a file."""
    if arguments.record is None:
        if arguments.record_texts or arguments.record_over:
            raise ValueError("--record-texts and --record-over go with --record FILE")
        return None
    from fim_language_server.lsp.recording.starting import RecordingWish

    has_many_clients = bool(arguments.tcp or arguments.ws or arguments.listen)
    return RecordingWish(
        arguments.record.absolute(), arguments.record_texts, arguments.record_over, is_numbered=has_many_clients
    )
