"""Accepting while a trace is typed: only what is right to its end, and the saved keys are not typed again."""

from __future__ import annotations

from collections import deque

from benchmarks.accepting import Accepts
from benchmarks.traces import Change, make_traces

TEXT = "".join(f"def function_{n}(value):\n    total = value + {n}\n    return total\n\n\n" for n in range(30))
ALWAYS = 1.0


def test_an_acceptance_puts_the_text_in_and_takes_its_keys_off() -> None:
    """The document is the same afterwards as if it had been typed."""
    (trace,) = make_traces({"a.py": TEXT}, seed=1, keys=60)
    before, coming = trace.edits[0], deque(trace.edits[1:])
    ghost = before.missing[:12]
    edit = Accepts(ALWAYS).choose(before, ghost, coming)
    assert edit is not None
    assert edit.changes == (Change(before.cursor, before.cursor, ghost),)
    assert edit.cursor == before.cursor + 12
    assert edit.missing == before.missing[12:]
    assert coming[0].changes[0].start == edit.cursor


def test_what_is_wrong_or_short_is_not_accepted() -> None:
    """A key is worth a word at least, and nobody accepts what has to be mended."""
    (trace,) = make_traces({"a.py": TEXT}, seed=1, keys=60)
    before, coming = trace.edits[0], deque(trace.edits[1:])
    for ghost in ("", before.missing[:3], before.missing[:12] + "\0"):
        assert Accepts(ALWAYS).choose(before, ghost, coming) is None
    assert Accepts().choose(before, before.missing[:12], coming) is None
    assert len(coming) == len(trace.edits) - 1
