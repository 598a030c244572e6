"""The beginning of a recording: its file, its thread, and its first line."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import frozen

import fim_language_server
from fim_language_server.core.recordings.stand_ins import NoStandIns, StandIns
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.errors import FimError
from fim_language_server.lsp.documents.workspace import Workspace
from fim_language_server.lsp.recording.file import USUAL_LIMIT, NotOrdinaryError, RecordingFile
from fim_language_server.lsp.recording.lines import Texts
from fim_language_server.lsp.recording.recorder import Recorder
from fim_language_server.lsp.recording.thread import WritingThread
from fim_language_server.lsp.recording.writing import RecordWriter

PROTOCOL: Final = "3.18"
MOST_NUMBERED: Final = 1_000
"""Sessions of one process that may be recorded, each in a file of its own."""
_WRITTEN: Final[set[Path]] = set()
"""Files that this process has written, which no later session of it replaces."""


@frozen
class RecordingWish:
    """The recording that was asked for: its file, and whether texts may be kept in it."""

    path: Path
    with_texts: bool = False
    replaces: bool = False
    limit: int = USUAL_LIMIT
    is_masked: bool = False
    """Whether all texts come from another recording, which has placeholders for secrets already."""
    is_numbered: bool = False
    """Whether a number is added to the name where the file is there already: each client's session has its own file."""


class CannotRecordError(FimError):
    """A recording cannot begin: a sentence that says why."""


def begin_recording(
    wish: RecordingWish,
    workspace: Workspace,
    announced: Mapping[str, Any],
    now: Callable[[], float],
    on_ended: Callable[[str], None],
) -> tuple[Recorder, WritingThread]:
    """Return a recorder that has written its first line. Raises CannotRecordError.

    `announced` is the client's part of `initialize`. `on_ended` receives, in another thread, why it ended by itself.
    """
    file = _open(wish)
    texts = Texts(wish.with_texts, os.urandom(16))
    make = NoStandIns if wish.is_masked else StandIns
    writer = RecordWriter(file, texts, make(Placeholders(os.urandom(32))), workspace.encoding)
    thread = WritingThread(writer, on_ended)
    recorder = Recorder(writer, thread, workspace, now, wish.with_texts)
    client = announced.get("clientInfo")
    client = client if isinstance(client, Mapping) else {}
    versions = {
        "server": fim_language_server.__version__,
        "protocol": PROTOCOL,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "client": {name: str(client.get(name) or "")[:100] for name in ("name", "version")},
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    recorder.begin(versions, {"capabilities": announced.get("capabilities")} if announced.get("capabilities") else {})
    return recorder, thread


def _open(wish: RecordingWish) -> RecordingFile:
    for number in range(1, MOST_NUMBERED if wish.is_numbered else 2):
        path = wish.path if number == 1 else wish.path.with_stem(f"{wish.path.stem}-{number}")
        try:
            file = RecordingFile(path, replaces=wish.replaces and path not in _WRITTEN, limit=wish.limit)
        except FileExistsError:
            problem = f"there is {path} already; a recording replaces no file, so name another one"
        except NotOrdinaryError:
            problem = f"{path} is no ordinary file; name another one"
            break
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
            problem = f"{path} cannot be written ({reason}); nothing is recorded"
            break
        else:
            _WRITTEN.add(path)
            return file
    raise CannotRecordError(problem)
