"""Run a recorded session (`serve --record FILE --record-texts`) again, in virtual time, and say what differs.

The recorded streams stand in the models' place, so nothing is sent anywhere and minutes take seconds. With --provider
live the models of your settings are asked, in real time, with pauses cut to 2 s.

exit status: 0 no difference; 1 something differs, or the recording has no texts; 2 no recording, or misuse
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fim_language_server.cli.printing import remark, say, say_json
from fim_language_server.errors import FimError

if TYPE_CHECKING:
    from fim_language_server.evaluation.recordings.comparing import AnswerDifference, Comparison
    from fim_language_server.evaluation.recordings.reading import Recording

SHOWN = 8
SENDS_NOTHING = {"nextEdit": {"provider": {"kind": "off"}}, "usage": {"otlp": ""}, "budget": {"store": ""}}
"""Settings by which a replay of recorded streams reaches no other program, whatever else is set."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings over the recorded ones")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting over the recorded ones, such as trigger.minDelayMs=200",
    )
    parser.add_argument(
        "--provider",
        choices=("recorded", "live"),
        default="recorded",
        help="recorded: the streams of the file (the default); live: ask the models of your settings",
    )
    parser.add_argument("-n", metavar="N", type=int, default=SHOWN, help=f"differences to show ({SHOWN})")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Replay, print, and return the exit status."""
    from fim_language_server.evaluation.recordings.reading import read_recording

    try:
        recording = read_recording(arguments.file)
        changed = _changed_settings(arguments)
    except (FimError, ValueError) as error:
        remark(f"fim-language-server: {error}")
        return 2
    if not recording.origins.has_texts:
        _say_structure(recording, is_json=arguments.json)
        return 1
    comparison, unknown = replay(recording, changed, is_live=arguments.provider == "live")
    if arguments.json:
        say_json(_as_json(recording, comparison, unknown), indent=2)
    else:
        _say(recording, comparison, unknown, max(0, arguments.n))
    return 0 if comparison.is_same else 1


def replay(recording: Recording, changed: Mapping[str, Any], *, is_live: bool = False) -> tuple[Comparison, int]:
    """Run a recording with changed settings; return the comparison, and how often a recorded text was missing."""
    from fim_language_server.cli import virtual_time
    from fim_language_server.cli.replay_session import ReplaySession
    from fim_language_server.evaluation.recordings.comparing import compare
    from fim_language_server.evaluation.recordings.reading import read_recording
    from fim_language_server.settings import merge_settings

    settings = merge_settings(recorded_settings(recording, is_live=is_live), changed)
    if not is_live:
        settings = merge_settings(settings, SENDS_NOTHING)
    with tempfile.TemporaryDirectory(prefix="fim-replay-") as folder:
        written = Path(folder) / "replay.jsonl"
        session = ReplaySession(recording, settings, written, is_live=is_live)
        if is_live:
            asyncio.run(session.run())
        else:
            virtual_time.run(session.run())
        again = read_recording(written)
        return compare(recording, again, session.numbers, counts_faster=bool(changed) or is_live), session.unknown


def recorded_settings(recording: Recording, *, is_live: bool = False) -> dict[str, Any]:
    """Return the settings of a recording, with its models; without them where the user's are to be asked.

    A recording may come from anybody: those of its settings that name an address, a program, a file or a variable are
    left out, which no recording has of itself.
    """
    from fim_language_server.core.recordings.records import SettingsInForce
    from fim_language_server.settings import parse_settings
    from fim_language_server.settings.next_edit_provider import NAME
    from fim_language_server.settings.shareable import shareable

    first = next((it for it in recording.records if isinstance(it, SettingsInForce)), None)
    if first is None:
        return {}
    settings = shareable(parse_settings(first.settings)[0])
    settings.pop(NAME, None)  # Next edits of models are not in a recording.
    settings.get("trigger", {}).pop("exclude", None)  # A number: what is excluded is not in the recording.
    provider = settings.setdefault("provider", {})
    if is_live:
        for name in ("kind", "model"):
            provider.pop(name, None)
        return settings
    provider["kind"] = first.provider or "embedded"
    provider["fallback"] = [_model(name) for name in first.models[1:]]
    return settings


def _model(name: str) -> Any:
    kind, _, model = name.partition(" ")
    return {"kind": kind, "model": model} if model else kind


def _changed_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of --settings and --set. Raises ValueError or SettingsError."""
    from fim_language_server.cli.complete import read_settings_file
    from fim_language_server.settings import merge_settings

    changed = read_settings_file(arguments.settings) if arguments.settings else {}
    for pair in arguments.set:
        name, equals, text = pair.partition("=")
        if not equals or not all(name.split(".")):
            raise ValueError(f"--set takes KEY=VALUE, such as trigger.minDelayMs=200, and not {pair}")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        for key in reversed(name.split(".")):
            value = {key: value}
        changed = merge_settings(changed, value)
    return merge_settings(changed)


