"""Answers of the loopback server: a fixed text, or an oracle that has read the finished files. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

MARK = "+++++ "
"""Heads of files in a prompt that shows several (the Codestral convention)."""


@frozen
class Oracle:
    """Answers with the text that stands between prompt and suffix in a file it knows.

    `miss_rate` is the share of lines at which it answers with something else; which lines, the seed decides.
    Where it does not recognise the prompt it answers with nothing, as FIM models do.
    """

    files: tuple[str, ...]
    miss_rate: float = 0.0
    seed: int = 0

    def __call__(self, body: Mapping[str, Any]) -> str:
        """Return the text that leads from the prompt to the suffix."""
        prompt, suffix = without_snippets(body["prompt"]), body.get("suffix") or ""
        found = max((match for text in self.files if (match := _place(text, prompt, suffix))), default=None)
        if found is None:
            return ""
        answer = found[1]
        return _mistake(answer) if self._misses(prompt) else answer

    def _misses(self, prompt: str) -> bool:
        line_start = prompt[: prompt.rfind("\n") + 1]
        digest = hashlib.sha256(f"{self.seed}\0{line_start[-400:]}".encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 < self.miss_rate


def without_snippets(prompt: str) -> str:
    """Return the part of a prompt that belongs to the file being completed."""
    place = prompt.rfind("\n" + MARK)
    if place < 0 and not prompt.startswith(MARK):
        return prompt
    return prompt[prompt.index("\n", place + 1) + 1 :]


def _place(text: str, prompt: str, suffix: str) -> tuple[int, str] | None:
    """Return how many characters around the hole agree, and what stands in it; None if the text differs."""
    if text.startswith(prompt) and (hole := _hole(text, len(prompt), suffix)) is not None:
        return len(prompt) + 1, hole  # the whole file up to the cursor: nothing can fit better
    tail = prompt[-2000:]
    while tail:
        starts = [found.end() for found in re.finditer(re.escape(tail), text)]
        holes = [hole for start in starts if (hole := _hole(text, start, suffix)) is not None]
        if holes:
            return len(tail), min(holes, key=len)
        if len(tail) < 16 and "\n" not in tail and tail != prompt:
            return None
        tail = tail[(len(tail) + 1) // 2 :]
    hole = _hole(text, 0, suffix)
    return None if hole is None else (0, hole)


def _hole(text: str, start: int, suffix: str) -> str | None:
    """Return the text from `start` to where the suffix, or as much of it as the file has, begins."""
    for head in (suffix[:2000], suffix[:200], suffix[:40]):
        end = text.find(head, start) if head else len(text)
        if end >= 0:
            return text[start:end]
    return None


def _mistake(answer: str) -> str:
    """Return something of the same look that is wrong from its first word on."""
    return re.sub(r"\w+", lambda word: word.group()[::-1] + "_", answer) or "unexpected"
