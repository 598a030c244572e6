"""What every profile of the table keeps: its recorded prompt, and its recorded answer however that is cut.

The recordings in tests/golden/next_edits are made by hand from the documented formats; no hosted API was asked for
them.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.core.next_edit.values import DocumentText, NextEdit, NextEditQuestion, PastEdit, Replacement
from fim_language_server.core.values import Chunk, Context
from fim_language_server.errors import SettingsError
from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.next_edits.profile import EditAnswer, EditProfile
from fim_language_server.providers.next_edits.table import BY_NAME, PROFILES, profile_of
from fim_language_server.providers.next_edits.wires import wire_of
from fim_language_server.providers.replies.framing import DECODERS
from tests.fakes.next_edit_oracle import read_prompt

GOLDEN = Path(__file__).parents[2] / "golden" / "next_edits"
URI = "file:///work/shop/boxes.py"
TEXT = '''"""Boxes: größer, 大, 🙂."""

import math


def area(width, height):
    """Return the area."""
    return rows * cols


def volume(depth, *, unit="cm"):
\treturn area(depth, 2) * 3


print(area(1, 2), volume(2))
'''
QUESTION = NextEditQuestion(
    DocumentText(URI, "shop/boxes.py", "python", TEXT),
    4,
    TEXT.index("height):") + len("height"),
    (
        PastEdit("file:///work/shop/b.py", "shop/b.py", 2, ("use(1)", "use(2)"), ("use(1, 2)",), ("x",), ("y", "z")),
        PastEdit(
            URI, "shop/boxes.py", 5, ("def area(rows, cols):",), ("def area(width, height):",), ("", ""),
            ('    """Return the area."""', "    return rows * cols"), was_accepted=True,
        ),
    ),
    (DocumentText("file:///work/shop/b.py", "shop/b.py", "python", "a = 1\n\nx\nuse(1, 2)\ny\n"),),
)  # fmt: skip
OPTIONS = RequestOptions(model="the-model", temperature=0.0, template="none")
EXPECTED = [
    ("rows * cols", "width * height"),
    ("", "depth="),
]
"""The edits of the recorded answers, the one nearest to the cursor first: the text replaced, and the new one."""

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def body_of(profile: EditProfile) -> dict[str, Any]:
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    wire = wire_of(profile)
    options = evolve(OPTIONS, stop=prompt.stops, max_tokens=prompt.max_tokens)
    return json.loads(json.dumps(dict(wire.build_request(wire.endpoint(""), Context(prompt.text, ""), options).body)))  # type: ignore[no-any-return]


def recorded(profile: EditProfile) -> bytes:
    name = "stream.sse" if (GOLDEN / profile.name / "stream.sse").exists() else "response.json"
    return (GOLDEN / profile.name / name).read_bytes()


def answer_in(profile: EditProfile, pieces: list[bytes]) -> EditAnswer:
    """Decode a body in pieces as the transport does."""
    wire = wire_of(profile)
    decoder = DECODERS[wire.framing]()
    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()
    chunks: list[Chunk] = [chunk for it in events if not wire.is_end(it) and (chunk := wire.read_event(it)) is not None]
    reasons = [chunk.finish_reason for chunk in chunks if chunk.finish_reason]
    return EditAnswer("".join(chunk.text for chunk in chunks), reasons[0] if reasons else None)


def replaced(edits: tuple[NextEdit, ...]) -> list[tuple[str, str]]:
    return [(TEXT[it.replacement.start : it.replacement.end], it.replacement.text) for it in edits]


@every_profile
def test_it_builds_the_recorded_request(profile: EditProfile) -> None:
    """The prompt, the fields and their values; nothing else is sent."""
    body = body_of(profile)
    sent = body.pop("prompt", None) or body.pop("messages")[0]["content"]
    assert sent == (GOLDEN / profile.name / "prompt.txt").read_text(encoding="utf-8")
    assert body == json.loads((GOLDEN / profile.name / "request.json").read_text(encoding="utf-8"))


@every_profile
def test_it_reads_the_recorded_answer_whatever_the_chunking(profile: EditProfile) -> None:
    """In one piece, byte by byte, and in fifty random ways; the edits are minimal, and the nearest comes first."""
    body = recorded(profile)
    dice = random.Random(profile.name)
    ways = [[body], [body[n : n + 1] for n in range(len(body))]]
    for _ in range(50):
        cuts = sorted(dice.sample(range(len(body)), 7))
        ways.append([body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)])
    for pieces in ways:
        edits = profile.read(answer_in(profile, pieces), QUESTION)
        assert replaced(edits) == EXPECTED
        assert {edit.uri for edit in edits} == {URI}


@every_profile
def test_an_answer_that_breaks_off_deletes_nothing(profile: EditProfile) -> None:
    """Wherever the text ends: no edit of it leaves out what it did not come to."""
    whole = answer_in(profile, [recorded(profile)])
    for length in range(len(whole.text)):
        for reason in ("length", "stop"):
            edits = profile.read(EditAnswer(whole.text[:length], reason), QUESTION)
            assert not (edits and reason == "length")
            for edit in edits:
                assert edit.replacement.end - edit.replacement.start <= len(TEXT) // 2


@every_profile
@pytest.mark.parametrize("words", ["", "\n\n", "   ", "NO_EDITS", "NO_EDITS\n", "KEEP_PREVIOUS\n", "<NO_CHANGE>"])
def test_nothing_is_no_edit(profile: EditProfile, words: str) -> None:
    """Words that say so never get into the document."""
    assert profile.read(EditAnswer(words, "stop"), QUESTION) == ()


@every_profile
def test_the_same_window_is_no_edit(profile: EditProfile) -> None:
    """Nor is it with a line end more or less, or with the cursor's mark in it."""
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    same = shown.answer_with(shown.text)
    assert same is not None
    for text in (shown.nothing, same, f"{same}\n", f"{same}\n\n", same.rstrip("\n"), *_with_stops(profile, same)):
        assert profile.read(EditAnswer(text, "stop"), QUESTION) == ()
    if profile.cursor_mark:
        place = same.index("volume(depth")
        marked = same[:place] + profile.cursor_mark + same[place:]
        assert profile.read(EditAnswer(marked, "stop"), QUESTION) == ()


