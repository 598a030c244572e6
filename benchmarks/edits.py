"""Cost of one edit in our document store and in pygls' own, from 100 lines to 100,000, in CPU microseconds."""

from __future__ import annotations

import statistics
import time
from typing import Any

from lsprotocol import types
from pygls.workspace import TextDocument

from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding

SIZES = (100, 1_000, 10_000, 100_000)
EDITS = 200
STOCK_EDITS = 15
LINE = "value = compute(first, second)\n"
WINDOW = (4_000, 2_000)


def measure() -> dict[str, Any]:
    """Return medians for a character typed in the middle, with the window that a request reads."""
    made: dict[str, Any] = {}
    for lines in SIZES:
        ours, stock = _ours(lines), _stock(lines)
        made[f"edit and window, {lines:,} lines, us"] = round(ours, 1)
        made[f"edit and window, {lines:,} lines, pygls / ours"] = round(stock / ours)
    return made


def _ours(lines: int) -> float:
    document = OpenDocument("file:///a.py", "python", 1, Encoding.UTF16, lines=split_lines(LINE * lines))
    times = []
    for column in range(EDITS):
        began = time.perf_counter_ns()
        document.replace((lines // 2, column), (lines // 2, column), "x")
        document.windows(lines // 2, column + 1, *WINDOW)
        times.append((time.perf_counter_ns() - began) / 1e3)
    return statistics.median(times)


def _stock(lines: int) -> float:
    document = TextDocument("file:///a.py", LINE * lines)
    times = []
    for column in range(STOCK_EDITS):
        place = types.Position(lines // 2, column)
        change = types.TextDocumentContentChangePartial(range=types.Range(place, place), text="x")
        began = time.perf_counter_ns()
        document.apply_change(change)
        offset = document.offset_at_position(types.Position(lines // 2, column + 1))
        document.source[max(0, offset - WINDOW[0]) : offset], document.source[offset : offset + WINDOW[1]]
        times.append((time.perf_counter_ns() - began) / 1e3)
    return statistics.median(times)


if __name__ == "__main__":
    print(measure())
