"""Frozen values that the rooms exchange: requests, contexts, answers. ARCHITECTURE.md says which room makes each.

Positions are (line, column) from zero; a column counts code points of its line. Windows are plain text around
the cursor, cut at dispatch: a value never refers to a living document.
"""

from __future__ import annotations

import enum

from attrs import field, frozen


class Trigger(enum.Enum):
    """Why a completion is asked for."""

    AUTOMATIC = "automatic"  # the user typed, or moved the cursor
    INVOKED = "invoked"  # the user pressed the key for it, and is owed an answer or a reason
    PREFETCH = "prefetch"  # made in advance, for the likely next request


class Skip(enum.Enum):
    """Why nothing is offered: for logs, tests and `fim.showWhy`."""

    DISABLED = "completion is switched off"
    DISABLED_LANGUAGE = "completion is switched off for this language"
    EXPLICIT_ONLY = "only explicit requests are answered (trigger.mode)"
    EXCLUDED_FILE = "the file may hold secrets, or trigger.exclude names it"
    SECRET_FILE = "the file is a secret by its content"  # noqa: S105
    NOT_TEXT = "the document does not look like text"
    UNKNOWN_TARGET = "it cannot be found out which file the document's path leads to"
    UNKNOWN_DOCUMENT = "the document was never opened"
    MID_WORD = "the cursor is inside a word"
    IN_SECRET = "the cursor is in what looks like a secret"  # noqa: S105
    IN_COMMENT = "completion is switched off in comments (trigger.inComments)"
    EMPTY_DOCUMENT = "there is nothing to go by yet"
    SUPERSEDED = "a newer request came for the same document"
    CLOSED = "the document was closed"
    SNOOZED = "completion is snoozed (fim.snooze)"
    PAUSED = "the provider asked for a pause"
    OVER_BUDGET = "the request and token budget is used up for now"
    DAY_SPENT = "the dollars of this day are spent (budget.dollarsPerDay)"
    PROVIDER_FAILED = "the provider failed"
    NOTHING_NEW = "the model has nothing to add here"
    FILTERED = "the model's text was not fit to be shown"


class Source(enum.Enum):
    """Where a suggestion's text came from."""

    CACHE = "cache"  # known: the same place, or typed through
    STREAM = "stream"  # a request that was already under way
    PROVIDER = "provider"  # a new request
    GUESS = "guess"  # the embedded model, before another has answered


@frozen
class Position:
    """A place between two characters: line and column from zero, the column in code points."""

    line: int
    column: int


@frozen
class Withheld:
    """Why a file is a secret as a whole: by which rule, and in which line (from 1)."""

    rule: str
    description: str
    line: int


@frozen
class Document:
    """Names of a document at the time of a request. Its text is in the request's windows."""

    uri: str
    language_id: str = ""
    version: int = 0
    path: str = ""  # relative to the workspace folder where there is one, "/" as separator; "" for untitled
    eol: str = "\n"  # the line ending most of its lines have
    target: str = ""  # the absolute path that its links lead to, where that is another one than its URI's
    other_paths: tuple[str, ...] = ()  # more paths like `path`: in outer workspace folders, and of the target
    withheld: Withheld | None = None  # why its text is a secret as a whole, where it is


@frozen
class SelectedText:
    """The entry selected in the editor's completion popup: what accepting it would put over the range.

    `replaced` is the text now standing between the range's start and the cursor.
    LSP 3.18 `SelectedCompletionInfo`: items are shown only if they extend `text` over the same range.
    """

    text: str
    replaced: str


