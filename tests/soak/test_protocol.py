"""The short forms of the long trials of messages and edits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak import mirror, processes, protocol_fuzz


async def test_broken_messages_cost_only_themselves() -> None:
    tally, _ = await protocol_fuzz.run(2_000, seed=7)
    assert tally.failures == []
    assert tally.messages >= 2_000
    assert tally.codes.keys() >= {-32700, -32600, -32601, -32602, -32002, protocol_fuzz.RESULT}


def test_the_fuzzer_judges_by_the_specification() -> None:
    """It would see a wrong code: what it expects differs by message."""
    for message, codes in [
        ({"jsonrpc": "2.0", "id": 1, "method": "textDocument/inlineCompletion", "params": {}}, {-32602}),
        ({"jsonrpc": "2.0", "id": 1, "method": "textDocument/copilotInlineEdit", "params": {"position": 1}}, {-32602}),
        ({"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}}, {-32601}),
        ({"jsonrpc": "1.0", "id": 1, "method": "textDocument/hover"}, {-32600}),
        ([], {-32600}),
        ({"jsonrpc": "2.0", "method": "no/such"}, set()),
    ]:
        assert protocol_fuzz.expected(message).codes == codes


async def test_the_servers_text_is_the_clients(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    outcome = await mirror.run(6_000, seed=7)
    assert outcome.differences == []
    assert outcome.edits >= 6_000
    assert outcome.completions > 50


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for processes")
async def test_faults_of_processes_and_disks() -> None:
    """A few of each kind; all of them take a minute."""
    chosen = {"worker killed", "input closed", "broken databases", "databases locked", "no temporary folder"}
    tried, failures = await processes.run(1, 7, chosen.__contains__, patience=5)
    assert failures == []
    assert tried == len(chosen)
