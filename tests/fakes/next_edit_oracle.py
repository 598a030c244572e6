"""A model of next edits that knows the answer: it reads a prompt as its model would, and writes as its model does.

It knows nothing of the profiles: each format is parsed from the prompt alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import field, frozen

CURSORS = ("<|user_cursor_is_here|>", "<|user_cursor|>", "<|cursor|>")


@frozen
class ShownWindow:
    """The window that a prompt shows; `cursor` is the cursor's place in it, -1 where the format does not mark it."""

    text: str
    cursor: int
    answer_with: Callable[[str], str | None] = field(repr=False)
    """Returns the model's answer for a new text of the window; None where the format cannot say it."""
    nothing: str = ""
    """The model's answer where nothing is to be changed."""


def read_prompt(kind: str, prompt: str) -> ShownWindow:
    """Return the window in a prompt for a kind of model."""
    return _READERS[kind](prompt)


def _between(text: str, start: str, end: str) -> str:
    assert text.count(start) == 1, (start, text.count(start))
    return text.partition(start)[2].rpartition(end)[0]


def _without_cursor(shown: str) -> tuple[str, int]:
    found = [mark for mark in CURSORS if mark in shown]
    assert len(found) == 1
    assert shown.count(found[0]) == 1
    return shown.replace(found[0], ""), shown.index(found[0])


def _inception(prompt: str) -> ShownWindow:
    text, cursor = _without_cursor(_between(prompt, "<|code_to_edit|>\n", "\n<|/code_to_edit|>"))
    for name in ("recently_viewed_code_snippets", "current_file_content", "edit_diff_history"):
        assert prompt.index(f"<|{name}|>\n") < prompt.index(f"\n<|/{name}|>")
    return ShownWindow(text, cursor, lambda new: f"```\n{new}\n```", "None")


def _sweep(prompt: str) -> ShownWindow:
    head, updated, rest = prompt.rpartition("<|file_sep|>updated/")
    assert updated
    assert rest.endswith("\n")
    assert rest.count("\n") == 1
    shown = head.rpartition("<|file_sep|>current/")[2].partition("\n")[2].removesuffix("\n")
    return ShownWindow(shown, -1, lambda new: f"{new}\n", f"{shown}\n")


def _sweep_v2(prompt: str) -> ShownWindow:
    head, updated, rest = prompt.rpartition("<|file_sep|>updated/")
    assert updated
    place, _, beginning = rest.partition("\n")
    _, first, last = place.rsplit(":", 2)
    shown = head.rpartition("<|file_sep|>current/")[2].partition("\n")[2].removesuffix("\n")
    text, cursor = _without_cursor(shown)
    assert text.count("\n") == int(last) - int(first)
    assert text.startswith(beginning)
    return ShownWindow(
        text,
        cursor,
        lambda new: f"{new[len(beginning) :]}\n" if new.startswith(beginning) else None,
        text[len(beginning) :] + "\n",
    )


def _zeta(prompt: str) -> ShownWindow:
    text, cursor = _without_cursor(_between(prompt, "<|editable_region_start|>\n", "\n<|editable_region_end|>"))
    assert prompt.startswith("### Instruction:\n")
    assert prompt.endswith("\n```\n\n### Response:\n")
    return ShownWindow(
        text, cursor, lambda new: f"<|editable_region_start|>\n{new}", f"<|editable_region_start|>\n{text}"
    )


def _zeta_2(prompt: str) -> ShownWindow:
    assert prompt.startswith("<[fim-suffix]>")
    assert prompt.index("<[fim-suffix]>") < prompt.index("<[fim-prefix]><filename>")
    text, cursor = _without_cursor(_between(prompt, "<<<<<<< CURRENT\n", "\n=======\n<[fim-middle]>"))
    return ShownWindow(text, cursor, lambda new: f"{new}\n", "NO_EDITS\n")


def _zeta_2_1(prompt: str) -> ShownWindow:
    start = prompt.rindex("<|marker_1|>")
    parts = re.split(r"<\|marker_(\d+)\|>", prompt[start:])
    numbers, blocks = [int(number) for number in parts[1::2]], parts[2::2]
    assert numbers == list(range(1, len(numbers) + 1))
    assert blocks.pop() == "\n<[fim-middle]>"
    whole, cursor = _without_cursor("".join(blocks))
    blocks = [re.sub("|".join(map(re.escape, CURSORS)), "", block) for block in blocks]
    line_end = "\n" if whole.endswith("\n") and cursor < len(whole) else ""
    text = whole.removesuffix("\n") if line_end else whole

    def answer_with(new: str) -> str:
        """Write the changed blocks only, with all marks between."""
        target = new + line_end
        first, last = 0, len(blocks)
        while first < last - 1 and target.startswith("".join(blocks[: first + 1])):
            first += 1
        head = "".join(blocks[:first])
        while last - 1 > first and target[len(head) :].endswith("".join(blocks[last - 1 :])):
            last -= 1
        tail = "".join(blocks[last:])
        changed = target[len(head) : len(target) - len(tail)]
        inner = "".join(f"<|marker_{number + 1}|>" for number in range(first + 1, last))
        cut = len(changed) // 2
        return f"<|marker_{first + 1}|>{changed[:cut]}{inner}{changed[cut:]}<|marker_{last + 1}|>"

    return ShownWindow(text, cursor, answer_with, "<|marker_1|><|marker_1|>")


_READERS: dict[str, Callable[[str], ShownWindow]] = {
    "inception": _inception,
    "sweep": _sweep,
    "sweep-v2": _sweep_v2,
    "zeta": _zeta,
    "zeta-2": _zeta_2,
    "zeta-2.1": _zeta_2_1,
}
