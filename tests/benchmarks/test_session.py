"""A whole session, in virtual time: the benchmark's own check that it measures what it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks import virtual_time
from benchmarks.fim_api import Conditions
from benchmarks.servers import in_process
from benchmarks.traces import make_traces
from benchmarks.typing_session import Plan, make_workspace, parse_settings, run_session

TEXT = "".join(f"def function_{n}(value):\n    total = value + {n}\n    return total\n\n\n" for n in range(30))


def test_a_session_is_the_same_twice_and_every_request_is_answered() -> None:
    """Real server, real sockets, time of our own: with a perfect model nearly everything shown is right."""
    plan = Plan(make_traces({"a.py": TEXT}, seed=1, keys=60), conditions=Conditions(miss=0.0))
    first, second = (virtual_time.run(run_session(plan, in_process())) for _ in range(2))
    assert first == second
    assert first["keys"] == 60
    assert first["LSP requests never answered"] == 0
    assert first["LSP requests answered twice"] == 0
    right = first["keys with a right one"]
    assert isinstance(right, float)
    assert right > 0.7


def test_a_session_with_a_popup_is_as_thrifty() -> None:
    """Every request is answered, at most six requests go to the API for a hundred keys, and the popup has the text."""
    plan = Plan(make_traces({"a.py": TEXT}, seed=1, keys=200), client="popup", accepts=0.05)
    made = virtual_time.run(run_session(plan, in_process()))
    assert made["LSP requests never answered"] == 0
    assert made["LSP requests answered twice"] == 0
    requests = made["API requests / 100 keys"]
    assert isinstance(requests, float)
    assert requests <= 6
    assert made["accepted"]


def test_a_session_with_accepting_reaches_the_same_end_with_fewer_keys() -> None:
    """The text after an acceptance is waited for, too."""
    plan = Plan(make_traces({"a.py": TEXT}, seed=1, keys=60), conditions=Conditions(miss=0.0), accepts=1.0)
    made = virtual_time.run(run_session(plan, in_process()))
    assert isinstance(made["keys"], int)
    assert made["keys"] < 60
    assert made["accepted"]
    assert made["accepted -> next text, median ms"] is not None
    assert made["LSP requests never answered"] == 0


def test_settings_are_read_as_json_or_as_text() -> None:
    """As the command line gives them."""
    assert parse_settings(["trigger.maxDelayMs=0", "trigger.mode=off"]) == {"trigger": {"maxDelayMs": 0, "mode": "off"}}


def test_a_workspace_has_the_rest_of_the_project_and_not_what_is_typed(tmp_path: Path) -> None:
    """The typed file's copy lacks the lines that are to be typed; the project itself is left alone."""
    project, copy = tmp_path / "project", tmp_path / "copy"
    (project / "src").mkdir(parents=True)
    (project / "node_modules").mkdir()
    (project / "src" / "a.py").write_text(TEXT)
    (project / "src" / "b.py").write_text("other = 1\n")
    traces = make_traces({"src/a.py": TEXT}, seed=1, keys=60)
    make_workspace(Plan(traces, workspace=project), copy)
    assert (copy / "src" / "b.py").read_text() == "other = 1\n"
    assert (copy / "src" / "a.py").read_text() == traces[0].documents["src/a.py"] != TEXT
    assert not (copy / "node_modules").exists()
    assert (project / "src" / "a.py").read_text() == TEXT


def test_time_stands_still_while_a_thread_works() -> None:
    """What waits for a thread no longer than two seconds does not wait in vain, however fast virtual time passes."""

    async def work() -> str:
        async with asyncio.timeout(2.0):
            return await asyncio.to_thread(lambda: str(sum(range(100_000))))

    assert virtual_time.run(work()) == "4999950000"
