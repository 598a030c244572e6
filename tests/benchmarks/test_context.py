"""Rows of prompts' figures: two servers are asked about the same lines."""

from __future__ import annotations

from pathlib import Path

from benchmarks.context import HEADS, as_table, measure_rows
from benchmarks.servers import ours
from fim_language_server.cli.eval_context import Extent
from tests.evaluation.prompts.test_places import write_project


async def test_a_row_for_each_server(tmp_path: Path) -> None:
    write_project(tmp_path)
    servers = [ours(name="with"), ours({"context": {"snippetChars": 0}}, name="without")]
    rows = await measure_rows([tmp_path], servers, (), Extent(files=3, lines=2, runs=1))
    table = as_table(rows).splitlines()
    assert [row.server for row in rows] == ["with", "without"]
    assert all(head in table[0] for head in HEADS)
    assert len({len(line) for line in table}) == 1
    shown, bare = (row.passes["middle"] for row in rows)
    assert (shown.words, shown.cross_words) == (bare.words, bare.cross_words)
    assert shown.cross.value > bare.cross.value == 0
