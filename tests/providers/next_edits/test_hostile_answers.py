"""Answers of a model that has gone wrong, or of a server that means harm: they cost little, and delete little."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from fim_language_server.core.next_edit.focus import focus
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion
from fim_language_server.providers.next_edits.answers import MOST_DELETED
from fim_language_server.providers.next_edits.profile import EditAnswer, EditProfile
from fim_language_server.providers.next_edits.table import PROFILES
from tests.fakes.next_edit_documents import edited, random_question, random_text
from tests.fakes.next_edit_oracle import read_prompt
from tests.providers.next_edits.test_any_window import LIMITS, apply, start_of

CASES = int(os.environ.get("FIM_NEXT_EDIT_CASES", "300"))
LONGEST_S = 20.0
"""Seconds that reading one answer may take on the slowest machine; it takes a hundredth of one."""

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

Way = Callable[[random.Random, str, EditProfile], str]
"""Spoils a model's answer."""

ALPHABET = "abc \n\t(){}=.,'\"#😀é\u202e\u200b\x1b\x00"


def garbage(dice: random.Random, _answer: str, _profile: EditProfile) -> str:
    return "".join(dice.choices(ALPHABET, k=dice.choice((1, 30, 400, 5_000))))


def another_text(dice: random.Random, _answer: str, _profile: EditProfile) -> str:
    return random_text(dice)


def cut_off(dice: random.Random, answer: str, _profile: EditProfile) -> str:
    return answer[: dice.randint(0, len(answer))]


def begun_late(dice: random.Random, answer: str, _profile: EditProfile) -> str:
    return answer[dice.randint(0, len(answer)) :]


def shuffled(dice: random.Random, answer: str, _profile: EditProfile) -> str:
    lines = answer.split("\n")
    dice.shuffle(lines)
    return "\n".join(lines)


def repeated(dice: random.Random, answer: str, _profile: EditProfile) -> str:
    lines = answer.split("\n")
    at = dice.randrange(len(lines))
    return "\n".join([*lines[:at], *(lines[at : at + dice.randint(1, 4)] * dice.choice((2, 9, 200))), *lines[at:]])


def with_marks(dice: random.Random, answer: str, profile: EditProfile) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(answer))
        answer = answer[:at] + dice.choice((*profile.marks, *profile.stops, "<|marker_2|>", "```")) + answer[at:]
    return answer


def in_prose(dice: random.Random, answer: str, _profile: EditProfile) -> str:
    return f"Sure! Here is the code:\n```python\n{answer}\n```\nLet me know {dice.choice(('!', 'if it helps.'))}"


WAYS: tuple[Way, ...] = (
    garbage, another_text, cut_off, begun_late, shuffled, repeated, with_marks, in_prose,
)  # fmt: skip


def dense(text: str) -> int:
    return sum(map(len, text.split()))


@every_profile
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_most_of_the_window_is_left(profile: EditProfile, way: Way) -> None:
    """Whatever comes: edits lie in the window, do not overlap, and leave half of its text; no mark gets into it."""
    dice = random.Random(f"{profile.name} {way.__name__}")
    for _ in range(CASES):
        part = focus(random_question(dice), LIMITS)
        prompt = profile.phrase(part.question) if part is not None else None
        if part is None or prompt is None:
            continue
        question, shown = part.question, read_prompt(profile.name, prompt.text)
        answer = way(dice, shown.answer_with(edited(dice, shown.text)) or shown.nothing, profile)
        began = time.perf_counter()
        edits = profile.read(EditAnswer(answer, dice.choice(("stop", None))), question)
        assert time.perf_counter() - began < LONGEST_S
        text = question.document.text
        after, start = apply(text, edits), start_of(shown, text, question.cursor)
        end = start + len(shown.text)
        assert after.startswith(text[:start])
        assert after.endswith(text[end:])
        window = after[start : len(after) - (len(text) - end)]
        assert dense(window) >= (1 - MOST_DELETED) * dense(shown.text)
        for edit in edits:
            assert not profile.holds_mark(edit.replacement.text)
            assert not set(edit.replacement.text) & set("\x1b\x00")
            assert len(edit.replacement.text) <= len(shown.text) + 8_000


@every_profile
@pytest.mark.parametrize("reason", ["length", "max_tokens", "content_filter", "error", "tool_calls", "abort"])
def test_an_answer_that_the_model_did_not_end_is_none(profile: EditProfile, reason: str) -> None:
    dice = random.Random(3)
    for _ in range(30):
        part = focus(random_question(dice), LIMITS)
        prompt = profile.phrase(part.question) if part is not None else None
        if part is not None and prompt is not None:
            shown = read_prompt(profile.name, prompt.text)
            answer = shown.answer_with(f"{shown.text}more")
            if answer is not None:
                assert profile.read(EditAnswer(answer, reason), part.question) == ()


@every_profile
@pytest.mark.parametrize(
    "text", ["a b " * 2_900, "ab\n" * 3_900, "x," * 5_900, "\n" * 11_000, "🙂" * 5_000, "{}\n()\n" * 900]
)
def test_texts_of_few_different_parts_take_no_time(profile: EditProfile, text: str) -> None:
    """Comparing takes the square of the equal parts of two texts, so it is left where they are many."""
    dice = random.Random(profile.name)
    question = NextEditQuestion(DocumentText("file:///a.py", "a.py", "python", text), 1, 0)
    prompt = profile.phrase(question)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    for new in (
        shown.text[::-1],
        "".join(dice.choices(text[:6], k=len(shown.text) + 7_000)),
        shown.text + text[: 7_000],
        shown.text.replace(text[0], "c"),
    ):  # fmt: skip
        answer = shown.answer_with(new)
        began = time.perf_counter()
        assert answer is None or len(profile.read(EditAnswer(answer, "stop"), question)) <= 10_000
        assert time.perf_counter() - began < LONGEST_S
