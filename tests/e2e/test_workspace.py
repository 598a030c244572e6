"""The embedded model and its workspace through the real server: what is in it is said, what must not be never is."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from fim_language_server.app.application import INDEXED
from fim_language_server.lsp.editor.progress import QUIET_S
from tests.e2e.raw_client import RawClient, change, completion, did_change, did_open, insert_text, notification

INVOKED = 1
OPTIONS: Mapping[str, Any] = {"provider": {"kind": "embedded"}, "trigger": {"maxDelayMs": 0}}
SHOWS_PROGRESS = {"window": {"workDoneProgress": True}}


def code(word: str) -> str:
    """Return source in which `self.check` is followed by a word, five times."""
    return "".join(f"def f{n}(self):\n    self.check{word}()\n    return self.value\n\n\n" for n in range(5))


@define(eq=False)
class Session:
    """An editor with a workspace, and the server it has started."""

    client: RawClient
    folder: Path
    heard: list[dict[str, Any]] = field(factory=list)
    """All that the server has said by itself."""
    _documents: int = 0

    async def say(self, typed: str, *, name: str = "") -> str | None:
        """Return the text that is offered, on explicit request, in a new document behind what was typed there."""
        self._documents += 1
        uri = (self.folder / (name or f"new{self._documents}.py")).as_uri()
        line, column = typed.count("\n"), len(typed.rpartition("\n")[2])
        request_id = f"ask{self._documents}"
        self.client.send(did_open(typed, uri), completion(request_id, line, column, uri, INVOKED))
        answer = await self.answer(request_id)
        self.client.send(notification("textDocument/didClose", {"textDocument": {"uri": uri}}))
        return insert_text({"result": answer["result"] and {"items": answer["result"]["items"][:1]}})

    async def answer(self, request_id: object) -> dict[str, Any]:
        """Return the answer to a request; what the server asks meanwhile is answered with nothing."""
        while True:
            message = await self.client.read()
            if "method" not in message:
                assert message["id"] == request_id
                return message
            self._hear(message)

    async def hear(self, wanted: str) -> None:
        """Wait until the server has said something with this text in it."""
        while not any(wanted in json.dumps(message) for message in self.heard):
            message = await self.client.read()
            assert "method" in message
            self._hear(message)

    async def say_until(self, typed: str, wanted: str | None) -> None:
        """Ask until this text is offered."""
        async with asyncio.timeout(20):
            while await self.say(typed) != wanted:
                pass

    def tell_changes(self, *names: str) -> None:
        """Say that files were written, made or deleted."""
        changes = [{"uri": (self.folder / name).as_uri(), "type": 2} for name in names]
        self.client.send(notification("workspace/didChangeWatchedFiles", {"changes": changes}))

    def kinds(self, method: str) -> list[Any]:
        """Return the parameters of all that the server has said by this method."""
        return [message["params"] for message in self.heard if message["method"] == method]

    def _hear(self, message: dict[str, Any]) -> None:
        self.heard.append(message)
        if "id" in message:
            self.client.send({"jsonrpc": "2.0", "id": message["id"], "result": None})


@asynccontextmanager
async def session(
    folder: Path,
    *,
    options: Mapping[str, Any] = OPTIONS,
    capabilities: Mapping[str, Any] | None = None,
    **environment: str,
) -> AsyncIterator[Session]:
    """Start a server for a workspace; it has opened no window at the end, and leaves properly."""
    client = await RawClient.stdio(**environment)
    try:
        await client.initialize(dict(options), capabilities=capabilities or {}, rootUri=folder.as_uri())
        it = Session(client, folder, client.others)
        yield it
        assert not it.kinds("window/showMessage")
        client.send({"jsonrpc": "2.0", "id": "end", "method": "shutdown"})
        assert (await it.answer("end"))["result"] is None
        client.send(notification("exit"))
        assert await client.wait_exit() == 0
    finally:
        await client.kill()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "a.py").write_text(code("_state"))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder that no other test uses."""
    return tmp_path / "cache"


