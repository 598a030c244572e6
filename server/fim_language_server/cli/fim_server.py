"""Serve the embedded model by Mistral's own HTTP API, for other tools: no key, no network.

It answers POST /v1/fim/completions, streamed or not, and GET /v1/models. One line of JSON on standard output tells
its URL, and the key that clients send as `Authorization: Bearer …`: {"url": "http://127.0.0.1:PORT", "model":
"embedded", "workspace": "/…", "key": "…"}. What it answers is code of the workspace, and any user of this machine could
ask; a key of your own is put into a variable that --api-key-env names, and is not printed.
GET /health says when the workspace is indexed, GET /metrics what was asked (Prometheus; the extra `prometheus`).
Exit status: 0 after SIGTERM and Ctrl-C, 1 where the address cannot be served at, 2 for misuse.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from fim_language_server.cli.complete import read_settings_file
from fim_language_server.cli.listeners import SilentListener
from fim_language_server.cli.printing import remark, say_json
from fim_language_server.cli.serve import log_to_stderr, until_signalled
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Position, Skip, Trigger
from fim_language_server.errors import ProviderError, SettingsError

if TYPE_CHECKING:
    from fim_language_server.app.application import Application
    from fim_language_server.embedded.sources.scanner import Scanner
    from fim_language_server.web.fim_request import FimRequest

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""Seconds between two looks for changed files: no editor reports them here."""
REST = 20
"""The pause after a look at a large workspace, as a multiple of the time that the look took."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add address, workspace and access."""
    parser.add_argument("--host", default="127.0.0.1", help="address to serve at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 is any free one (the default)")
    parser.add_argument(
        "--workspace", metavar="DIR", type=Path, default=Path(), help="folder to complete from (default: this one)"
    )
    parser.add_argument(
        "--api-key-env", metavar="NAME", help="variable with the key that clients must send; needed beyond loopback"
    )
    parser.add_argument(
        "--let-every-local-user-ask",
        action="store_true",
        help="ask for no key: every user and program of this machine can read your code through completions",
    )
    parser.add_argument(
        "--settings", metavar="FILE", type=Path, help="JSON file with settings (embedded.*, trigger.exclude)"
    )
    parser.add_argument(
        "--wait-for-index", action="store_true", help="print the URL only when the workspace is indexed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes; return the exit status."""
    try:
        check_place(arguments.workspace, arguments.port)
        is_open = arguments.let_every_local_user_ask
        key = read_key(arguments.host, arguments.api_key_env, os.environ, is_open=is_open)
        settings = read_settings_file(arguments.settings)
    except SettingsError as error:
        remark(f"fim-language-server: {error}")
        return 2
    folder = arguments.workspace.resolve()
    listener = log_to_stderr()
    try:
        status = asyncio.run(until_signalled(lambda: _serve(arguments, folder, settings, key)))
    finally:
        listener.stop()
    return 0 if status > 128 else status  # A signal is how this command ends well.


def check_place(workspace: Path, port: int) -> None:
    """Raise SettingsError where there is no such folder, or no such port."""
    if not workspace.is_dir():
        raise SettingsError(f"there is no folder {workspace}; --workspace takes one")
    if not 0 <= port <= 65_535:
        raise SettingsError(f"{port} is no port; --port takes 0 (any free one) to 65535")


@frozen
class Key:
    """Key that clients must send: `value`, or no key where it is None. `is_printed` says that the server made it up."""

    value: str | None = field(repr=False)
    is_printed: bool = False


def read_key(host: str, variable: str | None, environ: Mapping[str, str], *, is_open: bool = False) -> Key:
    """Return the key that clients must send; none where `is_open` lets everybody of this machine ask.

    Raises SettingsError where the one in `variable` is missing, or `host` is no loopback address and wants one.
    """
    if variable is not None and is_open:
        raise SettingsError("--api-key-env and --let-every-local-user-ask contradict each other; give one of them")
    if variable is None:
        if not is_loopback(host):
            raise SettingsError(
                f"{host} is not a loopback address: whoever reaches it could read your code through completions; "
                "name a variable with a key in --api-key-env, or serve at 127.0.0.1"
            )
        return Key(None) if is_open else Key(secrets.token_urlsafe(24), is_printed=True)
    key = environ.get(variable, "").strip()
    if not key:
        raise SettingsError(f"the variable {variable} of --api-key-env is not set, or empty; put the key there")
    return Key(key)


def is_loopback(host: str) -> bool:
    """Is this host, as it is written, this machine alone? Nothing is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(arguments: argparse.Namespace, folder: Path, settings: object, key: Key) -> int:
    """Serve until cancelled; return the exit status, 1 where the address cannot be served at."""
    try:
        await _serve_workspace(arguments, folder, settings, key)
    except OSError as error:
        where = f"{arguments.host}:{arguments.port}"
        remark(f"fim-language-server: cannot serve at {where}: {error.strerror or error}")
        return 1
    return 0


async def _serve_workspace(arguments: argparse.Namespace, folder: Path, settings: object, key: Key) -> None:
    from fim_language_server.app.application import Application
    from fim_language_server.settings import merge_settings
    from fim_language_server.web.fim_metrics import make_metrics
    from fim_language_server.web.fim_request import MODEL
    from fim_language_server.web.fim_server import FimApi, serve_fim_api

    application = Application([str(folder)], _LoggingListener())
    indexed = asyncio.Event()

    async def complete(question: FimRequest) -> str:
        return await ask(application, evolve(question, path=path_inside(folder, question.path)), folder)

    async def announce(url: str) -> None:
        if arguments.wait_for_index:
            await indexed.wait()
        printed_key = {"key": key.value} if key.is_printed else {}
        say_json({"url": url, "model": MODEL, "workspace": str(folder), **printed_key})

    problems = await application.configure(merge_settings(settings, {"provider": {"kind": "embedded"}}))
    for problem in problems:
        logger.warning("%s", problem)
    following = asyncio.create_task(index_and_follow(application, folder, indexed), name="follow the workspace")
    try:
        api = FimApi(complete, key.value, is_ready=indexed.is_set, metrics=make_metrics(indexed.is_set))
        await serve_fim_api(arguments.host, arguments.port, api, announce)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await application.close()


def path_inside(folder: Path, path: str) -> str:
    """Return a path as the index calls the file: relative to the folder, where it is an absolute one inside of it."""
    return path.removeprefix(f"{folder.as_posix()}/")


async def ask(application: Application, question: FimRequest, folder: Path) -> str:
    """Return what the model of an application says to a question; "" where it has nothing to say.

    A file that holds secrets, or that `trigger.exclude` names, is not completed. Its name is only a client's word, so
    no file is looked for.
    """
    document = Document("fim:question", path=question.path, target=(folder / question.path).as_posix())
    if question.path and application.is_excluded(document):
        logger.info("nothing to offer: %s", Skip.EXCLUDED_FILE.value)
        return ""
    before, after = application.window
    prefix, suffix = question.prefix[-before:], question.suffix[:after]
    request = CompletionRequest(
        document=document,
        position=Position(prefix.count("\n"), len(prefix) - prefix.rfind("\n") - 1),
        prefix=prefix,
        suffix=suffix,
        trigger=Trigger.INVOKED,  # A request to an API is always explicit.
        prefix_is_whole=len(prefix) == len(question.prefix),
        suffix_is_whole=len(suffix) == len(question.suffix),
    )
    text = ""
    async for event in application.open_stream(request, Context(prefix, suffix, question.path)):
        if isinstance(event, Chunk):
            text += event.text
            if event.silence:
                logger.info("nothing to offer: %s", event.silence)
    return text


async def index_and_follow(
    application: Application,
    folder: Path,
    indexed: asyncio.Event,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Index the workspace, then tell the index which files have changed, until cancelled."""
    from fim_language_server.embedded.sources.scanner import Scanner

    scanner = Scanner([str(folder)], exclude=application.settings.trigger.exclude)
    known = await asyncio.to_thread(_times, scanner)
    await application.warm_up()
    await application.wait_until_indexed()
    indexed.set()
    pause = LOOK_EVERY_S
    while True:
        await sleep(pause)
        began = now()
        found = await asyncio.to_thread(_times, scanner)
        pause = max(LOOK_EVERY_S, REST * (now() - began))
        if changed := changed_paths(known, found):
            application.files_changed(changed)
        known = found


def _times(scanner: Scanner) -> dict[str, float]:
    return {file.path: file.modified for file in scanner.list_sources().files}


def changed_paths(before: Mapping[str, float], after: Mapping[str, float]) -> Sequence[str]:
    """Return the files that were written, made or removed between two looks at their times."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


class _LoggingListener(SilentListener):
    """Listener that logs the messages that an editor would show."""

    def provider_failed(self, error: ProviderError) -> None:
        logger.warning("%s", error)

    def notice(self, text: str) -> None:
        logger.warning("%s", text)
