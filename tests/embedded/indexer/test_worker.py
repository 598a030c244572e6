"""The worker: one order in, reports out, an index in a file."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from fim_language_server.embedded.index.index_file import Index
from fim_language_server.embedded.indexer.watchdog import watch_over_process
from fim_language_server.embedded.indexer.worker import MOST_CHANGED_FILES, IndexOrder, IndexReport, index_workspace
from fim_language_server.embedded.sources.git_ignored import LARGEST


def order(folder: Path, output: Path, max_source_bytes: int = 1_000_000) -> IndexOrder:
    return IndexOrder((str(folder),), ("private/",), "", max_source_bytes, str(output))


def run(order: IndexOrder) -> list[IndexReport]:
    reports = io.StringIO()
    index_workspace(order, reports)
    return [IndexReport.from_json(line.encode()) for line in reports.getvalue().splitlines()]


def indexed(output: Path) -> set[str]:
    (segment,) = Index.read(str(output)).corpus().segments
    return set(segment.paths)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    (folder / "private").mkdir(parents=True)
    for name in ("a.py", "b.py", "private/c.py"):
        (folder / name).write_text(f"x = '{name}'\n")
    return folder


def test_an_order_survives_the_pipe(tmp_path: Path) -> None:
    """Odd names in paths included."""
    odd = order(tmp_path / "größe\n \ud800", tmp_path)
    assert IndexOrder.from_json(odd.to_json()) == odd


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b"nonsense", b"null", b'{"done": 1, "total": null, "note": ""}', b'{"done": 1}']
)
def test_what_is_no_report_is_a_value_error(line: bytes) -> None:
    """A library that prints must not stop the indexing."""
    with pytest.raises(ValueError):
        IndexReport.from_json(line)


def test_a_workspace_becomes_an_index(workspace: Path, tmp_path: Path) -> None:
    """Progress is reported to the last file."""
    output = tmp_path / "i.npz"
    assert run(order(workspace, output))[-1] == IndexReport(2, 2, index=str(output))
    assert indexed(output) == {"a.py", "b.py"}


def test_progress_begins_while_files_are_looked_for(workspace: Path, tmp_path: Path) -> None:
    """A total of 0 says that nobody knows yet how many there will be."""
    assert run(order(workspace, tmp_path / "i.npz"))[0] == IndexReport(2, 0)


def test_a_directory_that_cannot_be_indexed_is_told(workspace: Path, tmp_path: Path) -> None:
    """The log names it, and the reason."""
    (workspace / "private").rename(workspace / "sub")
    (workspace / "sub" / ".gitignore").write_text("#" * (LARGEST + 1))
    notes = [report.note for report in run(order(workspace, tmp_path / "i.npz")) if report.note]
    assert notes == [
        f"nothing in {workspace}/sub is indexed: its .gitignore is too long, or has too many wildcards, to be judged"
    ]


def test_the_limit_in_bytes_is_kept_and_told(workspace: Path, tmp_path: Path) -> None:
    """A note for the log says how many files were left out."""
    reports = run(order(workspace, tmp_path / "i.npz", max_source_bytes=1))
    assert len(indexed(tmp_path / "i.npz")) == 1
    assert any("1 of 2 source files are indexed" in report.note for report in reports)


def kept(order: IndexOrder, tmp_path: Path) -> IndexOrder:
    (tmp_path / "cache").mkdir(exist_ok=True)
    return evolve(order, kept=str(tmp_path / "cache" / "w.index"))


def test_an_index_is_kept_and_found_again(workspace: Path, tmp_path: Path) -> None:
    """Nothing has changed: it is reported at once, and not made again."""
    again = kept(order(workspace, tmp_path / "i.npz"), tmp_path)
    (made,) = [report for report in run(again) if report.index]
    assert made.index == again.kept
    assert not (tmp_path / "i.npz").exists()
    before = Path(again.kept).stat().st_ino
    assert run(again)[1:] == [IndexReport(2, 2, index=again.kept)]
    assert Path(again.kept).stat().st_ino == before
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["w.index"]


def test_a_few_changes_are_named(workspace: Path, tmp_path: Path) -> None:
    """The server reads them itself; the index stays in use."""
    again = kept(order(workspace, tmp_path / "i.npz"), tmp_path)
    run(again)
    (workspace / "a.py").write_text("y = 'longer than before'\n")
    (workspace / "new.py").write_text("z = 1\n")
    _, report = run(again)
    assert sorted(report.stale) == ["a.py", "new.py"]


def test_what_is_gone_does_not_stay_in_the_file(workspace: Path, tmp_path: Path) -> None:
    """Deleted, or ignored by now: hidden at once, and then the index is made anew."""
    again = kept(order(workspace, tmp_path / "i.npz"), tmp_path)
    run(again)
    (workspace / ".gitignore").write_text("b.py\n")
    _, first, *_, last = run(again)
    assert (first.index, first.stale) == (again.kept, ("b.py",))
    assert (last.index, last.stale) == (again.kept, ())
    assert indexed(Path(again.kept)) == {"a.py"}
    assert b"b.py" not in Path(again.kept).read_bytes()


def test_many_changes_make_a_new_index(workspace: Path, tmp_path: Path) -> None:
    """It would be wrong about too much."""
    again = kept(order(workspace, tmp_path / "i.npz"), tmp_path)
    run(again)
    for number in range(MOST_CHANGED_FILES + 1):
        (workspace / f"{number}.py").write_text("x\n")
    (report,) = [report for report in run(again) if report.index]
    assert report.stale == ()
    assert len(indexed(Path(again.kept))) == MOST_CHANGED_FILES + 3


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_file_is_made_anew(workspace: Path, tmp_path: Path, damage: bytes | None) -> None:
    """Empty, foreign, or with one byte turned in the middle."""
    again = kept(order(workspace, tmp_path / "i.npz"), tmp_path)
    run(again)
    path = Path(again.kept)
    if damage is None:
        data = bytearray(path.read_bytes())
        place = data.index(b"abstract_order.npy") + 200
        data[place] ^= 0xFF
        damage = bytes(data)
    path.write_bytes(damage)
    (report,) = [report for report in run(again) if report.index]
    assert report.stale == ()
    assert indexed(path) == {"a.py", "b.py"}


def test_where_nothing_can_be_kept_the_index_goes_elsewhere(workspace: Path, tmp_path: Path) -> None:
    """The cache folder vanished, or the disk is full."""
    output = tmp_path / "i.npz"
    lost = evolve(order(workspace, output), kept=str(tmp_path / "gone" / "w.index"))
    assert run(lost)[-1].index == str(output)
    assert indexed(output) == {"a.py", "b.py"}


def test_files_left_out_for_lack_of_room_are_no_news(workspace: Path, tmp_path: Path) -> None:
    """Unless they are written again."""
    again = kept(order(workspace, tmp_path / "i.npz", max_source_bytes=1), tmp_path)
    run(again)
    assert [report.stale for report in run(again) if report.index] == [()]
    (left_out,) = {"a.py", "b.py"} - indexed(Path(again.kept))
    later = time.time_ns() + 10**9
    (workspace / left_out).write_text("now = 'wanted'\n")
    os.utime(workspace / left_out, ns=(later, later))
    assert [report.stale for report in run(again) if report.index] == [(left_out,)]


def test_files_beside_the_open_document_are_news(workspace: Path, tmp_path: Path) -> None:
    """They were left out for lack of room, by somebody who was elsewhere; so far as there is room for them."""
    for name in ("near", "far"):
        (workspace / name).mkdir()
        for number in range(3):
            (workspace / name / f"{number}.py").write_text(f"{name} = {number}\n")
            os.utime(workspace / name / f"{number}.py", (1_000, 1_000))
    full = kept(order(workspace, tmp_path / "i.npz", max_source_bytes=21), tmp_path)
    run(full)
    assert not any(name.startswith("near") for name in indexed(Path(full.kept)))
    beside = evolve(full, near=f"{workspace}/near")
    assert [report.stale for report in run(beside) if report.index] == [("near/0.py", "near/1.py", "near/2.py")]
    Path(full.kept).unlink()
    run(beside)
    assert indexed(Path(full.kept)) == {"near/0.py", "near/1.py", "near/2.py"}


def test_installed_packages_come_last(workspace: Path, tmp_path: Path) -> None:
    """Whatever a .gitignore says of the environment they lie in."""
    packages = workspace / ".venv" / "lib" / "python3.12" / "site-packages"
    (packages / "lib").mkdir(parents=True)
    (packages / "lib" / "code.py").write_text("lib = 1\n")
    (workspace / ".gitignore").write_text(".venv/\n")
    output = tmp_path / "i.npz"
    run(evolve(order(workspace, output), packages=(str(packages),)))
    (segment,) = Index.read(str(output)).corpus().segments
    assert segment.paths[-1] == "site-packages/lib/code.py"
    assert len(segment.paths) == 3


def test_a_server_that_is_gone_before_it_gave_an_order_is_no_error() -> None:
    """Editors show as an error what comes on stderr."""
    command = [sys.executable, "-m", "fim_language_server.embedded.indexer.worker"]
    ended = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")


def test_the_worker_leaves_without_a_trace_when_the_server_goes(tmp_path: Path) -> None:
    """Its standard input ends, however the server came to its end."""
    workspace, output = tmp_path / "w", tmp_path / "private" / "i.npz"
    workspace.mkdir()
    output.parent.mkdir()
    for number in range(3_000):
        (workspace / f"{number}.py").write_text(f"x{number} = {number}\n" * 30)
    program = f"import sys; sys.path[:] = {sys.path!r}; from {index_workspace.__module__} import main; main()"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(order(workspace, output).to_json().encode())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["total"] == 0
    assert json.loads(process.stdout.readline())["done"] < 3_000
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    assert not output.parent.exists()


def test_a_worker_that_one_native_call_keeps_ends_by_itself() -> None:
    """No thread of Python's gets a turn then: a regular expression that tries 2^100 ways stands for any such call."""
    program = (
        "import re\n"
        f"from {watch_over_process.__module__} import watch_over_process\n"
        "watch_over_process(0.2)\n"
        "re.match('(a|a)*b', 'a' * 100)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60, env=environment).returncode == 1


def test_a_worker_that_runs_python_code_is_let_be() -> None:
    """However long it takes: here for many times as long as one call may."""
    program = (
        "import time\n"
        f"from {watch_over_process.__module__} import watch_over_process\n"
        "watch_over_process(0.4)\n"
        "end = time.monotonic() + 1.5\n"
        "while time.monotonic() < end: sum(range(1000))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60, env=environment).returncode == 0


ODD_NAMES = [
    "x\ny.py", "\n.py", "x\r\ny.py", "x\ry.py", "-rf.py", "--.py", "'.py", '".py', "`id`.py", "$(id).py", "a b.py",
    " .py", "\t.py", "\x01.py", "\x1b[31m.py", "\x7f.py", "é.py", "e\u0301.py", "\u2028.py", "\u202e.py", "\ufeff.py",
    "\udcff.py", "\udcff\n\udcfe.py", "\\.py", "x\\n.py", "*.py", "[a].py", "~.py", "#.py", "%0a.py", "C:.py",
    "CON.py", "\U0001f600.py", "a" * 252 + ".py", "é" * 126 + ".py",
]  # fmt: skip


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names that these systems do not have")
@pytest.mark.parametrize("in_directory", [False, True])
def test_names_of_any_kind_are_indexed_and_cost_no_other_file_anything(tmp_path: Path, in_directory: bool) -> None:
    """Line feeds, bytes that are no UTF-8, 255 bytes, what a shell would run: in a kept index, which is read twice."""
    workspace, kept = tmp_path / "w", tmp_path / "k.npz"
    for number, name in enumerate(ODD_NAMES):
        path = workspace / name.removesuffix(".py") / "f.py" if in_directory else workspace / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(f"x{number} = {number}\n")
    for _ in range(2):
        index_workspace(evolve(order(workspace, tmp_path / "i.npz"), kept=str(kept)), io.StringIO())
        corpus = Index.read(str(kept)).corpus()
        (segment,) = corpus.segments
        expected = {f"{name.removesuffix('.py')}/f.py" if in_directory else name for name in ODD_NAMES}
        assert set(segment.paths) == expected
    (workspace / "new.py").write_text("y = 1\n")
    reports = io.StringIO()
    index_workspace(evolve(order(workspace, tmp_path / "i.npz"), kept=str(kept)), reports)
    stale = [name for line in reports.getvalue().splitlines() for name in IndexReport.from_json(line.encode()).stale]
    assert stale == ["new.py"]


@pytest.mark.skipif(os.name == "nt", reason="long paths")
def test_a_report_is_one_line_that_the_server_can_take(tmp_path: Path) -> None:
    """Many changed files with long names: the workspace is indexed anew rather than told of in a line without end."""
    workspace, kept = tmp_path / "w", tmp_path / "k.npz"
    folder = workspace.joinpath(*["é" * 120] * 10)
    folder.mkdir(parents=True)
    (workspace / "a.py").write_text("x = 1\n")
    index_workspace(evolve(order(workspace, tmp_path / "i.npz"), kept=str(kept)), io.StringIO())
    for number in range(MOST_CHANGED_FILES - 1):
        (folder / f"{number}.py").write_text("x = 1\n")
    reports = io.StringIO()
    index_workspace(evolve(order(workspace, tmp_path / "i.npz"), kept=str(kept)), reports)
    assert max(map(len, reports.getvalue().splitlines())) < 1 << 20
    assert Index.read(str(kept)).files == MOST_CHANGED_FILES