@frozen(cache_hash=True)
class CompletionRequest:
    """One question: what comes at this place? An immutable snapshot.

    `prefix` and `suffix` are windows of the text before and after the cursor, with the document's own line
    endings. `prefix_is_whole` and `suffix_is_whole` say that the window reaches the document's start or end.
    `variant` counts the answers wanted for one place: 0 is the best one, others are to differ from it. `may_replace`
    says that the client puts a text over closers behind the cursor as it should, `may_begin_with_line_end` that it
    draws a text that begins on the next line. `waited_ms` is how long the editor held it back after the key.
    `judged_above` and `judged_below` stand before and after the windows in the document, or are lines of it that tell
    what the windows are part of: secrets are judged with them, and neither is ever sent.
    """

    document: Document
    position: Position
    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    trigger: Trigger = Trigger.AUTOMATIC
    selected: SelectedText | None = field(default=None, repr=False)
    prefix_is_whole: bool = True
    suffix_is_whole: bool = True
    variant: int = 0
    may_replace: bool = False
    may_begin_with_line_end: bool = False
    waited_ms: int = field(default=0, eq=False)
    judged_above: str = field(default="", repr=False, eq=False)
    judged_below: str = field(default="", repr=False, eq=False)

    @property
    def line_before(self) -> str:
        """The text of the cursor's line before the cursor."""
        return _after_last_line_end(self.prefix)

    @property
    def line_after(self) -> str:
        """The text of the cursor's line after the cursor, without its line end."""
        return _before_first_line_end(self.suffix)


class SnippetSource(enum.Enum):
    """Where a snippet was found, as `fim.showWhy` says it."""

    OPEN_DOCUMENT = "an open document"
    WORKSPACE = "a file of the workspace"
    OWN_FILE = "this file, outside of the windows"
    RECENT_EDIT = "edited a moment ago"


@frozen
class Snippet:
    """A piece of another document, or of a far part of the cursor's, worth showing to the model.

    `first_line` counts from zero. `words` are words around the cursor for which it was chosen, the most telling first.
    `judged_above` and `judged_below` are lines around it by which its secrets are told; they are never sent.
    """

    path: str
    text: str = field(repr=False)
    source: SnippetSource = field(default=SnippetSource.OPEN_DOCUMENT, eq=False, kw_only=True)
    first_line: int = field(default=0, eq=False, kw_only=True)
    words: tuple[str, ...] = field(default=(), repr=False, eq=False, kw_only=True)
    judged_above: str = field(default="", repr=False, eq=False)
    judged_below: str = field(default="", repr=False, eq=False)


@frozen
class Context:
    """Text for a model: windows cut to size, line endings as in the document, and snippets of other files.

    Of the snippets the newest are the last, and of equally new ones the best.
    """

    prefix: str = field(repr=False)
    suffix: str = field(repr=False)
    path: str = ""
    language_id: str = ""
    snippets: tuple[Snippet, ...] = ()


@frozen
class Usage:
    """Tokens of a request, as the provider counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    @property
    def is_counted(self) -> bool:
        """Did the provider count? Gateways that do not send zeros, in each event or in the last."""
        return self.prompt_tokens > 0 or self.completion_tokens > 0


@frozen
class Started:
    """First event of a stream: what the response headers said, all of which may be unknown.

    `snippets` are the pieces of other files that the request carried, as they were sent.
    """

    notices: tuple[str, ...] = ()  # for the user, once each: a model about to be retired, say
    limits: tuple[tuple[str, float], ...] = ()  # rate-limit headers: (lower-case name, value)
    snippets: tuple[Snippet, ...] = ()


@frozen
class Chunk:
    """A piece of a model's answer. `finish_reason` is set on the last one; `confidence` (0 … 1) where known.

    `silence` says in words why there is no text, where the model knows.
    """

    text: str = field(default="", repr=False)
    finish_reason: str | None = None
    usage: Usage | None = None
    confidence: float | None = None
    silence: str = ""


@frozen
class Candidate:
    """Text from a model and the request it answered; line ends are "\\n".

    `finished`: nothing more is to come (only such text may enter the cache). `ended`: it was the model that said so,
    by its own stop and not by a limit, so asking again where the text ends would bring nothing. `model` says whose
    text it is.
    """

    text: str = field(repr=False)
    origin: CompletionRequest
    finished: bool
    ended: bool = False
    confidence: float | None = None
    model: str = ""


@frozen
class Suggestion:
    """Text that may be shown: `text` is to be inserted at the request's position.

    `replaced` is how many characters behind the cursor it is put over, all of which occur in it: closers that the
    editor put there.
    """

    id: str
    text: str = field(repr=False)
    request: CompletionRequest
    source: Source
    model: str = ""
    replaced: int = 0


def _after_last_line_end(text: str) -> str:
    return text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]


def _before_first_line_end(text: str) -> str:
    ends = [end for end in (text.find("\n"), text.find("\r")) if end >= 0]
    return text[: min(ends)] if ends else text
