"""The living index: made by a real worker process, followed, and closed."""

import asyncio
import contextlib
import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest

from fim_language_server.embedded.index.index_file import Index, IndexFileError
from fim_language_server.embedded.indexer import worker_process as process
from fim_language_server.embedded.indexer.worker import IndexOrder, IndexReport
from fim_language_server.embedded.indexer.workspace_index import IndexStatistics, WorkspaceIndex
from fim_language_server.embedded.model import EmbeddedModel
from fim_language_server.embedded.text.vocabulary import UNKNOWN

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
    completion = EmbeddedModel(index).complete(PREFIX, SUFFIX, "open.py", invoked=True)
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
    await index.close()
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (".gitignore", ".gitignore"),
        (".git/info/exclude", ".git/info/exclude"),
        ("inner/.git/info/exclude", "inner/.git/info/exclude"),
        ("../config/git/ignore", "other.py"),
    ],
)
async def test_what_git_ignores_by_now_is_forgotten(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, written: str, told: str
) -> None:
    """An editor tells of files in the workspace; the user's own patterns are looked at when it tells of any."""
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{workspace.parent}/config")
    (workspace / "inner").mkdir()
    (workspace / "a.py").rename(workspace / "inner" / "a.py")
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000, sleep=Settled())
    await index.start()
    await index.wait_until_ready()
    assert complete(index) == "check_state()"
    (workspace / written).parent.mkdir(parents=True, exist_ok=True)
    (workspace / written).write_text("a.py\n")
    index.files_changed([str(workspace / told)])
    await until_changed(index)
    assert complete(index) is None
    await index.close()


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


def kept_index(workspace: Path, cache: Path, **options: object) -> WorkspaceIndex:
    return WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000, cache=str(cache), sleep=Settled(), **options)  # type: ignore[arg-type]


async def open_and_close(index: WorkspaceIndex) -> str | None:
    """Return what is completed once the index is ready."""
    await index.start()
    await index.wait_until_ready()
    text = complete(index)
    await index.close()
    return text


async def test_the_next_session_begins_with_the_index_of_the_last(workspace: Path, tmp_path: Path) -> None:
    """With what has changed in between."""
    cache = tmp_path / "cache"
    assert await open_and_close(kept_index(workspace, cache)) == "check_state()"
    (kept,) = cache.iterdir()
    made = kept.stat().st_ino
    assert await open_and_close(kept_index(workspace, cache)) == "check_state()"
    assert kept.stat().st_ino == made
    (workspace / "a.py").write_text(CODE.replace("check_state", "other_state_now"))
    assert await open_and_close(kept_index(workspace, cache)) == "other_state_now()"
    assert kept.stat().st_ino == made
    (workspace / "a.py").unlink()
    assert await open_and_close(kept_index(workspace, cache)) is None


TOKEN_LINE = f" {SECRET}"


def said_by(index: WorkspaceIndex) -> str:
    """Return what is completed where the secret was written."""
    completion = EmbeddedModel(index).complete("TOKEN =", "", "b.py", invoked=True)
    return "" if completion is None else completion.text


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def test_a_file_that_becomes_ignored_is_forgotten(workspace: Path, tmp_path: Path) -> None:
    """At once while the editor runs, and in what is kept on disk, whether it becomes so then or between sessions."""
    cache = tmp_path / "cache"
    (workspace / "settings.py").write_text(f"TOKEN = {SECRET}\n" * 5)
    index = kept_index(workspace, cache)
    await index.start()
    await index.wait_until_ready()
    (kept,) = cache.iterdir()
    assert SECRET.encode() in kept.read_bytes()
    assert said_by(index) == TOKEN_LINE
    (workspace / ".gitignore").write_text("settings.py\n")
    index.files_changed([str(workspace / ".gitignore")])
    await until_changed(index)
    assert TOKEN_LINE not in said_by(index)
    await until(lambda: SECRET.encode() not in kept.read_bytes())
    await until(lambda: index.corpus.vocabulary.find(f" {SECRET}") == UNKNOWN)
    await index.close()
    (workspace / ".gitignore").write_text("a.py\n")
    again = kept_index(workspace, cache)
    await again.start()
    await again.wait_until_ready()
    assert complete(again) is None
    await until(lambda: b"check_state" not in kept.read_bytes())
    await again.close()


