"""A recording compared with its replay: answers, request by request, and next edits by version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from fim_language_server.core.recordings.records import GivenAnswer, MadeRequest, SentEdits, ShownItem
from fim_language_server.core.recordings.text_records import OpenedText
from fim_language_server.evaluation.recordings.reading import Recording

LEAST_MS: Final = 100.0
"""Ms by which an answer has to be faster or slower, and by half, to count as a difference of time."""
LONGEST_SHOWN: Final = 60


@frozen
class AnswerDifference:
    """One request that was answered otherwise: its number and place, the kinds of difference, and both answers."""

    request: int
    seconds: float
    path: str
    line: int
    column: int
    kinds: tuple[str, ...]
    before: str
    after: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON; lines and columns count from one, as editors show them."""
        return {
            "request": self.request, "seconds": round(self.seconds, 3), "path": self.path, "line": self.line + 1,
            "column": self.column + 1, "kinds": list(self.kinds), "before": self.before, "after": self.after,
        }  # fmt: skip


@define
class Comparison:
    """Counts of requests and of kinds of difference, and the differences in the order of the session."""

    requests: int = 0
    compared: int = 0
    counts: Counter[str] = field(factory=Counter)
    differences: list[AnswerDifference] = field(factory=list)
    next_edits: int = 0
    next_edits_otherwise: int = 0
    sources_before: Counter[str] = field(factory=Counter)
    sources_after: Counter[str] = field(factory=Counter)

    @property
    def is_same(self) -> bool:
        """Is there no difference?"""
        return not self.differences and not self.next_edits_otherwise


def compare(
    recorded: Recording, replayed: Recording, numbers: Mapping[int, int], *, counts_faster: bool = True
) -> Comparison:
    """Compare answers; `numbers` are the recorded numbers of requests by those of the replay.

    In virtual time computing takes none, so that a busy machine's answers come faster: where nothing else was changed,
    that is no difference (`counts_faster` is false).
    """
    result = Comparison()
    paths = {it.document: it.path for it in recorded.records if isinstance(it, OpenedText)}
    after = {
        numbers[it.request]: it for it in replayed.records if isinstance(it, GivenAnswer) and it.request in numbers
    }
    began_after = {
        numbers[it.request]: it.ms for it in replayed.records if isinstance(it, MadeRequest) and it.request in numbers
    }
    before = {it.request: it for it in recorded.records if isinstance(it, GivenAnswer)}
    for request in (it for it in recorded.records if isinstance(it, MadeRequest)):
        result.requests += 1
        old, new = before.get(request.request), after.get(request.request)
        if old is None:
            continue  # The recording ends before the answer.
        result.compared += 1
        result.sources_before[_source(old)] += 1
        result.sources_after[_source(new)] += 1
        times = old.ms - request.ms, (new.ms - began_after.get(request.request, new.ms) if new else 0.0)
        kinds = _kinds(old, new, *times)
        if times[1] < times[0] and not counts_faster:
            kinds = tuple(kind for kind in kinds if kind != "time")
        if kinds:
            result.counts.update(kinds)
            result.differences.append(
                AnswerDifference(
                    request.request, request.ms / 1_000, paths.get(request.document, ""), request.line,
                    request.column, kinds, _told(old, times[0]), _told(new, times[1]),
                )
            )  # fmt: skip
    _compare_next_edits(recorded, replayed, result)
    return result


def _kinds(old: GivenAnswer, new: GivenAnswer | None, old_ms: float, new_ms: float) -> tuple[str, ...]:
    if new is None:
        return ("unanswered",)
    kinds = []
    if _texts(old.items) != _texts(new.items):
        kinds.append("text")
    if (old.source, old.model) != (new.source, new.model):
        kinds.append("source")
    if old.reason != new.reason or old.end != new.end:
        kinds.append("reason")
    if abs(old_ms - new_ms) > max(LEAST_MS, max(old_ms, new_ms) / 2):
        kinds.append("time")
    return tuple(kinds)


def _texts(items: Sequence[ShownItem]) -> list[tuple[int, int, int, int, str]]:
    """Return the texts with their ranges, the first one first; of the others the order is by chance."""
    edits = [item.edit for item in items]
    texts = [(it.line, it.column, it.end_line, it.end_column, it.text.known) for it in edits]
    return [*texts[:1], *sorted(texts[1:])]


def _source(answer: GivenAnswer | None) -> str:
    if answer is None:
        return "unanswered"
    return answer.source or ("next edit" if answer.items else "nothing")


def _told(answer: GivenAnswer | None, ms: float) -> str:
    if answer is None:
        return "no answer"
    if not answer.items:
        return f"nothing ({answer.reason or answer.end}), {ms:.0f} ms"
    text = repr(answer.items[0].edit.text.known)
    text = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    more = f" and {len(answer.items) - 1} more" if len(answer.items) > 1 else ""
    return f"{text}{more} ({_source(answer)}), {ms:.0f} ms"


def _compare_next_edits(recorded: Recording, replayed: Recording, result: Comparison) -> None:
    old, new = _next_edits(recorded), _next_edits(replayed)
    result.next_edits = sum(map(bool, old.values()))
    result.next_edits_otherwise = sum(old.get(key, []) != new.get(key, []) for key in old.keys() | new.keys())


def _next_edits(recording: Recording) -> dict[tuple[str, int], list[tuple[int, int, int, int, str]]]:
    """Return what was offered last for each version of each document."""
    paths = {it.document: it.path for it in recording.records if isinstance(it, OpenedText)}
    return {
        (paths.get(it.document, ""), it.version): _texts(it.items)
        for it in recording.records
        if isinstance(it, SentEdits)
    }
