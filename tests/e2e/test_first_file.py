"""A newcomer's first file, without a key: the model knows nothing but what is in it."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, insert_text
from tests.fakes.first_file import SHAPE


async def test_a_name_of_the_file_is_finished_while_it_is_typed(tmp_path: Path) -> None:
    """Key by key: as soon as two letters tell which member is meant, it is there, and it stays."""
    (tmp_path / "shape.py").write_text(SHAPE, encoding="utf-8")
    uri = (tmp_path / "shape.py").as_uri()
    client = await RawClient.stdio()
    try:
        await client.initialize({"trigger": {"maxDelayMs": 0}}, rootUri=tmp_path.as_uri())
        client.send(did_open(SHAPE, uri))
        line, start = SHAPE.count("\n"), len(SHAPE.rpartition("\n")[2])
        shown = []
        for key, character in enumerate("self.wid"):
            column = start + key
            client.send(
                did_change(key + 2, change(line, column, column, character), uri=uri),
                completion(key, line, column + 1, uri),
            )
            shown.append(insert_text(await client.answer(key)))
        assert shown == [None] * 6 + ["dth_of_shape", "th_of_shape"]
    finally:
        await client.kill()
