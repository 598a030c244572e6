"""Editing sessions read from files: recordings of this server, and those of VS Code's Copilot (`*.recording.w.json`).

The second format is JSON with a `log` of events: `documentEncountered`, `setContent` and `changed`, whose replacements
count UTF-16 units of the text before them; `nextUserEdit` is what the person did after the log's end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field

from fim_language_server.core.next_edit.values import Replacement
from fim_language_server.core.recordings.fields import UnreadableRecordError
from fim_language_server.core.recordings.parsing import RecordingError, read_first_line, read_record
from fim_language_server.core.recordings.text_records import ChangedText, ClosedText, OpenedText
from fim_language_server.core.recordings.texts import FollowedText, LostTextError
from fim_language_server.errors import SettingsError
from fim_language_server.evaluation.next_edit.sessions import EditSession, EditStep, apply_step

SETTLE_S: Final = 0.5
"""Seconds without an edit after which a next edit is asked for."""
LARGEST: Final = 100_000_000
"""Bytes of a file that is read."""
LONGEST: Final = 400_000
"""Code points of a document above which it is left out."""


def recordings_at(path: Path) -> list[Path]:
    """Return the recordings that a path names: itself, or those in a folder. Raises SettingsError for none."""
    if path.is_file():
        return [path]
    names = ("*recording.w.json", "*.recording.w.json", "*.jsonl", "*.fimrec")
    found = sorted({each for name in names for each in path.rglob(name)})
    if not found:
        raise SettingsError(f"{path} has no recordings: *.jsonl of `serve --record`, or *recording.w.json")
    return found


def read_recording(path: Path) -> EditSession:
    """Return the session that a file recorded. Raises SettingsError where it is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise SettingsError(f"{path} is larger than {LARGEST // 1_000_000} MB")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"cannot read {path}; it should be a recording in UTF-8") from None
    name = path.parent.name if path.name.startswith("recording") else path.name.removesuffix(".json")
    try:
        first = text.split("\n", 1)[0]
        if '"fim-recording"' in first:
            return _own_session(name, text.splitlines())
        return _copilot_session(name, json.loads(text))
    except (ValueError, KeyError, TypeError, IndexError, RecordingError) as error:
        raise SettingsError(f"{path} is no recording that can be read: {type(error).__name__}") from None


@define(eq=False)
class _Recorder:
    """The documents and steps of a session, as they are read."""

    first: dict[str, str] = field(factory=dict)
    texts: dict[str, str] = field(factory=dict)
    steps: list[EditStep] = field(factory=list)

    def begin(self, uri: str, text: str) -> None:
        """Take a document's text: the first one is what the session begins with; a later one is a program's edit."""
        if uri not in self.first:
            self.first[uri] = self.texts[uri] = text
        elif text != self.texts[uri]:
            self.change(uri, [Replacement(0, len(self.texts[uri]), text)], self.steps[-1].at if self.steps else 0.0)

    def change(self, uri: str, parts: Sequence[Replacement], at: float) -> None:
        """Take simultaneous replacements in a document."""
        ordered = tuple(sorted(parts, key=lambda each: (each.start, each.end)))
        before = self.texts.get(uri)
        if before is None or not ordered or any(a.end > b.start for a, b in pairwise(ordered)):
            return
        added = sum(len(each.text) - (each.end - each.start) for each in ordered)
        step = EditStep(uri, ordered, at, ordered[-1].end + added)
        self.texts[uri] = apply_step(before, step)
        self.steps.append(step)

    def session(self, name: str) -> EditSession:
        """Return the session, with each step settled that a pause follows."""
        ends = [*(step.at for step in self.steps[1:]), float("inf")]
        steps = (
            evolve(step, is_settled=end - step.at >= SETTLE_S) for step, end in zip(self.steps, ends, strict=False)
        )
        return EditSession(name, self.first, tuple(steps))


def _copilot_session(name: str, raw: Mapping[str, Any]) -> EditSession:
    recorder, paths = _Recorder(), dict[int, str]()
    for event in raw["log"]:
        kind, at = event["kind"], float(event.get("time", 0)) / 1_000
        if kind == "documentEncountered":
            paths[event["id"]] = "file:///" + event["relativePath"].replace("\\", "/")
        elif kind == "setContent" and len(event["content"]) <= LONGEST:
            recorder.begin(paths[event["id"]], event["content"])
        elif kind == "changed" and paths[event["id"]] in recorder.texts:
            uri = paths[event["id"]]
            recorder.change(uri, _from_units(recorder.texts[uri], event["edit"]), at)
    following = raw.get("nextUserEdit")
    if following and following.get("edit"):
        uri = "file:///" + following["relativePath"].replace("\\", "/")
        if uri in recorder.texts:
            at = recorder.steps[-1].at + 10 * SETTLE_S if recorder.steps else 0.0
            recorder.change(uri, _from_units(recorder.texts[uri], following["edit"]), at)
    return recorder.session(name)


def _from_units(text: str, edits: Iterable[Sequence[Any]]) -> list[Replacement]:
    """Return replacements, given in UTF-16 units, in code points."""
    if text.isascii():
        return [Replacement(int(start), int(end), str(new)) for start, end, new in edits]
    units = text.encode("utf-16-le", "surrogatepass")

    def to_points(count: int) -> int:
        return len(units[: 2 * count].decode("utf-16-le", "replace"))

    return [Replacement(to_points(int(start)), to_points(int(end)), str(new)) for start, end, new in edits]


def _own_session(name: str, lines: Sequence[str]) -> EditSession:
    if not read_first_line(lines[0]).has_texts:
        raise SettingsError(f"{name} was recorded without texts, so it cannot be played again for next edits")
    recorder, paths = _Recorder(), dict[int, str]()
    for line in lines[1:]:
        try:
            record = read_record(line)
        except UnreadableRecordError:
            continue
        if isinstance(record, OpenedText) and record.text.text is not None and record.text.length <= LONGEST:
            paths[record.document] = f"file:///{record.path}"
            recorder.begin(paths[record.document], record.text.text)
        elif isinstance(record, ClosedText):
            paths.pop(record.document, None)
        elif isinstance(record, ChangedText) and (uri := paths.get(record.document)) is not None:
            try:
                # Each of its edits applies to the result of the one before it.
                parts = FollowedText.of(recorder.texts[uri]).apply(record.edits)
            except LostTextError:
                paths.pop(record.document)
                continue
            for part in parts:
                recorder.change(uri, [part], record.ms / 1_000)
    return recorder.session(name)
