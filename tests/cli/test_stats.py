"""`stats` prints what was kept: sums for people, JSON for programs."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from attrs import evolve

from fim_language_server.cli import main
from fim_language_server.cli.stats import money, tokens
from fim_language_server.core.values import Usage
from fim_language_server.state.folder import state_folder
from fim_language_server.usage.attribution import Attribution
from fim_language_server.usage.database import FILE
from fim_language_server.usage.log import Fate, UsageLog
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
    log.note_fate(Fate("mistral", "python", "accepted", "codestral"))
    log.note_fate(Fate("mistral", "python", "dismissed", "codestral"))
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
    """A model has a row of its own with each provider, and its suggestions are counted with it."""
    await keep()
    found = json.loads(printed(capsys, "--by", "model", "--json"))
    assert {each["group"]: (each["fresh_tokens"], each["cached_tokens"]) for each in found["groups"]} == {
        "mistral codestral": (11_600, 400),
        "codestral codestral": (11_600, 400),
    }
    shown = {each["group"]: sum(each["suggestions"].values()) for each in (*found["groups"], found["all"])}
    assert shown == {"mistral codestral": 2, "codestral codestral": 0, "all": 2}


@pytest.mark.parametrize("by", ["day", "provider", "model", "language", "host", "person,project,model,day"])
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


async def machine(folder: Path, monkeypatch: pytest.MonkeyPatch, person: str, *records: RequestRecord) -> None:
    """Let the usage log of another machine, in a folder of its own, keep records."""
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    log = UsageLog(Path(state_folder()) / FILE, FakeClock().call_later, attribution=Attribution(person, "billing"))
    for record in records:
        log.note(record)
    log.note_fate(Fate("mistral", "python", "accepted", "codestral", "api.mistral.ai"))
    await log.close()


async def test_machines_are_summed_up_by_person_and_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A team lead reads what each machine has printed; one that has printed twice counts once, by its last file."""
    files: list[Path] = []
    for name, n in (("ada", 1), ("ada", 1), ("grace", 3)):
        await machine(tmp_path / name, monkeypatch, name, *[evolve(RECORD, host="api.mistral.ai")] * n)
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(printed(capsys, "--json", "--days", "7"), encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "the lead's"))
    found = json.loads(printed(capsys, "--from", *map(str, files), "--by", "person,model", "--json"))
    assert {each["group"]: (each["requests"], each["cost_usd"]) for each in found["groups"]} == {
        "grace · mistral codestral": (3, 0.75),
        "ada · mistral codestral": (2, 0.5),
    }
    assert found["groups"][0]["keys"] == {"person": "grace", "model": "mistral codestral"}
    assert found["groups"][1]["suggestions"] == {"accepted": 2}
    assert found["all"]["latency_ms"] == {"wait": None, "first_text": None, "stream": None}
    # The sum of sums can be summed up again, by anything else.
    again = tmp_path / "again.json"
    again.write_text(json.dumps(found), encoding="utf-8")
    by_host = json.loads(printed(capsys, "--from", str(again), "--by", "host,project", "--json"))["groups"]
    assert [(each["group"], each["requests"]) for each in by_host] == [("api.mistral.ai · billing", 5)]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "1", "null", '{"rows": 1}', '{"rows": [1]}', '{"rows": [{}]}', '{"groups": [], "all": {}}',
        '{"rows": [{"day": "yesterday", "person": "", "project": "", "host": ""}]}', "\x00", "[" * 100_000,
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_told(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name, and without a traceback."""
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["stats", "--from", str(tmp_path / "x.json")])
    assert ended.value.code == 1
    assert "x.json is no output of `fim-language-server stats --json`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change", [{"requests": -1}, {"requests": 1.5}, {"cost_usd": -1}, {"cost_usd": float("nan")}, {"outcomes": 1},
               {"language": 1}, {"day": None}, {"prompt_tokens": True}, {"suggestions": {"accepted": "many"}}]
)  # fmt: skip
async def test_a_row_that_cannot_be_is_refused(
    change: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bill is not made of what somebody has written into a file by mistake."""
    await keep()
    made = json.loads(printed(capsys, "--json"))
    made["rows"][0] |= change
    (tmp_path / "x.json").write_text(json.dumps(made), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["stats", "--from", str(tmp_path / "x.json")])
    assert ended.value.code == 1


async def test_spreadsheets_get_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each group; a name that begins like a formula is a text."""
    log = UsageLog(Path(state_folder()) / FILE, FakeClock().call_later, attribution=Attribution("=1+1", "off"))
    log.note(RECORD)
    await log.close()
    heading, line = csv.reader(printed(capsys, "--csv", "--by", "person,project").splitlines())
    assert heading[:4] == ["person", "project", "requests", "failed"]
    assert line[:4] == ["'=1+1", "(none)", "1", "0"]


@pytest.mark.parametrize("by", ["persons", "", "day,", "day,kind"])
def test_an_unknown_key_is_told(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    with pytest.raises(SystemExit) as ended:
        main(["stats", "--by", by])
    assert ended.value.code == 2
    assert "person, project, host" in capsys.readouterr().err