def _with_stops(profile: EditProfile, text: str) -> list[str]:
    """The answer of a server that sends the text that ends it, and of a model that goes on after it."""
    return [f"{text}{stop}{rest}" for stop in profile.stops for rest in ("", "\n", "\nand more\n")]


@every_profile
def test_its_marks_never_get_into_the_document(profile: EditProfile) -> None:
    """An answer with a mark inside, or with two of the cursor's, is none."""
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    for mark in profile.marks:
        answer = shown.answer_with(shown.text.replace("volume(2)", f"volume({mark}2)"))
        assert answer is not None
        for edit in profile.read(EditAnswer(answer, "stop"), QUESTION):
            assert mark.strip() not in edit.replacement.text
    if profile.cursor_mark:
        twice = shown.answer_with(shown.text.replace("volume", f"volume{profile.cursor_mark}"))
        assert twice is not None
        assert profile.read(EditAnswer(twice, "stop"), QUESTION) == ()


@every_profile
def test_a_document_with_a_mark_is_not_asked_about(profile: EditProfile) -> None:
    """A merge conflict, or the source of such a program; an edit or another file with a mark is left out."""
    for mark in profile.marks:
        inside = TEXT.replace("import math", f"import math{mark}")
        assert profile.phrase(evolve(QUESTION, document=evolve(QUESTION.document, text=inside))) is None
        other = evolve(QUESTION.others[0], text=f"beside\n{mark}\n")
        edit = evolve(QUESTION.history[0], new_lines=("beside", mark, "more"))
        prompt = profile.phrase(evolve(QUESTION, others=(other,), history=(edit, *QUESTION.history[1:])))
        assert prompt is not None
        assert "beside" not in prompt.text


