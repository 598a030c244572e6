"""The steps of docs/editors.md, to be done by tests as they are written there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "editors.md"


def section(title: str, page: Path = PAGE) -> str:
    """Return the text under a heading of second rank; "" for what stands before the first one."""
    text = page.read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", text, re.MULTILINE))
    return parts[title] if title else text.partition("\n## ")[0]


def code(title: str, language: str = "", page: Path = PAGE) -> list[str]:
    """Return the blocks of code under a heading that are in a language, without what indents them."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", section(title, page), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in found]


def count(title: str, page: Path = PAGE) -> int:
    """Return how many numbered steps a section has."""
    return len(re.findall(r"^\d+\. ", section(title, page), re.MULTILINE))
