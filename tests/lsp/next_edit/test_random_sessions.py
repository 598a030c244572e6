"""Sessions by chance: whatever the user types meanwhile, an offered edit is right or is not offered.

The documents have targets `t1x`, `t2x`, …; the model proposes to make `T1 done` of the first, and so on. It answers
after a while by its own question, in the form of whole lines around. An offer is right if it changes a target into its
text and nothing else.
"""

import asyncio
import random
import re
from collections.abc import Sequence
from typing import Any

import pytest

from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, Replacement
from tests.fakes.clock import FakeClock, settle
from tests.fakes.editor import FakeEditor
from tests.lsp.next_edit.mirror import MirrorEditor

ASK, PUSH = "textDocument/copilotInlineEdit", "fim/nextEdit"
TARGET = re.compile(r"(?<![0-9A-Za-z_])t(\d+)x(?![0-9A-Za-z_])")
SESSIONS, STEPS = 60, 40


class SlowModel:
    """A model that answers after a time by chance: some targets, with lines around them that do not change."""

    def __init__(self, clock: FakeClock, chance: random.Random) -> None:
        self.clock, self.chance, self.asked, self.running = clock, chance, 0, 0

    async def next_edits(self, question: NextEditQuestion) -> Sequence[NextEdit]:
        self.asked += 1
        self.running += 1
        try:
            await self.clock.sleep(self.chance.choice([0.0, 0.2, 0.7, 3.0]))
        finally:
            self.running -= 1
        return list(proposals(question, self.chance))


def proposals(question: NextEditQuestion, chance: random.Random) -> list[NextEdit]:
    text = question.document.text
    found = [match for match in TARGET.finditer(text) if chance.random() < 0.4]
    chance.shuffle(found)
    edits = []
    for match in found:
        start, end = max(0, match.start() - chance.randrange(20)), min(len(text), match.end() + chance.randrange(20))
        start = start - 1 if text[start - 1 : start + 1] == "\r\n" and start else start
        end = end + 1 if text[end - 1 : end + 1] == "\r\n" else end
        new = f"{text[start : match.start()]}T{match[1]} done{text[match.end() : end]}"
        edits.append(NextEdit(question.document.uri, Replacement(start, end, new), "oracle"))
    return edits


def is_right(before: str, after: str) -> bool:
    """Say whether one target was made into its text, and nothing else changed."""
    return any(
        before[: match.start()] + f"T{match[1]} done" + before[match.end() :] == after
        for match in TARGET.finditer(before)
    )


def document(chance: random.Random) -> str:
    eol = chance.choice(["\n", "\r\n", "\r"])
    lines = [
        chance.choice(["", "    ", "é𝒳 "])
        + chance.choice([f"t{i}x", f"use(t{i}x, 1)", f"a = t{i}x + 𝒳", "other(1)", ""])
        for i in range(chance.randrange(3, 14))
    ]
    return eol.join(lines) + chance.choice(["", eol])


async def check_push(mirror: MirrorEditor, editor: FakeEditor) -> int:
    """Judge the last offer that was told; a client passes over one of another version."""
    told = editor.notifications(PUSH)
    if not told or not told[-1]["edits"]:
        return 0
    parts = mirror.parts_of(told[-1]["edits"])
    if parts is None:
        return 0
    after = mirror.applied(parts)
    assert is_right(mirror.text, after) or was_begun(mirror.text, after), (mirror.text, parts)
    return 1


def was_begun(before: str, after: str) -> bool:
    """Say whether the user has done a part of an offered edit: the whole of it stands there after it."""
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    return len(changed) <= 1 and bool(re.search(r"T\d+ done", "".join(changed)))


async def play(seed: int, style: str) -> dict[str, int]:
    chance, clock = random.Random(seed), FakeClock()
    encoding = chance.choice(["utf-8", "utf-16", "utf-32"])
    counts = {"offers": 0, "taken": 0}
    async with FakeEditor(clock=clock) as editor:
        model = SlowModel(clock, chance)
        if chance.random() < 0.5:
            editor.application.next_edit_model = model
            editor.server.session.next_editor.find_repeat = None  # What is typed by chance may well be a rename.
        else:
            editor.server.session.next_editor.find_repeat = lambda question: proposals(question, chance)
        experimental = {"experimental": {"fim": {"nextEdit": True}}} if style == "own" else {}
        await editor.initialize({"general": {"positionEncodings": [encoding]}, **experimental})
        mirror = MirrorEditor(editor, document(chance), encoding)
        editor.open(mirror.text)
        await settle()
        for _ in range(STEPS):
            mirror.type_by_chance(chance)
            if style == "own":
                await own_client(mirror, editor, clock, chance, counts)
            else:
                await copilot_client(mirror, editor, clock, chance, counts)
    assert model.running == 0
    return counts


async def own_client(
    mirror: MirrorEditor, editor: FakeEditor, clock: FakeClock, chance: random.Random, counts: Any
) -> None:
    """Look at what is told after each pause; take it, dismiss it or go on."""
    await clock.advance(chance.choice([0.05, 0.3, 0.6, 2.0]))
    for _ in range(3):
        if not await check_push(mirror, editor):
            return
        counts["offers"] += 1
        edit = editor.notifications(PUSH)[-1]["edits"][0]
        what = chance.choice(["take", "take", "dismiss", "go on"])
        if what == "go on":
            return
        if what == "take":
            parts = mirror.parts_of([edit])
            assert parts is not None
            mirror.edit_all(parts)
            counts["taken"] += 1
        command = "fim.acceptNextEdit" if what == "take" else "fim.dismissNextEdit"
        answer = await editor.ask(
            "workspace/executeCommand", {"command": command, "arguments": edit["command"]["arguments"]}
        )
        assert answer["result"] is None


async def copilot_client(
    mirror: MirrorEditor, editor: FakeEditor, clock: FakeClock, chance: random.Random, counts: Any
) -> None:
    """Ask, perhaps type on meanwhile, and apply the first edit or all of them in one step."""
    place = mirror.position(chance.randrange(len(mirror.text) + 1)) if "\r\n" not in mirror.text else mirror.position(0)
    asked = editor.request(ASK, {"textDocument": {"uri": mirror.uri, "version": mirror.version}, "position": place})
    if chance.random() < 0.3:
        mirror.type_by_chance(chance)
    if chance.random() < 0.1:
        editor.notify("$/cancelRequest", {"id": asked})
    await clock.advance(4.0)
    answer = await editor.answer_to(asked)
    if "error" in answer:
        assert answer["error"]["code"] == -32800
        return
    parts = mirror.parts_of(answer["result"]["edits"])
    assert parts is not None or mirror.version > 1
    if not parts:
        return
    counts["offers"] += len(parts)
    for part in parts:
        after = mirror.applied([part])
        assert is_right(mirror.text, after) or was_begun(mirror.text, after)
    taken = parts if chance.random() < 0.5 else parts[:1]
    mirror.applied(taken)
    mirror.edit_all(taken)
    counts["taken"] += len(taken)


@pytest.mark.parametrize("style", ["own", "copilot"])
async def test_an_offer_is_right_whatever_is_typed_meanwhile(style: str) -> None:
    """It changes its target and nothing else, in every encoding and with every line end; every request is answered."""
    total = {"offers": 0, "taken": 0}
    for seed in range(SESSIONS):
        counts = await play(seed, style)
        total = {name: total[name] + counts[name] for name in total}
        await asyncio.sleep(0)
    assert total["offers"] > SESSIONS
    assert total["taken"] > SESSIONS // 2
