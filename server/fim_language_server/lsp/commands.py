"""The commands of `workspace/executeCommand`: one short function each, and the table of them (docs/protocol.md).

A client may offer commands of its own under these names' prefix (restarting is one); they never come here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from fim_language_server.core.invisible_characters import without_invisible
from fim_language_server.lsp.editor.capabilities import (
    ACCEPT,
    ACCEPT_NEXT_EDIT,
    DISMISS_NEXT_EDIT,
    SHOW_WHY,
    SNOOZE,
    START_RECORDING,
    STOP_RECORDING,
    TOGGLE_LANGUAGE,
)
from fim_language_server.lsp.session import Session

if TYPE_CHECKING:
    from fim_language_server.app.application import Application

LONGEST_SNOOZE_MIN = 24 * 60
"""The most minutes that a client may snooze the server."""


def accept(session: Session, arguments: Sequence[Any]) -> None:
    """Note that a suggestion was accepted; the argument is its id."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams(f"{ACCEPT} takes the id of a suggestion")
    session.completer.accepted(arguments[0])


def snooze(session: Session, arguments: Sequence[Any]) -> None:
    """Answer only explicit requests for the number of minutes in the argument; 0 ends it."""
    minutes = arguments[0] if len(arguments) == 1 else None
    if not isinstance(minutes, int | float) or isinstance(minutes, bool) or not 0 <= minutes <= LONGEST_SNOOZE_MIN:
        raise JsonRpcInvalidParams(f"{SNOOZE} takes a number of minutes from 0 to {LONGEST_SNOOZE_MIN}")
    session.status_line.snooze(minutes * 60)
    session.next_editor.follow_snooze()


def toggle_language(session: Session, arguments: Sequence[Any]) -> Awaitable[Mapping[str, object]]:
    """Switch the language in the argument off or on for this session; return its state after that."""
    if len(arguments) != 1 or not isinstance(arguments[0], str) or not arguments[0]:
        raise JsonRpcInvalidParams(f"{TOGGLE_LANGUAGE} takes a language id")
    return session.toggle_language(arguments[0])


def show_why(session: Session, arguments: Sequence[Any]) -> list[Mapping[str, object]]:
    """Return the last decisions, the newest first; with the argument `{"text": true}` also the text of their pieces."""
    wishes = arguments[0] if arguments else None
    completions = session.completer.decisions(with_text=isinstance(wishes, Mapping) and wishes.get("text") is True)
    decisions = [*completions, *session.next_editor.decisions()]
    newest_first = sorted(decisions, key=lambda decision: str(decision["time"]), reverse=True)
    return with_policy(newest_first, session.completer.application)


def with_policy(
    decisions: Sequence[Mapping[str, object]], application: Application | None
) -> list[Mapping[str, object]]:
    """Return decisions with the sentence on the company's policy, where there is one."""
    policy = application.company.policy if application is not None else None
    if policy is None:
        return list(decisions)
    return [
        {**decision, "policy": without_invisible(f"The settings are {policy.described}.")} for decision in decisions
    ]


def accept_next_edit(session: Session, arguments: Sequence[Any]) -> None:
    """Note that a next edit was applied; the argument is its id."""
    session.next_editor.engine.accepted(_next_edit_id(ACCEPT_NEXT_EDIT, arguments))


def dismiss_next_edit(session: Session, arguments: Sequence[Any]) -> None:
    """Drop a next edit that the user does not want, and do not offer it again; the argument is its id."""
    session.next_editor.engine.dismissed(_next_edit_id(DISMISS_NEXT_EDIT, arguments))


def _next_edit_id(command: str, arguments: Sequence[Any]) -> str:
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams(f"{command} takes the id of a next edit")
    return arguments[0]


def start_recording(session: Session, arguments: Sequence[Any]) -> Mapping[str, object]:
    """Record the session from now on in a new file, named by its absolute path, and with texts only if that is said.

    Returns the file's path, and whether texts are kept. A client on a network names no file.
    """
    path = arguments[0] if arguments else None
    with_texts = arguments[1] if len(arguments) == 2 else False
    if session.recording.is_of_network:
        raise JsonRpcInvalidParams(
            f"{START_RECORDING} names a file, which a client on a network may not; start the server with --record FILE"
        )
    if not isinstance(path, str) or not Path(path).is_absolute() or len(arguments) > 2:
        raise JsonRpcInvalidParams(f"{START_RECORDING} takes the absolute path of a new file")
    if not isinstance(with_texts, bool):
        raise JsonRpcInvalidParams(f"{START_RECORDING} takes true or false for whether texts are kept")
    from fim_language_server.lsp.recording.starting import CannotRecordError, RecordingWish

    try:
        written = session.recording.begin(RecordingWish(Path(path), with_texts))
    except CannotRecordError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    return {"file": str(written), "texts": with_texts}


async def stop_recording(session: Session, arguments: Sequence[Any]) -> Mapping[str, object] | None:
    """End the recording, and return its file's path; None where the session is not recorded."""
    path = await session.recording.end("command")
    return None if path is None else {"file": str(path)}


Command = Callable[[Session, Sequence[Any]], Any]

HANDLERS: Mapping[str, Command] = {
    ACCEPT: accept,
    SNOOZE: snooze,
    TOGGLE_LANGUAGE: toggle_language,
    SHOW_WHY: show_why,
    ACCEPT_NEXT_EDIT: accept_next_edit,
    DISMISS_NEXT_EDIT: dismiss_next_edit,
    START_RECORDING: start_recording,
    STOP_RECORDING: stop_recording,
}
"""Every command that `capabilities.COMMANDS` announces."""


def execute(session: Session, name: str, arguments: Sequence[Any] | None) -> Any:
    """Run the command `name`. Raises JsonRpcInvalidParams for an unknown name and for wrong arguments."""
    command = HANDLERS.get(name)
    if command is None:
        raise JsonRpcInvalidParams(f"there is no command {name}")
    return command(session, arguments or [])
