"""Typing sessions made from files."""

from __future__ import annotations

import pytest

from benchmarks.traces import PAUSE_S, Change, Trace, apply, enlarged, make_traces

TEXT = "".join(
    f"def function_{n}(value):\n    # what {n} is for\n    total = value + {n}\n\n    return total\n\n"
    for n in range(40)
)


@pytest.fixture
def trace() -> Trace:
    return make_traces({"a.py": TEXT}, seed=1, keys=450)[0]


def texts_of(trace: Trace) -> list[str]:
    text, texts = trace.documents["a.py"], []
    for edit in trace.edits:
        text = apply(text, edit.changes)
        texts.append(text)
    return texts


def test_typing_all_keys_brings_the_file_back() -> None:
    """Nothing but what was cut out is typed, and all of it."""
    whole = make_traces({"a.py": TEXT}, seed=1, keys=10_000)[0]
    assert whole.documents["a.py"] != TEXT
    assert texts_of(whole)[-1] == TEXT


def test_what_is_missing_is_what_leads_to_the_rest(trace: Trace) -> None:
    """At each key, the missing text at the cursor is followed by what stands there; none while a typing error does."""
    for edit, text in zip(trace.edits, texts_of(trace), strict=True):
        assert not edit.missing or text[edit.cursor :].startswith(edit.following)
        assert not edit.missing or (text[: edit.cursor] + edit.missing)[-60:] in TEXT


def test_a_trace_has_its_number_of_keys_with_pauses_and_corrected_errors(trace: Trace) -> None:
    """450 keys, some of them after a pause, some that remove the wrong key before them."""
    assert len(trace.edits) == 450
    assert 2 <= sum(edit.gap_s >= PAUSE_S for edit in trace.edits) <= 30
    removed = [n for n, edit in enumerate(trace.edits) if edit.changes[0].text == ""]
    assert removed
    for number in removed:
        (wrong,), (undone,) = trace.edits[number - 1].changes, trace.edits[number].changes
        assert (undone.start, undone.end) == (wrong.start, wrong.start + 1)


def test_the_seed_decides(trace: Trace) -> None:
    """The same seed is the same session; another is another."""
    assert make_traces({"a.py": TEXT}, seed=1, keys=450)[0] == trace
    assert make_traces({"a.py": TEXT}, seed=2, keys=450)[0] != trace


def test_a_line_end_brings_its_indentation(trace: Trace) -> None:
    """As editors indent: one key types the line end and what the next line begins with."""
    lines = [edit.changes[0].text for edit in trace.edits if edit.changes[0].text.startswith("\n")]
    assert "\n    " in lines


def test_a_longer_document_has_the_same_keys_in_its_middle(trace: Trace) -> None:
    """Only the place is another one: what is typed, when, and what is missing stays."""
    large = enlarged(trace, 1_000)
    assert large.documents["a.py"].count("\n") == trace.documents["a.py"].count("\n") + 1_000
    for small_edit, edit, text in zip(trace.edits, large.edits, texts_of(large), strict=True):
        assert (edit.gap_s, edit.missing) == (small_edit.gap_s, small_edit.missing)
        assert not edit.missing or text[edit.cursor :].startswith(edit.following)


def test_changes_of_one_edit_refer_to_the_text_before_it() -> None:
    """As LSP's do not, and as recordings' do."""
    assert apply("abcdef", (Change(0, 1, "xyz"), Change(2, 2, "-"), Change(5, 6, ""))) == "xyzb-cde"