class HeldWorker:
    """Holds the process that indexes when it opens one of some files, until the test lets it go on."""

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        self._pipes = {str(file): folder / f"pipe{number}" for number, file in enumerate(files)}
        for pipe in self._pipes.values():
            os.mkfifo(pipe)
        (folder / "sitecustomize.py").write_text(
            "import os, sys\n"
            "if 'fim_language_server.embedded.indexer.worker' in sys.orig_argv:\n"
            "    system_open = os.open\n"
            f"    pipes = { ({file: str(pipe) for file, pipe in self._pipes.items()})!r}\n"
            "    def held_open(path, *arguments):\n"
            "        if pipe := pipes.get(str(path)):\n"
            "            open(pipe).read()\n"
            "        return system_open(path, *arguments)\n"
            "    os.open = held_open\n"
        )
        self.environment = {"PYTHONPATH": f"{Path(__file__).parents[2] / 'server'}{os.pathsep}{folder}"}
        self._waiting = iter(self._pipes.values())
        self._writing = -1

    async def wait_until_held(self) -> None:
        """Wait until the worker waits at the next file: a pipe is opened for writing once somebody reads it."""
        self._writing = await asyncio.wait_for(asyncio.to_thread(os.open, next(self._waiting), os.O_WRONLY), 20)

    def release(self) -> None:
        os.close(self._writing)


@pytest.fixture
def held(tmp_path: Path, workspace: Path) -> HeldWorker:
    """A worker that stops at the workspace's last file."""
    return hold(tmp_path, workspace, "z.py")


def hold(tmp_path: Path, workspace: Path, *names: str) -> HeldWorker:
    """Return a worker that stops at these files, the last ones of the workspace."""
    place = tmp_path / "site"
    place.mkdir()
    for number, name in enumerate(("a.py", *names)):
        if not (workspace / name).exists():
            (workspace / name).write_text("z = 1\n")
        os.utime(workspace / name, (1_000 - number, 1_000 - number))  # the newest is indexed first
    return HeldWorker(place, [workspace / name for name in names])


needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


@needs_pipes
async def test_keys_are_answered_while_the_workspace_is_indexed(workspace: Path, held: HeldWorker) -> None:
    """Each of them, from the open document; the index is still being made when the last answer is there."""
    typed = code("_own") + "def last(self):\n    self.check"
    line = typed.count("\n")
    async with session(workspace, **held.environment) as it:  # type: ignore[arg-type]
        await held.wait_until_held()
        uri = (workspace / "typed.py").as_uri()
        it.client.send(did_open(typed, uri))
        for key, character in enumerate("_own()"):
            column = 14 + key
            it.client.send(completion(key, line, column, uri))
            assert insert_text(await it.answer(key)) == "_own()"[key:]
            it.client.send(did_change(key + 2, change(line, column, column, character), uri=uri))
        assert await it.say("def last(self):\n    self.check") is None
        assert INDEXED not in json.dumps(it.heard)
        held.release()
        await it.hear(INDEXED)
        assert await it.say("def last(self):\n    self.check") == "_state()"


@needs_pipes
@pytest.mark.parametrize("shows", [True, False])
async def test_progress_is_shown_where_it_can_be(workspace: Path, tmp_path: Path, shows: bool) -> None:
    """From a beginning to an end, under one token that the client has made; otherwise not a word."""
    capabilities = SHOWS_PROGRESS if shows else {}
    held = hold(tmp_path, workspace, "y.py", "z.py")
    async with session(workspace, capabilities=capabilities, **held.environment) as it:  # type: ignore[arg-type]
        await held.wait_until_held()
        began = asyncio.get_running_loop().time()
        # A shorter job is not shown. The server's clock begins when it reads the first report, a little later.
        while asyncio.get_running_loop().time() < began + 2 * QUIET_S:
            assert await it.say(code("_own") + "def last(self):\n    self.check") == "_own()"
        held.release()
        await held.wait_until_held()
        if shows:
            await it.hear('"begin"')
        held.release()
        await it.hear(INDEXED)
        if shows:
            await it.hear('"end"')
        created, told = it.kinds("window/workDoneProgress/create"), it.kinds("$/progress")
        kinds = [params["value"]["kind"] for params in told if params["value"]["kind"] != "report"]
        assert kinds == (["begin", "end"] if shows else [])
        assert {params["token"] for params in told} == {params["token"] for params in created}


@needs_pipes
async def test_what_changes_while_it_is_indexed_is_said_as_it_is_at_the_end(workspace: Path, held: HeldWorker) -> None:
    """Written, made and deleted after the worker has read it, or before."""
    (workspace / "gone.py").write_text(code("_gone").replace("check", "other"))
    async with session(workspace, **held.environment) as it:  # type: ignore[arg-type]
        await held.wait_until_held()
        (workspace / "a.py").write_text(code("_later"))
        (workspace / "made.py").write_text(code("_made").replace("check", "third"))
        (workspace / "gone.py").unlink()
        it.tell_changes("a.py", "made.py", "gone.py")
        held.release()
        await it.hear(INDEXED)
        await it.say_until("def last(self):\n    self.check", "_later()")
        await it.say_until("def last(self):\n    self.third", "_made()")
        assert await it.say("def last(self):\n    self.other") is None


