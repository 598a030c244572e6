"""Counts of a typing session, and the figures made of them; docs/performance.md explains each of them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

from benchmarks.fake_api.answers import without_snippets
from benchmarks.oracle import TAIL, typed_since
from benchmarks.screen import first_line

Figures = dict[str, float | int | str | None]
MOST_TYPED = 4_000
"""Characters typed since a request was sent, after which its text is not looked for any more."""


class ApiRequest(Protocol):
    """A request as the API saw it; `n_sent` tokens of its answer were written so far. Times in seconds."""

    body: Any
    tokens: list[str]
    n_sent: int
    arrived_at: float
    finished_at: float | None
    hung_up_at: float | None


@frozen
class Pause:
    """Half a second or more without a key: when it began, and when something was on the screen."""

    began_at: float
    shown_at: float | None
    was_there: bool
    is_completable: bool
    is_right: bool


@define
class Tally:
    """Counts of a session, updated at each key."""

    keys: int = 0
    shown: int = 0
    right: int = 0
    completable: int = 0
    completable_right: int = 0
    hidden: int = 0  # nothing right was on the screen, though the API had said it
    hidden_by_guess: int = 0  # … and what was there did not come from the API
    seconds: float = 0.0
    seconds_shown: float = 0.0
    asked: int = 0
    answered: int = 0
    answered_twice: int = 0
    texts: int = 0  # answers with a text
    known_ms: list[float] = field(factory=list)  # … that needed no new API request
    pauses: list[Pause] = field(factory=list)
    accepted: int = 0
    after_accept_ms: list[float] = field(factory=list)  # … until the next text was on the screen
    used: set[int] = field(factory=set)  # API requests of whose text something was shown, by number
    cpu_s: float | None = None
    rss_mb: float | None = None
    children_rss_mb: float | None = None
    instant_right: int = 0  # a model with no latency, asked at every key
    instant_completable_right: int = 0


def text_at(request: ApiRequest, before: str) -> str:
    """Return what a request's answer has said so far about the place after `before`; "" where it does not fit."""
    prompt = without_snippets(request.body["prompt"])
    typed = typed_since(prompt, before[-(TAIL + MOST_TYPED) :] if len(prompt) >= TAIL else before)
    said = "".join(request.tokens[: request.n_sent])
    return said[len(typed) :] if typed is not None and said.startswith(typed) else ""


def is_of(request: ApiRequest, before: str, ghost: str) -> bool:
    """Was this ghost text said by this request, or the first line of it?"""
    said = text_at(request, before)
    head = first_line(ghost)
    return bool(said.strip()) and (said.startswith(head) or head.startswith(first_line(said)))


def added_ms(pause: Pause, running: Sequence[tuple[float, float]]) -> float | None:
    """Return how long a pause waited for its suggestion while no API request ran; None where it did not wait."""
    if pause.shown_at is None or pause.was_there:
        return None
    covered = sum(max(0.0, min(end, pause.shown_at) - max(begin, pause.began_at)) for begin, end in merged(running))
    return (pause.shown_at - pause.began_at - covered) * 1e3


def merged(intervals: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the union of intervals, ascending and apart."""
    union: list[tuple[float, float]] = []
    for begin, end in sorted(intervals):
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((begin, end))
    return union


def figures(tally: Tally, requests: Sequence[ApiRequest], statuses: Mapping[int, int], recorded: bool) -> Figures:
    """Return every figure of a session, in the order in which they are printed."""
    keys = "edits" if recorded else "keys"
    per_100 = 100 / max(1, tally.keys)
    tokens = sum(it.n_sent for it in requests)
    wasted = sum(it.n_sent for number, it in enumerate(requests) if number not in tally.used)
    sent = sum(len(it.body["prompt"].encode()) + len((it.body.get("suffix") or "").encode()) for it in requests)
    pauses = [it for it in tally.pauses if it.is_completable] if recorded else tally.pauses
    running = [(it.arrived_at, _over(it)) for it in requests]
    added = [ms for it in tally.pauses if (ms := added_ms(it, running)) is not None]
    waits = [(it.shown_at - it.began_at) * 1e3 for it in tally.pauses if it.shown_at and not it.was_there]
    made: Figures = {
        keys: tally.keys,
        f"API requests / 100 {keys}": round(len(requests) * per_100, 1),
        f"KB sent / 100 {keys}": round(sent / 1e3 * per_100, 1),
        f"tokens generated / 100 {keys}": round(tokens * per_100),
        "tokens thrown away": _share(wasted, tokens),
        "requests hung up": _share(sum(it.hung_up_at is not None for it in requests), len(requests)),
        f"{keys} with a suggestion": _share(tally.shown, tally.keys),
        f"{keys} with a right one": _share(tally.right, tally.keys),
        "… an instant model would have": _share(tally.instant_right, tally.keys),
    }
    if recorded:
        made |= {
            "edits with something to complete": _share(tally.completable, tally.keys),
            "… with a right suggestion": _share(tally.completable_right, tally.completable),
            "… an instant model's": _share(tally.instant_completable_right, tally.completable),
        }
    made |= {
        "time with a suggestion": _share(tally.seconds_shown, tally.seconds),
        "pauses >= 0.5 s": len(pauses),
        "pauses with a suggestion": _share(sum(it.was_there or it.shown_at is not None for it in pauses), len(pauses)),
        "pauses with a right one": _share(sum(it.is_right for it in pauses), len(pauses)),
        "pause -> suggestion, median ms": _median(waits),
        "added latency at a pause, median ms": _median(added),
        "added latency at a pause, p90 ms": _p90(added),
    }
    if tally.accepted:
        made |= {
            "accepted": tally.accepted,
            "accepted -> next text, median ms": _median(tally.after_accept_ms),
            "accepted -> next text, p90 ms": _p90(tally.after_accept_ms),
        }
    made |= {
        "answers without a new request": _share(len(tally.known_ms), tally.texts),
        "answers without a new request, median ms": _median(tally.known_ms),
        "right API texts not on screen": tally.hidden,
        "right API texts hidden by a guess": tally.hidden_by_guess,
        "LSP requests never answered": tally.asked - tally.answered,
        "LSP requests answered twice": tally.answered_twice,
        f"CPU s / 1,000 {keys}": _rounded(tally.cpu_s and tally.cpu_s * 10 * per_100),
        "RSS at the end, MB": _rounded(tally.rss_mb),
        "RSS of its children, MB": _rounded(tally.children_rss_mb),
    }
    if refused := {status: n for status, n in sorted(statuses.items()) if status != 200}:
        made["API refusals"] = ", ".join(f"{n} x {status}" for status, n in refused.items())
    return made


def _over(request: ApiRequest) -> float:
    return request.finished_at or request.hung_up_at or float("inf")


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 1) if values else None


def _p90(values: Sequence[float]) -> float | None:
    return round(sorted(values)[int(len(values) * 0.9)], 1) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
