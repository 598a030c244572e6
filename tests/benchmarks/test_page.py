"""docs/performance.md, made of figures."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from benchmarks.page import make_page, make_plots

FIGURES: dict[str, Any] = {
    "machine": "a machine",
    "sessions": {
        "raw": {"keys": 1350, "keys with a suggestion": 0.9, "keys with a right one": 0.5},
        "neovim": {"keys": 1350, "keys with a suggestion": 0.3, "API refusals": "3 x 429"},
    },
    "guess": {"off": {"pauses with a right one": 0.6}, "on": {"pauses with a right one": 0.7}},
    "keystroke": {"keystroke, 100 lines, ours / stock pygls": 0.36},
    "edits": {"edit, us": 33.8},
    "index": {"indexing, CPU seconds per MB": 0.3},
    "first-byte": {"first piece, ms": 0.5},
    "hang-up": {"after close": "1.7 / 6.7"},
    "shaping": {"places damaged, truth, %": 0.5},
}


def test_every_figure_is_on_the_page() -> None:
    """Side by side, and a dash where one session has none."""
    page = make_page(FIGURES)
    assert "| keys with a suggestion | 0.9 | 0.3 |" in page
    assert "| API refusals | – | 3 x 429 |" in page
    assert "| keys | 1,350 | 1,350 |" in page
    assert "| pauses with a right one | 0.6 | 0.7 |" in page
    for part in ("keystroke", "edits", "index", "first-byte", "hang-up", "shaping"):
        for name, value in FIGURES[part].items():
            assert f"| {name} | {value} |" in page


def test_plots_stand_alone() -> None:
    """They are well-formed, bring their colours, and leave out what was not measured."""
    for svg in make_plots(FIGURES).values():
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert ".s0 { fill:" in svg
    assert "node" not in make_plots(FIGURES)["performance-ratios.svg"]