async def test_a_planted_secret_is_never_kept(workspace: Path, tmp_path: Path) -> None:
    """What is not read is not written either."""
    cache = tmp_path / "cache"
    (workspace / ".env").write_text(f"TOKEN={SECRET}\n")
    (workspace / "deploy.py").write_text(f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n")
    (workspace / "ignored.py").write_text(f"TOKEN = {SECRET}\n")
    (workspace / ".gitignore").write_text("ignored.py\n")
    await open_and_close(kept_index(workspace, cache))
    (kept,) = cache.iterdir()
    assert b"check_state" in kept.read_bytes()
    assert SECRET.encode() not in kept.read_bytes()


async def test_a_cache_folder_that_cannot_be_used_costs_one_line(
    workspace: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file stands in its place: completing works as without one."""
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.INFO):
        assert await open_and_close(kept_index(workspace, tmp_path / "file" / "cache")) == "check_state()"
    assert caplog.text.count("is not kept for the next session") == 1


@pytest.mark.skipif(os.name != "posix", reason="the rights of folders are POSIX's")
async def test_a_read_only_cache_folder_costs_one_line(
    workspace: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a read-only file system, say."""
    cache = tmp_path / "cache"
    cache.mkdir(0o500)
    access = os.access
    # The superuser may write anywhere, and runs these tests in containers.
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(cache) and access(path, mode))
    with caplog.at_level(logging.INFO):
        assert await open_and_close(kept_index(workspace, cache)) == "check_state()"
    assert caplog.text.count("is not kept for the next session") == 1
    assert list(cache.iterdir()) == []


async def test_two_editors_on_one_workspace_do_not_meet(workspace: Path, tmp_path: Path) -> None:
    """Both index, both keep, and what is kept is whole."""
    cache = tmp_path / "cache"
    for number in range(50):
        (workspace / f"{number}.py").write_text(CODE.replace("check", f"check{number}"))
    indexes = [kept_index(workspace, cache) for _ in range(3)]
    assert await asyncio.gather(*map(open_and_close, indexes)) == [complete(indexes[0])] * 3
    assert all(index.stats.files == 51 for index in indexes)
    (kept,) = cache.iterdir()
    assert Index.read(str(kept)).files == 51


async def test_a_damaged_index_is_replaced(workspace: Path, tmp_path: Path) -> None:
    """Whatever happened to the disk."""
    cache = tmp_path / "cache"
    await open_and_close(kept_index(workspace, cache))
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-300])
    assert await open_and_close(kept_index(workspace, cache)) == "check_state()"
    assert Index.read(str(kept)).files == 1


