"""`stats` prints what was kept: sums for people, JSON for programs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from attrs import evolve

from fim_language_server.cli import main
from fim_language_server.cli.stats import money, tokens
from fim_language_server.core.values import Usage
from fim_language_server.state.folder import state_folder
from fim_language_server.usage.log import FILE, Fate, UsageLog
from fim_language_server.usage.record import RequestRecord
from tests.fakes.clock import FakeClock

RECORD = RequestRecord("mistral", "codestral", "python", "finished", 10, 200, 300, Usage(12_000, 50, 400), False, 0.25)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))


async def keep() -> None:
    log = UsageLog(Path(state_folder()) / FILE, FakeClock().call_later)
    log.note(RECORD)
    log.note(evolve(RECORD, provider="codestral", language="go", outcome="failed", cost=None))
    log.note_fate(Fate("mistral", "python", "accepted"))
    log.note_fate(Fate("mistral", "python", "dismissed"))
    await log.close()


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["stats", *words])
    assert ended.value.code == 0
    return capsys.readouterr().out


async def test_the_table_has_a_row_for_each_group_and_one_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """With what is not known said as such."""
    await keep()
    costs, times = printed(capsys, "--by", "provider").split("┏")[1:]
    rows = {line.split()[1]: line.split() for line in costs.splitlines() if "│" in line}
    assert list(rows) == ["mistral", "codestral", "all"] or list(rows) == ["codestral", "mistral", "all"]
    assert "$0.2500" in rows["mistral"]
    assert "50%" in next(line for line in times.splitlines() if "mistral" in line)
    assert "unknown" in rows["codestral"]
    assert {"23,200", "800"} <= set(rows["all"])  # fresh and cached
    assert "?: of some requests" in printed(capsys)


async def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as they are, null where nobody knows."""
    await keep()
    found = json.loads(printed(capsys, "--by", "language", "--json"))
    assert {group["group"]: group["cost_usd"] for group in found["groups"]} == {"python": 0.25, "go": None}
    assert found["all"]["latency_ms"] == {"wait": 10, "first_text": 200, "stream": 300}
    today = json.loads(printed(capsys, "--days", "1", "--json"))["groups"]
    assert [group["group"] for group in today] == [time.strftime("%Y-%m-%d")]


def test_where_nothing_is_kept_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """And makes no file."""
    assert printed(capsys).startswith("No requests recorded in the last 30 days. Only editors' requests are counted")
    assert json.loads(printed(capsys, "--json"))["all"] is None
    assert not Path(state_folder()).exists()


def test_a_broken_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With its name."""
    path = Path(state_folder()) / FILE
    path.parent.mkdir(parents=True)
    path.write_text("no database" * 200)
    with pytest.raises(SystemExit) as ended:
        main(["stats"])
    assert ended.value.code == 1
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "91", "many"])
def test_only_so_many_days_are_kept(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for more is told."""
    with pytest.raises(SystemExit) as ended:
        main(["stats", "--days", days])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("usd", "unpriced", "text"),
    [(None, 3, "unknown"), (0.0, 0, "$0.00"), (0.01234, 0, "$0.0123"), (1_234.5, 1, "$1,234.50 + ?")],
)
def test_money(usd: float | None, unpriced: int, text: str) -> None:
    """What is not known is never counted as nothing."""
    assert money(usd, unpriced, 3) == text


async def test_by_model_fresh_tokens_are_told_from_cached_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """A model has a row of its own with each provider, and a suggestion is counted in the total only."""
    await keep()
    found = json.loads(printed(capsys, "--by", "model", "--json"))
    assert {each["group"]: (each["fresh_tokens"], each["cached_tokens"]) for each in found["groups"]} == {
        "mistral codestral": (11_600, 400),
        "codestral codestral": (11_600, 400),
    }
    assert [sum(each["suggestions"].values()) for each in (*found["groups"], found["all"])] == [0, 0, 2]


@pytest.mark.parametrize("by", ["day", "provider", "model", "language"])
async def test_the_tables_fit_into_80_columns(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    """However large the numbers and long the names are; no number is cut off."""
    log = UsageLog(Path(state_folder()) / FILE, FakeClock().call_later)
    long = evolve(
        RECORD, provider="a-provider-of-a-long-name", model="organization/model-of-a-very-long-name-7b-base-q4"
    )
    usage = Usage(987_654_321_000, 54_321_000_000, 123_456_789_000)
    for cost in (12_345.67, None):
        log.note(evolve(long, usage=usage, cost=cost, first_text_ms=123_456, stream_ms=123_456, wait_ms=99_999))
    await log.close()
    said = printed(capsys, "--by", by)
    assert max(map(len, said.splitlines())) <= 80
    for number in ("1.728T", "246.9G", "108.6G", "$12,345.67 + ?", "123,456", "99,999"):
        assert number in said


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (99_999, "99,999"), (123_456, "123.5k"), (9_876_543, "9.877M"), (10**12, "1T")]
)
def test_numbers_of_tokens(count: int, text: str) -> None:
    """Exact below a hundred thousand, four digits above."""
    assert tokens(count) == text