SECRET = "hunter2_is_the_password"
LINES = f'TOKEN = "{SECRET}"\n' * 5


async def test_a_planted_secret_is_never_said(workspace: Path, cache: Path, tmp_path: Path) -> None:
    """Whatever keeps its file from being read: its name, its text, each of git's files, or a setting.

    Not in a suggestion, not in the log, not in a file that is kept; neither at first nor when the files are saved.
    """
    hidden = {
        ".env": LINES,
        "sub/.env.local": LINES,
        "id_ed25519": LINES,
        "deploy.py": f"KEY = '''-----BEGIN OPENSSH PRIVATE KEY-----\n{LINES}'''\n",
        "client.py": f"{LINES}log_in('ghp_" + "a1B2" * 9 + "')\n",
        "by_root.py": LINES,
        "sub/by_root.py": LINES,
        "sub/deep/nested.py": LINES,
        "sub/deep/by_sub.py": LINES,
        "folder/inside.py": LINES,
        "by_exclude.py": LINES,
        "by_user.py": LINES,
        "by_setting.py": LINES,
    }
    rules = {
        ".gitignore": "by_root.py\nfolder/\n",
        "sub/.gitignore": "by_sub.py\n",
        "sub/deep/.gitignore": "/nested.py\n",
        ".git/info/exclude": "by_exclude.py\n",
        "../config/git/ignore": "by_user.py\n",
    }
    write(workspace, hidden | rules | {"open.py": 'TOKEN = "public_text"\n' * 2})
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_CACHE_HOME": str(cache)}
    options = {**OPTIONS, "trigger": {"maxDelayMs": 0, "exclude": ["by_setting.py"]}, "log": {"level": "debug"}}
    async with session(workspace, options=options, **environment) as it:  # type: ignore[arg-type]
        await it.hear(INDEXED)
        await assert_never_said(it)
        it.tell_changes(*hidden, *rules)
        (workspace / "a.py").write_text(code("_again"))
        it.tell_changes("a.py")
        await it.say_until("def last(self):\n    self.check", "_again()")
        await assert_never_said(it)
        for name in hidden:
            await assert_never_said(it, beside=name)
        assert SECRET not in json.dumps(it.heard)
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert kept
    assert not any(SECRET.encode() in path.read_bytes() for path in kept)


async def assert_never_said(it: Session, beside: str = "") -> None:
    """Ask for it, in documents of the same names, too, and see that a text which is public does come."""
    for typed in ("", "TOKEN", "TOKEN = ", 'TOKEN = "', 'TOKEN = "hunter2', 'x = 1\nTOKEN = "hunter2_is'):
        text = await it.say(typed, name=beside)
        assert text is None or SECRET not in typed + text
    assert await it.say('TOKEN = "pub') == 'lic_text"'


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


async def test_a_file_that_git_ignores_from_now_on_is_no_longer_said(workspace: Path) -> None:
    """Once the editor has told of the .gitignore."""
    async with session(workspace) as it:
        await it.hear(INDEXED)
        assert await it.say("def last(self):\n    self.check") == "_state()"
        (workspace / ".gitignore").write_text("a.py\n")
        it.tell_changes(".gitignore")
        await it.say_until("def last(self):\n    self.check", None)


async def test_what_git_ignores_is_said_as_long_as_it_does_not(workspace: Path, cache: Path) -> None:
    """A file moves out of an ignored folder and back, and rules come and go while the server runs."""
    asked = "def last(self):\n    self.key"
    write(
        workspace,
        {".git/HEAD": "", ".gitignore": "private/\n", "private/keys.py": code("_ring").replace("check", "key")},
    )
    async with session(workspace, XDG_CACHE_HOME=str(cache)) as it:
        await it.hear(INDEXED)
        assert await it.say(asked) is None
        for old, new, said in (("private/keys.py", "b.py", "_ring()"), ("b.py", "private/keys.py", None)):
            (workspace / old).rename(workspace / new)
            it.tell_changes(old, new)
            await it.say_until(asked, said)
        rules = [
            (".gitignore", "", "_ring()"),
            ("private/.gitignore", "keys.py\n", None),
            ("private/.gitignore", "", "_ring()"),
        ]
        for name, text, said in rules:
            write(workspace, {name: text})
            it.tell_changes(name)
            await it.say_until(asked, said)
        write(workspace, {".git/info/exclude": "keys.py\n"})
        it.tell_changes("a.py")  # Editors watch nothing in .git; the next file that is saved tells it.
        await it.say_until(asked, None)
    assert not any(b"_ring" in path.read_bytes() for path in cache.rglob("*") if path.is_file())