def _say(recording: Recording, comparison: Comparison, unknown: int, most: int) -> None:
    say(_heading(recording))
    n = len(comparison.differences)
    lines = [f"{comparison.compared} of {comparison.requests} requests compared, {n} answered otherwise"]
    lines += [f"  {kind}: {count}" for kind, count in comparison.counts.most_common()]
    if comparison.next_edits or comparison.next_edits_otherwise:
        lines.append(
            f"{comparison.next_edits} next edits were sent unasked, {comparison.next_edits_otherwise} otherwise"
        )
    before, after = comparison.sources_before, comparison.sources_after
    names = [name for name, _ in (before + after).most_common()]
    lines.append("answers from: " + ", ".join(f"{name} {before[name]} -> {after[name]}" for name in names))
    if unknown:
        lines.append(f"{unknown} requests to models of which the recording has no text were answered with nothing")
    say("\n".join(lines))
    for difference in comparison.differences[:most]:
        say(_line(difference))
    if n > most:
        say(f"… and {n - most} more (-n {n}, or --json)")
    if comparison.is_same:
        say("No difference.")


def _heading(recording: Recording) -> str:
    import fim_language_server

    origins = recording.origins
    broken = f"; {recording.unreadable} lines could not be read" if recording.unreadable else ""
    newer = f"; {recording.unknown} records are of kinds that this version does not know" if recording.unknown else ""
    return (
        f"recorded with {origins.server or 'an unknown version'} from {origins.client or 'an unknown client'}, "
        f"run with {fim_language_server.__version__}{broken}{newer}"
    )


def _line(it: AnswerDifference) -> str:
    place = f"{it.path}:{it.line + 1}:{it.column + 1}"
    return (
        f"\n{it.seconds:.2f} s  {place}  request {it.request}: {', '.join(it.kinds)}\n  - {it.before}\n  + {it.after}"
    )


def _as_json(recording: Recording, comparison: Comparison, unknown: int) -> dict[str, Any]:
    return {
        "recordedWith": recording.origins.server,
        "client": recording.origins.client,
        "unreadableLines": recording.unreadable,
        "requests": comparison.requests,
        "compared": comparison.compared,
        "counts": dict(comparison.counts),
        "sourcesBefore": dict(comparison.sources_before),
        "sourcesAfter": dict(comparison.sources_after),
        "nextEdits": comparison.next_edits,
        "nextEditsOtherwise": comparison.next_edits_otherwise,
        "withoutRecordedText": unknown,
        "differences": [difference.as_json() for difference in comparison.differences],
    }


def _say_structure(recording: Recording, *, is_json: bool) -> None:
    """Say what is in a recording without texts, which cannot be run again."""
    from fim_language_server.core.recordings.records import GivenAnswer

    answers = [it for it in recording.records if isinstance(it, GivenAnswer)]
    reasons: dict[str, int] = {}
    for it in answers:
        reason = it.reason or ("next edits, which have no reason" if it.items else "")
        reasons[reason] = reasons.get(reason, 0) + 1
    if is_json:
        say_json({"hasTexts": False, "answers": len(answers), "reasons": reasons}, indent=2)
        return
    say(_heading(recording))
    say("This recording has no texts, so it cannot be run again; record with --record-texts for that. Its answers:")
    for reason, count in _most(reasons):
        say(f"  {count:5}  {reason or 'no reason was noted'}")


def _most(reasons: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda pair: -pair[1])[:15]
