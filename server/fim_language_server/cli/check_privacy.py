"""Print exactly what would be sent for a completion at FILE[:LINE:COL], and to whom; nothing is sent.

The request goes the way of every other through the engine, up to the network. Secrets are shown by their placeholders
only. Without LINE and COL the place is the file's end. Exit status: 0 where something would be sent, 1 where nothing
would, 2 for misuse.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import Any

from fim_language_server.cli.complete import (
    _CompletionListener,
    _settings,
    add_arguments,
    find_workspace,
    parse_place,
    read_request,
)
from fim_language_server.cli.printing import remark, say, say_json
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import Chunk, Context, Skip, Started
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.providers.transport import Transport

__all__ = ["add_arguments", "run"]


class _Recorder(Transport):
    """Takes requests and sends none; `sent` are the addresses and contexts of all of a run."""

    sent: list[tuple[str, Context]]

    async def stream(self, provider: Any, url: str, context: Context, *_: Any) -> AsyncGenerator[Started | Chunk, None]:
        self.sent.append((url, context))
        yield Chunk(finish_reason="stop")


def run(arguments: argparse.Namespace) -> int:
    """Print what would be sent."""
    try:
        return asyncio.run(_check(arguments))
    except (SettingsError, ProviderError) as error:
        remark(str(error))
        return 2


async def _check(arguments: argparse.Namespace) -> int:
    from fim_language_server.app.application import Application

    place = arguments.place if arguments.place.rpartition(":")[2].isdigit() else f"{arguments.place}:{sys.maxsize}"
    path, position = parse_place(place)
    folder = arguments.workspace or find_workspace(path)
    sent: list[tuple[str, Context]] = []

    def make_transport(**options: Any) -> Transport:
        recorder = _Recorder(**options)
        recorder.sent = sent
        return recorder

    application = Application([str(folder.resolve())], _CompletionListener(), make_transport=make_transport)
    try:
        for problem in await application.configure(_settings(arguments)):
            remark(problem)
        request = read_request(path, position, folder, application.request_window)
        answer = await application.engine.complete(request, alternatives=False)
        reason = application.decisions.reason(request, answer) if isinstance(answer, Skip) and not sent else ""
        provider = application.provider_name
    finally:
        await application.close()
    facts = _facts(provider, sent, reason or ("" if sent else "the embedded model runs in this process"), request)
    if arguments.json:
        say_json(facts)
    else:
        _say(facts)
    return 0 if sent else 1


def _facts(provider: str, sent: list[tuple[str, Context]], reason: str, request: Any) -> dict[str, Any]:
    withheld, by_name = request.document.withheld, secret_document_reason(request.document)
    facts: dict[str, Any] = {"provider": provider, "sent": bool(sent), "reason": reason}
    if by_name is not None:
        facts["secretByName"] = str(by_name)
    if withheld is not None:
        facts["secretByContent"] = {"rule": withheld.rule, "what": withheld.description, "line": withheld.line}
    if sent:
        url, context = sent[0]
        facts |= {"to": url, "file": context.path, "prefix": context.prefix, "suffix": context.suffix}
        facts["snippets"] = [{"file": it.path, "text": it.text} for it in context.snippets]
    return facts


def _say(facts: dict[str, Any]) -> None:
    if not facts["sent"]:
        say(f"Nothing is sent: {facts['reason']}")
        if by_content := facts.get("secretByContent"):
            say(f"  {by_content['what']} in line {by_content['line']} (rule {by_content['rule']})")
        if "secretByName" in facts:
            say(f"  secret by its name: {facts['secretByName']}")
        return
    say(f"To {facts['to']} ({facts['provider']}), file {facts['file']}:")
    say(f"--- before the cursor\n{facts['prefix']}\n--- after the cursor\n{facts['suffix']}\n--- end")
