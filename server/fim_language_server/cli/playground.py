"""Try the server in a browser: an editor on a page, and beside it why each key was answered as it was.

The page is served on this machine only, at an address with a secret in it that is printed and opened. It begins with
FILE, or with a sample as if it were a file of FOLDER (default: this one). Nothing is saved. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import secrets
import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from fim_language_server.cli.complete import find_workspace, read_settings_file
from fim_language_server.cli.printing import remark, say
from fim_language_server.cli.serve import log_to_stderr, parse_address, session_maker, until_signalled
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.errors import SettingsError

if TYPE_CHECKING:
    from fim_language_server.web.playground import OpenedWorkspace

PAGE = Path(__file__).parents[1] / "web" / "page"
"""Where `make playground` puts the page; release wheels carry it."""

HOST = "127.0.0.1"

LARGEST_FILE = 2_000_000
"""Bytes of FILE; a page's editor is slow beyond."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is opened, and where."""
    parser.add_argument("path", metavar="FILE|FOLDER", nargs="?", type=Path, default=Path(), help="what to open")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 is any free one (the default)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.add_argument("--provider", metavar="KIND", help="provider.kind for this call")
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings (section fim)")


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal says it is enough; return the exit status."""
    from fim_language_server.settings import merge_settings

    try:
        provider = {"provider": {"kind": arguments.provider}} if arguments.provider else None
        settings = merge_settings(read_settings_file(arguments.settings), provider)
        opened = open_path(arguments.path)
        files = read_page(PAGE)
        parse_address(f"{HOST}:{arguments.port}")
    except (SettingsError, ValueError) as error:
        remark(f"fim-language-server: {error}")
        return 2
    listener = log_to_stderr()
    try:
        status = asyncio.run(_serve(arguments, opened, settings, files))
    finally:
        listener.stop()
    return 0 if status > 128 else status  # A signal is how this command ends well.


def read_page(folder: Path) -> dict[str, bytes]:
    """Return the page's files by name; raises SettingsError, saying how to make them, where they are not there."""
    if not (folder / "index.html").is_file():
        raise SettingsError(
            "the playground's page is not built; run `make playground` in a clone of the project, then install it again"
        )
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def open_path(path: Path) -> OpenedWorkspace:
    """Return what the page opens for a file or a folder. Raises SettingsError where it cannot be read."""
    from fim_language_server.web.playground import OpenedFile, OpenedWorkspace

    path = path.resolve()
    if path.is_dir():
        return OpenedWorkspace(path.as_uri(), path.name)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SettingsError(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB; open a smaller file")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot open {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    folder = find_workspace(path)
    language_id = EXTENSIONS.get(path.suffix[1:].lower(), "plaintext")
    return OpenedWorkspace(folder.as_uri(), folder.name, OpenedFile(path.as_uri(), language_id, text))


async def _serve(
    arguments: argparse.Namespace, opened: OpenedWorkspace, settings: object, files: dict[str, bytes]
) -> int:
    from fim_language_server.lsp.editor.origin import Origin
    from fim_language_server.web.playground import Playground, serve_playground
    from fim_language_server.web.websocket import Guard

    connect = session_maker(Origin(is_network=True, settings=settings))
    playground = Playground(files, opened, connect, Guard(secrets.token_urlsafe(24)))
    with tempfile.TemporaryDirectory(prefix="fim-playground-") as own:

        def announce(url: str) -> None:
            say(f"open {url}")
            if not arguments.no_browser:
                open_browser(url, Path(own))

        return await until_signalled(lambda: serve_playground(HOST, arguments.port, playground, announce))


def open_browser(url: str, own: Path) -> None:
    """Open a page of the user's browser. `own` is a folder that no other user can read."""
    # By way of a file: a browser's arguments can be seen by all users of a machine, and the address is a secret.
    way = own / "open.html"
    way.write_text(f'<meta http-equiv="refresh" content="0; url={html.escape(url)}">', encoding="utf-8", newline="")
    webbrowser.open(way.as_uri())
