"""Frozen values of the records of requests, answers, streams and settings.

Lines count from zero, columns count code points, times are in ms.

`ms` is the time since the recording began. Documents, notebooks, requests and streams have numbers that are unique
within the recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from fim_language_server.core.recordings.text_records import (
    ChangedText,
    ClosedNotebook,
    ClosedText,
    HiddenText,
    KeptText,
    NotebookCells,
    OpenedText,
    SavedText,
    TextEdit,
)


@frozen
class Origins:
    """The first record: the versions and programs with which a session was recorded.

    `has_texts` is false where only lengths and times were kept. `encoding` is the name of the units in which the client
    counted columns (`utf-16`). `announced` is the client's part of `initialize`: `clientInfo`, and its capabilities.
    """

    version: int
    server: str = ""
    protocol: str = ""
    client: str = ""
    client_version: str = ""
    python: str = ""
    platform: str = ""
    started: str = ""
    has_texts: bool = True
    encoding: str = "utf-16"
    announced: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen
class SettingsInForce:
    """The settings that hold from now on, without keys, addresses and commands, and the models in their order."""

    ms: float
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    models: tuple[str, ...] = ()
    provider: str = ""


@frozen
class MadeRequest:
    """A request of the client: its method, and its place in a document.

    `trigger` is `automatic` or `invoked`. `selected` are the entry selected in the completion popup and the place where
    its range begins. `version` is that of the document for which the client asks, None where it says none.
    """

    ms: float
    request: int
    method: str
    document: int
    line: int
    column: int
    trigger: str = "automatic"
    selected: TextEdit | None = None
    version: int | None = None


@frozen
class ShownItem:
    """A text that an answer offers in place of a range of the document."""

    edit: TextEdit
    suggestion: str = ""


@frozen
class GivenAnswer:
    """The answer to a request: its items, and why it is so.

    `source` is `cache`, `stream`, `provider`, `guess`, or "" where nothing was offered. `way` has the steps and their
    ms. `end` is `answered`, `cancelled` or `refused`.
    """

    ms: float
    request: int
    items: tuple[ShownItem, ...] = field(default=(), repr=False)
    source: str = ""
    reason: str = ""
    model: str = ""
    way: tuple[tuple[str, float], ...] = ()
    end: str = "answered"


@frozen
class CancelledRequest:
    """The client lets go of a request."""

    ms: float
    request: int


@frozen
class StreamPart:
    """A part of a stream, `ms` after the stream began: the length of its text, and what came with it."""

    ms: float
    length: int
    finish: str | None = None
    confidence: float | None = None
    silence: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@frozen
class KeptStream:
    """A model's answer: the place it was asked for, its text, and the times of its parts.

    `line` and `column` are the request's, in the version `version` of the document; a place asked ahead need not be
    there. `end` is `finished`, `closed` (by this server) or `failed`; `error` is then the kind of the error, with a
    sentence in `message`. `request` is the request that caused it, 0 for none.
    """

    ms: float
    stream: int
    model: str
    document: int
    version: int
    line: int
    column: int
    trigger: str
    variant: int
    request: int
    text: KeptText
    parts: tuple[StreamPart, ...] = field(default=(), repr=False)
    end: str = "finished"
    error: str = ""
    message: str = ""
    status: int = 0
    retry_after: float | None = None
    lasted_ms: float = 0.0
    prefix_chars: int = 0
    suffix_chars: int = 0
    pieces: int = 0


@frozen
class SeenOutcome:
    """A suggestion's outcome (`accepted`, `partly_accepted`, `typed_through`, `dismissed`), by its id.

    `n` is -1 where an outcome that was told before is taken back.
    """

    ms: float
    suggestion: str
    outcome: str
    n: int = 1


@frozen
class RunCommand:
    """A command of the client, with those of its arguments that are no text of a document."""

    ms: float
    command: str
    arguments: tuple[Any, ...] = ()
    request: int = 0


@frozen
class SentEdits:
    """Next edits that the server sent by itself, for a version of a document; none where it takes back what it sent."""

    ms: float
    method: str
    document: int
    version: int
    items: tuple[ShownItem, ...] = field(default=(), repr=False)
    source: str = ""


@frozen
class SentNotice:
    """Another notification of the server, such as `$/fim/status` or a message to the user; `says` is its kind."""

    ms: float
    method: str
    says: str = ""


@frozen
class RecordingEnds:
    """The recording ends here; `why` is `session`, `command`, `size` or `unwritable`."""

    ms: float
    why: str


AnyRecord = (
    SettingsInForce
    | OpenedText
    | ChangedText
    | ClosedText
    | SavedText
    | NotebookCells
    | ClosedNotebook
    | MadeRequest
    | GivenAnswer
    | CancelledRequest
    | KeptStream
    | SeenOutcome
    | RunCommand
    | SentEdits
    | SentNotice
    | HiddenText
    | RecordingEnds
)
"""Any record but the first one."""