@pytest.mark.parametrize("obstacle", ["a file in its place", "no rights to write"])
async def test_a_cache_folder_that_cannot_be_written_costs_one_line_in_the_log(
    workspace: Path, cache: Path, obstacle: str
) -> None:
    """The index is there all the same, for as long as the server lives."""
    if obstacle == "a file in its place":
        cache.write_text("")
    else:
        cache.mkdir(mode=0o500)
        if os.access(cache, os.W_OK):
            pytest.skip("this user may write everywhere")
    async with session(workspace, XDG_CACHE_HOME=str(cache)) as it:
        await it.hear(INDEXED)
        assert await it.say("def last(self):\n    self.check") == "_state()"
        told = [params["message"] for params in it.kinds("window/logMessage")]
        assert sum("The index is not kept" in line for line in told) == 1
    assert cache.is_file() or not list(cache.iterdir())


async def test_two_editors_share_a_workspace(workspace: Path, cache: Path) -> None:
    """Started at once, they know it both; one index is kept, and found by the next one."""
    environment = {"XDG_CACHE_HOME": str(cache)}
    async with session(workspace, **environment) as one, session(workspace, **environment) as other:  # type: ignore[arg-type]
        for it in (one, other):
            await it.hear(INDEXED)
            assert await it.say("def last(self):\n    self.check") == "_state()"
        (workspace / "a.py").write_text(code("_shared"))
        for it in (one, other):
            it.tell_changes("a.py")
            await it.say_until("def last(self):\n    self.check", "_shared()")
    (kept,) = [path for path in cache.rglob("*") if path.is_file()]
    before = kept.stat().st_ino
    async with session(workspace, **environment) as it:  # type: ignore[arg-type]
        await it.hear(INDEXED)
        assert await it.say("def last(self):\n    self.check") == "_shared()"
    assert kept.stat().st_ino == before


async def test_a_workspace_may_be_deleted_while_it_is_open(workspace: Path) -> None:
    """The open document goes on being completed, from itself; no key is lost."""
    async with session(workspace) as it:
        await it.hear(INDEXED)
        shutil.rmtree(workspace)
        it.tell_changes("a.py")
        await it.say_until("def last(self):\n    self.check", None)
        assert await it.say(code("_own") + "def last(self):\n    self.check") == "_own()"
        workspace.mkdir()
        (workspace / "a.py").write_text(code("_back"))
        it.tell_changes("a.py")
        await it.say_until("def last(self):\n    self.check", "_back()")


async def test_odd_files_do_no_harm(workspace: Path) -> None:
    """Circles of links, a log of 300 MB, a pipe; what is text in UTF-16 or Latin-1 is known."""
    (workspace / "circle").symlink_to(workspace, target_is_directory=True)
    (workspace / "self.py").symlink_to(workspace / "self.py")
    for name in ("big.log", "big.py"):
        with (workspace / name).open("wb") as file:
            file.truncate(300_000_000)
    if hasattr(os, "mkfifo"):
        os.mkfifo(workspace / "pipe.py")
    (workspace / "wide.py").write_text(code("_große").replace("check", "wide"), "utf-16")
    (workspace / "latin.py").write_bytes(code("_größe").replace("check", "latin").encode("latin-1"))
    async with session(workspace) as it:
        await it.hear(f"{INDEXED}: 3 files")
        names: Sequence[tuple[str, str]] = [("check", "_state()"), ("wide", "_große()"), ("latin", "_größe()")]
        for name, expected in names:
            assert await it.say(f"def last(self):\n    self.{name}") == expected
        it.tell_changes("circle", "self.py", "big.log", "big.py", "pipe.py", "wide.py", "latin.py")
        (workspace / "a.py").write_text(code("_again"))
        it.tell_changes("a.py")
        await it.say_until("def last(self):\n    self.check", "_again()")


async def test_who_asks_in_vain_finds_the_reason_in_one_line_of_the_log(workspace: Path) -> None:
    """The model's own; who only types finds none."""
    async with session(workspace) as it:
        await it.hear(INDEXED)
        assert await it.say("unlike_anything <") is None
        await it.hear("nothing to offer")
        assert await it.say("def last(self):\n    self.check") == "_state()"
        told = [params["message"] for params in it.kinds("window/logMessage")]
        (reason,) = [line for line in told if "nothing to offer" in line]
        assert "the workspace" in reason