@every_profile
@pytest.mark.parametrize("text", ["", "\n", "x", "x\n", "\n\n\n", "🙂", "\t\t\n"])
def test_tiny_documents(profile: EditProfile, text: str) -> None:
    """The cursor at either end of nearly nothing: what the model writes arrives."""
    for cursor in (0, len(text)):
        question = NextEditQuestion(DocumentText(URI, "a.py", "python", text), 1, cursor)
        prompt = profile.phrase(question)
        assert prompt is not None
        shown = read_prompt(profile.name, prompt.text)
        new = f"{shown.text}import os"
        answer = shown.answer_with(new)
        assert answer is not None
        edits = [edit.replacement for edit in profile.read(EditAnswer(answer, "stop"), question)]
        start = text.index(shown.text) if shown.cursor < 0 else cursor - shown.cursor
        expected = text[:start] + new + text[start + len(shown.text) :]
        assert [_applied(text, it) for it in edits] == [expected]


def _applied(text: str, it: Replacement) -> str:
    return text[: it.start] + it.text + text[it.end :]


@every_profile
def test_a_huge_line_is_not_asked_about(profile: EditProfile) -> None:
    """A line of minified code would be written anew for minutes; beside it there are just fewer lines."""
    line = "var a=" + "[1,2]," * 20_000
    inside = NextEditQuestion(DocumentText(URI, "a.js", "javascript", f"a\n{line}\nb\n"), 1, 500)
    assert profile.phrase(inside) is None
    beside = evolve(inside, cursor=0)
    prompt = profile.phrase(beside)
    assert prompt is not None
    assert line not in read_prompt(profile.name, prompt.text).text


@every_profile
def test_a_blank_line_more_at_the_windows_ends_is_no_edit(profile: EditProfile) -> None:
    """Models misplace the last line end; with a real change beside it, that alone arrives."""
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    changed = shown.text.replace("rows * cols", "width * height")
    for new in (f"{changed}\n", f"{changed}\n\n\n", f"{changed}\n"):
        answer = shown.answer_with(new)
        assert answer is not None
        edits = profile.read(EditAnswer(answer, "stop"), QUESTION)
        assert replaced(edits) == EXPECTED[:1]


@every_profile
def test_what_is_unlikely_is_dropped(profile: EditProfile) -> None:
    """Most of the window left out, another text in its place, lines again and again, or hidden characters."""
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    head = shown.text.partition("rows")[0]
    for new in (
        head + "width",
        "\n".join(f"some other line {n} of prose" for n in range(16)),
        shown.text.replace("print(", "print(area(9, 9))\n" * 30 + "print("),
        shown.text.replace("volume(2)", "volume(2)\u202e\u2066"),
        shown.text + "x = 1\n" * 400,
        shown.text + "y" * 9_000,
    ):
        answer = shown.answer_with(new)
        assert answer is None or profile.read(EditAnswer(answer, "stop"), QUESTION) == ()


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_profile_is_known_by_its_models_name(kind: str) -> None:
    for profile in PROFILES.values():
        assert profile_of(kind, profile.model) is profile
        assert profile_of(profile.name, "any") is profile
    with pytest.raises(SettingsError, match=r"nextEdit\.provider\.kind"):
        profile_of("perhaps", "zeta")


def test_no_recording_without_a_profile() -> None:
    """A folder that nothing reads is a mistake in its name."""
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir()} == set(PROFILES)


@every_profile
def test_edits_are_cut_to_whole_tokens(profile: EditProfile) -> None:
    """A group of neighbouring lines is one edit, from its first differing token to its last one."""
    prompt = profile.phrase(QUESTION)
    assert prompt is not None
    shown = read_prompt(profile.name, prompt.text)
    answer = shown.answer_with(shown.text.replace("volume", "capacity").replace("area(depth", "surface(depth"))
    assert answer is not None
    first, last = profile.read(EditAnswer(answer, "stop"), QUESTION)
    assert replaced((first, last)) == [
        ('volume(depth, *, unit="cm"):\n\treturn area', 'capacity(depth, *, unit="cm"):\n\treturn surface'),
        ("volume", "capacity"),
    ]
    assert minimal_replacements("volume", "capacity") == (Replacement(0, 6, "capacity"),)
