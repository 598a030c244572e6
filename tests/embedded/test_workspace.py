"""The living index: made by a real worker process, followed, and closed."""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fim_language_server.embedded.model import EmbeddedModel
from fim_language_server.embedded.workspace import IndexStatistics, WorkspaceIndex

CODE = "".join(f"def f{n}(self):\n    self.check_state()\n    return self.value\n\n" for n in range(5))
PREFIX, SUFFIX = "def last(self):\n    self.", "\n"


@pytest.fixture(autouse=True)
def private_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """So that a test can see what is left behind."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "a.py").write_text(CODE)
    return folder


class Settled:
    """A sleep that ends at once: changes are read as soon as the loop gets to it."""

    async def __call__(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture
async def index(workspace: Path) -> AsyncIterator[WorkspaceIndex]:
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000, sleep=Settled())
    await index.start()
    yield index
    await index.close()


async def until_changed(index: WorkspaceIndex) -> None:
    """Wait until another corpus is in place."""
    before = index.corpus
    while index.corpus is before:
        await asyncio.sleep(0.005)


def complete(index: WorkspaceIndex) -> str | None:
    completion = EmbeddedModel(index).complete(PREFIX, SUFFIX, "open.py", invoked=False)
    return None if completion is None else completion.text


async def test_the_workspace_is_known_once_it_is_indexed(
    index: WorkspaceIndex, private_temporary_directory: Path
) -> None:
    """Before that, nothing is; afterwards no file is left behind."""
    assert complete(index) is None
    await index.wait_until_ready()
    assert complete(index) == "check_state()"
    assert index.stats.files == 1
    assert index.stats.bytes == len(CODE)
    assert index.stats.tokens > 0
    assert list(private_temporary_directory.iterdir()) == []


async def test_changed_new_and_deleted_files_are_followed(index: WorkspaceIndex, workspace: Path) -> None:
    """Without indexing everything again."""
    await index.wait_until_ready()
    changed = workspace / "a.py"
    changed.write_text(CODE.replace("check_state", "renamed_state"))
    index.files_changed([str(changed)])
    await until_changed(index)
    assert complete(index) == "renamed_state()"
    changed.unlink()
    index.files_changed([str(changed)])
    await until_changed(index)
    assert complete(index) is None
    (workspace / "new.py").write_text(CODE)
    index.files_changed([str(workspace / "new.py")])
    await until_changed(index)
    assert complete(index) == "check_state()"


async def test_changes_outside_and_of_ignored_files_say_nothing(index: WorkspaceIndex, workspace: Path) -> None:
    """What is not indexed at first is not indexed later either."""
    (workspace / ".gitignore").write_text("hidden.py\n")
    (workspace / "a.py").unlink()
    await index.wait_until_ready()
    for name in ("hidden.py", ".env", "../outside.py", "id_rsa"):
        (workspace / name).write_text(CODE)
    index.files_changed([str(workspace / name) for name in ("a.py", "hidden.py", ".env", "../outside.py", "id_rsa")])
    await until_changed(index)
    assert complete(index) is None


async def test_many_changes_are_indexed_anew(index: WorkspaceIndex, workspace: Path) -> None:
    """A checkout touches more files than an overlay should hold."""
    await index.wait_until_ready()
    paths = [workspace / f"{number}.py" for number in range(400)]
    for path in paths:
        path.write_text("x = 1\n")
    index.files_changed([str(path) for path in paths])
    await until_changed(index)
    assert index.stats.files == 401


SECRET = "hunter2_is_the_password"


async def test_a_planted_secret_is_never_said(index: WorkspaceIndex, workspace: Path) -> None:
    """Whether its file is one of secrets by name, by content, or ignored by git: the model has never read it."""
    await index.close()
    places = {
        ".env": f"TOKEN={SECRET}\n" * 5,
        "config/.env.production": f"TOKEN={SECRET}\n" * 5,
        "secrets.yml": f"TOKEN={SECRET}\n" * 5,
        "ignored.py": f"TOKEN={SECRET}\n" * 5,
        "deploy.py": f"-----BEGIN OPENSSH PRIVATE KEY-----\nTOKEN={SECRET}\n" * 5,
        "id_ed25519": f"TOKEN={SECRET}\n" * 5,
    }
    for name, text in places.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(text)
    (workspace / ".gitignore").write_text("ignored.py\n")
    fresh = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000, sleep=Settled())
    await fresh.start()
    await fresh.wait_until_ready()
    fresh.files_changed([str(workspace / name) for name in places])
    await until_changed(fresh)
    model = EmbeddedModel(fresh)
    for prefix in ("TOKEN=", "x\nTOKEN=", "TOKEN=h", "TOKEN=hunter2", "\n"):
        completion = model.complete(prefix, "", "open.py", invoked=True)
        assert completion is None or SECRET not in prefix + completion.text
    words = [fresh.corpus.vocabulary.text(number) for number in range(len(fresh.corpus.vocabulary))]
    assert SECRET not in words
    await fresh.close()


async def test_progress_ends_with_a_last_report(workspace: Path) -> None:
    """Whoever draws a bar can close it."""
    reports: list[tuple[int, int, bool]] = []
    index = WorkspaceIndex(
        [str(workspace)], max_source_bytes=1_000_000, on_progress=lambda *report: reports.append(report)
    )
    await index.start()
    await index.wait_until_ready()
    await index.close()
    assert reports[-1] == (1, 1, True)
    assert not any(finished for *_, finished in reports[:-1])


@pytest.mark.parametrize("folders", [[], ["/nonexistent/folder"]])
async def test_without_a_workspace_the_document_is_enough(folders: list[str]) -> None:
    """No folder, or one that is gone: ready, and empty."""
    index = WorkspaceIndex(folders, max_source_bytes=1_000_000)
    await index.start()
    await index.wait_until_ready()
    assert index.stats == IndexStatistics()
    completion = EmbeddedModel(index).complete(CODE + PREFIX, SUFFIX, "open.py", invoked=False)
    assert completion is not None
    assert completion.text == "check_state()"
    await index.close()


async def test_a_temporary_directory_that_cannot_be_written_costs_a_warning(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, say: ready, and empty."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent/directory")
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    await index.start()
    await index.wait_until_ready()
    assert "only open documents are used" in caplog.text
    await index.close()


@pytest.mark.parametrize("executable", ["/nonexistent/python", "false"])
async def test_a_worker_that_cannot_work_costs_a_warning(
    workspace: Path, private_temporary_directory: Path, executable: str,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """It cannot be started, or ends at once: completing goes on from the open document."""
    monkeypatch.setattr(sys, "executable", executable)
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    with caplog.at_level(logging.WARNING):
        await index.start()
        await index.wait_until_ready()
    assert "only open documents are used" in caplog.text
    assert index.stats == IndexStatistics()
    await index.close()
    assert list(private_temporary_directory.iterdir()) == []


async def test_closing_stops_the_worker(
    workspace: Path, private_temporary_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of its work: no process and no file outlives the index."""
    started: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def note(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        process = await create(*arguments, **options)  # type: ignore[arg-type]
        started.append(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", note)
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    await index.start()
    while not started:
        await asyncio.sleep(0.001)
    await index.close()
    (process,) = started
    assert process.returncode is not None
    if os.name == "posix":
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
    assert list(private_temporary_directory.iterdir()) == []


async def test_closing_twice_or_unstarted_is_no_error() -> None:
    """The owner need not know how far it got."""
    index = WorkspaceIndex([], max_source_bytes=1)
    await index.close()
    await index.start()
    await index.close()
    await index.close()
