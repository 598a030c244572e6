"""The worker: one order in, reports out, an index in a file."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fim_language_server.embedded.indexing import Index
from fim_language_server.embedded.worker import Order, Report, index_workspace


def order(folder: Path, output: Path, max_source_bytes: int = 1_000_000) -> Order:
    return Order((str(folder),), ("private/",), "", max_source_bytes, str(output))


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
    assert Order.from_json(odd.to_json()) == odd


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b"nonsense", b"null", b'{"done": 1, "total": null, "note": ""}'])
def test_what_is_no_report_is_a_value_error(line: bytes) -> None:
    """A library that prints must not stop the indexing."""
    with pytest.raises(ValueError):
        Report.from_json(line)


def test_a_workspace_becomes_an_index(workspace: Path, tmp_path: Path) -> None:
    """Progress is reported to the last file."""
    reports = io.StringIO()
    index_workspace(order(workspace, tmp_path / "i.npz"), reports)
    assert indexed(tmp_path / "i.npz") == {"a.py", "b.py"}
    last = Report.from_json(reports.getvalue().splitlines()[-1].encode())
    assert last == Report(2, 2)


def test_the_limit_in_bytes_is_kept_and_told(workspace: Path, tmp_path: Path) -> None:
    """A note for the log says how many files were left out."""
    reports = io.StringIO()
    index_workspace(order(workspace, tmp_path / "i.npz", max_source_bytes=1), reports)
    assert len(indexed(tmp_path / "i.npz")) == 1
    assert "1 of 2 source files are indexed" in reports.getvalue()


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
    assert json.loads(process.stdout.readline())["done"] < 3_000
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    assert not output.parent.exists()
