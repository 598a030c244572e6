"""Whatever the document: the model's edit arrives, in its place, and nothing else changes."""

from __future__ import annotations

import os
import random

import pytest

from fim_language_server.core.next_edit.focus import QuestionLimits, focus
from fim_language_server.core.next_edit.masking import mask_question
from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.providers.next_edits.answers import settled
from fim_language_server.providers.next_edits.profile import EditAnswer, EditProfile
from fim_language_server.providers.next_edits.table import PROFILES
from tests.fakes.next_edit_documents import edited, random_question
from tests.fakes.next_edit_oracle import ShownWindow, read_prompt

CASES = int(os.environ.get("FIM_NEXT_EDIT_CASES", "400"))
"""Documents for each profile."""
LIMITS = QuestionLimits(before=6_000, after=6_000, others=3_000, history=3_000)

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def apply(text: str, edits: tuple[NextEdit, ...]) -> str:
    """Return the text with all edits, which must not overlap."""
    last = len(text)
    for each in sorted((edit.replacement for edit in edits), key=lambda it: (it.start, it.end), reverse=True):
        assert 0 <= each.start <= each.end <= last
        text, last = text[: each.start] + each.text + text[each.end :], each.start
    return text


def start_of(shown: ShownWindow, plain: str, cursor: int) -> int:
    """Return where the shown window begins in a text with plain line ends."""
    if shown.cursor >= 0:
        return cursor - shown.cursor
    lines_above = plain[:cursor].split("\n")
    return len("\n".join(lines_above[:-11])) + 1 if len(lines_above) > 11 else 0


def is_moderate(old: str, new: str) -> bool:
    """Is it an edit, and not one that writes most of a window anew, or of blank lines at its ends?"""
    size = sum(map(len, old.split()))
    replaced = sum(len(old[it.start : it.end].strip()) for it in minimal_replacements(old, new))
    is_small = replaced <= size * 0.4 and sum(map(len, new.split())) >= size * 0.6
    return bool(new.strip()) and old != new and new == settled(old, new) and is_small


@every_profile
def test_the_text_after_the_edits_is_the_models(profile: EditProfile) -> None:
    """With any line ends, at either end of a file, in an empty one, with emoji, tabs, long lines and any history."""
    dice, n_edits = random.Random(profile.name), 0
    for _ in range(CASES):
        question = random_question(dice)
        text = question.document.text
        part = focus(question, LIMITS)
        if part is None:
            assert any(len(line) > 2_000 for line in text.splitlines())
            continue
        masked = mask_question(part, Placeholders(b"0" * 16))
        assert masked is not None
        prompt = profile.phrase(masked.question)
        if prompt is None:
            continue
        assert len(prompt.text) < 60_000
        shown = read_prompt(profile.name, prompt.text)
        plain = part.question.document.text
        start = start_of(shown, plain, part.question.cursor)
        assert plain[start : start + len(shown.text)] == shown.text
        new = edited(dice, shown.text)
        answer = shown.answer_with(new)
        if answer is None or not answer.strip() or not is_moderate(shown.text, new):
            continue
        n_edits += 1
        found = profile.read(EditAnswer(answer, "stop"), part.question)
        check(question, part.question.document.text, found, start, shown.text, new)
        placed = tuple(part.placed(edit) for edit in found)
        after = apply(text, placed)
        before_part, part_end = plain_around(text, part.start, plain)
        expected = before_part + plain[:start] + new + plain[start + len(shown.text) :] + part_end
        assert with_plain_line_ends(after) == expected
        if "\r" in text and text.count("\r\n") == text.count("\r") == text.count("\n"):
            assert after.count("\r\n") == after.count("\r") == after.count("\n")
        nothing = profile.read(EditAnswer(shown.nothing, "stop"), part.question)
        assert nothing == ()
    assert n_edits > CASES * 0.3


def plain_around(text: str, start: int, plain: str) -> tuple[str, str]:
    before = with_plain_line_ends(text[:start])
    return before, with_plain_line_ends(text)[len(before) + len(plain) :]


def check(question: NextEditQuestion, plain: str, found: tuple[NextEdit, ...], start: int, old: str, new: str) -> None:
    """Each edit lies in the window, changes something, shares no end with the text it replaces, nearest first."""
    assert found
    for edit in found:
        each = edit.replacement
        assert edit.uri == question.document.uri
        assert start <= each.start <= each.end <= start + len(old)
        replaced = plain[each.start : each.end]
        assert replaced != each.text
        assert minimal_replacements(replaced, each.text)[0].start == 0
        assert minimal_replacements(replaced, each.text)[-1].end == len(replaced)
    assert apply(plain, found) == plain[:start] + new + plain[start + len(old) :]