@pytest.mark.parametrize(
    ("document", "said"), [("near/open.py", "near_state()"), ("", "far_state()"), ("no/x.py", "far_state()")]
)
async def test_where_there_is_no_room_for_all_the_nearest_files_are_known(
    tmp_path: Path, document: str, said: str
) -> None:
    """Nearest to the document that is open; without one the newest."""
    for number, name in enumerate(("near", "far")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(CODE.replace("check", name))
        os.utime(tmp_path / name / "a.py", (1_000 + number, 1_000 + number))
    index = WorkspaceIndex([str(tmp_path)], max_source_bytes=len(CODE) // 2, near=lambda: document)
    assert await open_and_close(index) == said


async def test_folders_with_equal_names_in_them_are_both_known(tmp_path: Path) -> None:
    """And a change in one does not hide the other."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.py").write_text(CODE.replace("check", folder.name))
    index = WorkspaceIndex([str(folder) for folder in folders], max_source_bytes=1_000_000, sleep=Settled())
    await index.start()
    await index.wait_until_ready()
    (folders[0] / "a.py").write_text(CODE.replace("check", "changed"))
    index.files_changed([str(folders[0] / "a.py")])
    await until_changed(index)
    said = EmbeddedModel(index).complete("    self.two", "\n", "b.py", invoked=True)
    assert said is not None
    assert said.text == "_state()"
    assert EmbeddedModel(index).complete("    self.one", "\n", "b.py", invoked=True) is None
    await index.close()


async def test_a_workspace_that_vanishes_while_it_is_indexed_is_no_error(workspace: Path) -> None:
    """Deleted, or on a drive that was pulled out."""
    for number in range(300):
        (workspace / f"{number}.py").write_text(CODE)
    index = WorkspaceIndex([str(workspace)], max_source_bytes=10_000_000, sleep=Settled())
    await index.start()
    await asyncio.to_thread(shutil.rmtree, workspace)
    await index.wait_until_ready()
    index.files_changed([str(workspace / "0.py")])
    assert complete(index) in (None, "check_state()")
    await index.close()


async def test_files_that_change_while_they_are_indexed_are_read_again(workspace: Path) -> None:
    """The events that came meanwhile are not lost."""
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000, sleep=Settled())
    await index.start()
    (workspace / "a.py").write_text(CODE.replace("check", "later"))
    index.files_changed([str(workspace / "a.py")])
    await until(lambda: complete(index) == "later_state()")
    await index.close()


async def test_odd_files_are_passed_over(workspace: Path) -> None:
    """A link in a circle, a log of 300 MB, a pipe, UTF-16 and Latin-1: what is text is known, nothing waits."""
    (workspace / "circle").symlink_to(workspace, target_is_directory=True)
    (workspace / "loop.py").symlink_to(workspace / "loop.py")
    with (workspace / "big.log").open("wb") as file:
        file.truncate(300_000_000)
    with (workspace / "big.py").open("wb") as file:
        file.truncate(300_000_000)
    if hasattr(os, "mkfifo"):
        os.mkfifo(workspace / "pipe.py")
    (workspace / "a.py").write_text(CODE, "utf-16")
    (workspace / "b.py").write_bytes(CODE.replace("state", "größe").encode("latin-1"))
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    await index.start()
    await index.wait_until_ready()
    assert index.stats.files == 2
    number = index.corpus.vocabulary.find("check_größe")
    assert index.corpus.vocabulary.text(number) == "check_größe"
    await index.close()


async def test_a_workspace_of_many_files_is_indexed(workspace: Path) -> None:
    """Five thousand of them, in a hundred directories, to the last one."""
    for directory in range(100):
        (workspace / str(directory)).mkdir()
        for number in range(50):
            (workspace / str(directory) / f"{number}.py").write_text(f"value_{directory} = {number}\n")
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    assert await open_and_close(index) == "check_state()"
    assert index.stats.files == 5_001


async def test_a_worker_that_is_killed_is_started_once_more(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The system may have been short of memory for a moment; one loss must not cost the whole session."""
    runs = []

    async def run_worker(order: IndexOrder) -> AsyncGenerator[IndexReport, None]:
        runs.append(order)
        async with contextlib.aclosing(process.run_worker(order)) as reports:
            async for report in reports:
                if len(runs) == 1:
                    raise process.WorkerError("the worker process ended with code -9")
                yield report

    monkeypatch.setattr("fim_language_server.embedded.indexer.workspace_index.run_worker", run_worker)
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    with caplog.at_level(logging.WARNING):
        await index.start()
        await index.wait_until_ready()
    assert index.stats.files == 1
    assert len(runs) == 2
    assert not caplog.text
    await index.close()


@pytest.mark.parametrize("error", [FileNotFoundError("gone"), IndexFileError("it cannot be read")])
async def test_an_index_that_goes_while_it_is_opened_is_made_anew(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Another editor may remove or replace the kept file between the worker's report and its loading."""
    read, reads = Index.read, []

    def read_once_in_vain(path: str) -> Index:
        reads.append(path)
        if len(reads) == 1:
            raise error
        return read(path)

    monkeypatch.setattr(Index, "read", read_once_in_vain)
    index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
    await index.start()
    await index.wait_until_ready()
    assert index.stats.files == 1
    await index.close()


async def test_a_close_that_was_cancelled_is_finished_by_the_next(
    index: WorkspaceIndex, private_temporary_directory: Path
) -> None:
    """The owner of the worker stays known, so that nothing of it outlives the event loop."""
    while not list(private_temporary_directory.iterdir()):
        await asyncio.sleep(0.001)
    closing = asyncio.create_task(index.close())
    await asyncio.sleep(0)
    closing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await closing
    await index.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "workspace index"] == []
    assert list(private_temporary_directory.iterdir()) == []


@pytest.mark.parametrize("steps", [10, 20, 40, 80])
def test_a_worker_ends_with_its_event_loop_when_its_end_is_cancelled_too(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Its transport would log "Event loop is closed" when it is collected."""
    failures: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: failures.append(unraisable.exc_value))

    async def begin_and_leave() -> None:
        index = WorkspaceIndex([str(workspace)], max_source_bytes=1_000_000)
        await index.start()
        for _ in range(steps):
            await asyncio.sleep(0.0005)
        closing = asyncio.create_task(index.close())
        await asyncio.sleep(0)
        closing.cancel()

    asyncio.run(begin_and_leave())
    gc.collect()
    assert failures == []
