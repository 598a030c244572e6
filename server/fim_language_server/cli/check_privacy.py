"""Print what would be sent for a completion at FILE[:LINE[:COL]], and to which address; nothing is sent.

Where a model of next edits is set, what it would be sent there is printed, too: without edits of the past, of which a
command knows none.

The request is made as every other one, up to the network, which needs no key. Secrets are shown by their placeholders
only, and listed by line and rule. As in an editor, the workspace's files are looked at for pieces. Without LINE and COL
the place is the file's end. Exit status: 0 where something would be sent, 1 where nothing would, 2 for misuse (no such
file, a LINE beyond its end, settings that cannot be read).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from fim_language_server.cli.complete import (
    END_OF_FILE,
    add_settings_arguments,
    find_workspace,
    merged_settings,
    parse_place,
    read_request,
    wait_for_pieces,
)
from fim_language_server.cli.listeners import TerminalListener
from fim_language_server.cli.next_edit_privacy import next_edit_facts, next_edit_in_words
from fim_language_server.cli.other_files import describe_piece, piece_as_json, read_open_documents
from fim_language_server.cli.printing import remark, say, say_json
from fim_language_server.cli.replaced_secrets import replaced_in_piece, replaced_secrets
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import (
    Chunk,
    CompletionRequest,
    Context,
    Document,
    Position,
    Skip,
    Snippet,
    Started,
)
from fim_language_server.engine.decision_log import sent_piece
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.providers import EMBEDDED
from fim_language_server.providers.base import Provider, RequestOptions
from fim_language_server.providers.transport import Transport

IN_PROCESS = "the embedded model runs in this process"
HINT = "to see what an API would be sent, try --provider mistral"


class _RecordingTransport(Transport):
    """Transport that sends no request; `sent` are the addresses and contexts of all requests of one run."""

    sent: list[tuple[str, Context]]

    async def stream(
        self, provider: Provider, url: str, context: Context, options: RequestOptions, *_: Any
    ) -> AsyncGenerator[Started | Chunk, None]:
        self.sent.append((url, provider.sent_context(context, options)))
        yield Chunk(finish_reason="stop")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the place, and the options that override settings."""
    parser.add_argument("place", metavar="FILE[:LINE[:COL]]", help="place of the completion, counted from 1")
    add_settings_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print address, text, snippets and replaced secrets (or the reason) as JSON"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what would be sent."""
    try:
        return asyncio.run(_check(arguments))
    except (SettingsError, ProviderError) as error:
        remark(str(error))
        return 2 if isinstance(error, SettingsError) else 1


def parse_optional_place(place: str) -> tuple[Path, Position]:
    """Read `FILE[:LINE[:COL]]`; a file alone stands for its end. Raises SettingsError where there is no such file."""
    if (path := Path(place)).is_file():
        return path, END_OF_FILE
    if not place.rpartition(":")[2].isdecimal():
        raise SettingsError(f"there is no file {place}; a place is FILE[:LINE[:COL]], counted from 1")
    return parse_place(place)


async def _check(arguments: argparse.Namespace) -> int:
    from fim_language_server.app.application import Application

    path, position = parse_optional_place(arguments.place)
    folder = arguments.workspace or find_workspace(path)
    sent: list[tuple[str, Context]] = []

    def make_transport(**options: Any) -> Transport:
        transport = _RecordingTransport(**options)
        transport.sent = sent
        return transport

    application = Application(
        [str(folder.resolve())],
        TerminalListener(),
        open_documents=read_open_documents(arguments.open, folder),
        make_transport=make_transport,
    )
    try:
        for problem in await application.configure(merged_settings(arguments)):
            remark(problem)
        request = read_request(path, position, folder, application.request_window)
        if application.provider_name != EMBEDDED:
            await wait_for_pieces(application, request)
        answer = await application.engine.complete(request, alternatives=False)
        of_next_edits = next_edit_facts(application, path, folder, request)
        provider = application.provider_name
        reason = ""
        if provider == EMBEDDED:
            reason = IN_PROCESS
        elif not sent:
            reason = application.decisions.reason(request, answer) if isinstance(answer, Skip) else IN_PROCESS
    finally:
        await application.close()
    facts = _facts(provider, sent, reason, request, folder) | of_next_edits
    if not sent and (pattern := _excluding_pattern(request.document, application.settings.trigger.exclude)):
        facts["excludedBy"] = pattern
    if arguments.json:
        say_json(facts)
    else:
        _say(facts)
    return 0 if sent or facts.get("nextEdit", {}).get("sent") else 1


def _excluding_pattern(document: Document, patterns: Sequence[str]) -> str | None:
    """Return the first pattern of `trigger.exclude` that excludes a document; None where only several together do.

    A document that is a secret by its name is excluded without a pattern.
    """
    from fim_language_server.app.backends import excluder

    if secret_document_reason(document) is not None or not excluder(patterns)(document):
        return None
    return next((pattern for pattern in patterns if excluder([pattern])(document)), None)


def _facts(
    provider: str, sent: list[tuple[str, Context]], reason: str, request: CompletionRequest, folder: Path
) -> dict[str, Any]:
    """Return the findings as they are printed with --json; no value of a secret is among them."""
    withheld, by_name = request.document.withheld, secret_document_reason(request.document)
    facts: dict[str, Any] = {"provider": provider, "sent": bool(sent), "reason": reason}
    if provider == EMBEDDED and not sent:
        facts["hint"] = HINT
    if by_name is not None:
        facts["secretByName"] = str(by_name)
    if withheld is not None:
        facts["secretByContent"] = {"rule": withheld.rule, "what": withheld.description, "line": withheld.line}
    if sent:
        url, context = sent[0]
        facts |= {"to": url, "file": context.path, "prefix": context.prefix, "suffix": context.suffix}
        facts["snippets"] = [{"file": each.path, **piece_as_json(sent_piece(each))} for each in context.snippets]
        facts["replaced"] = [{"line": each.line, "rule": each.rule} for each in replaced_secrets(request, context)]
        facts["replaced"] += _replaced_in_pieces(context.snippets, folder)
    return facts


def _replaced_in_pieces(snippets: Sequence[Snippet], folder: Path) -> list[dict[str, Any]]:
    """Return the secrets replaced in pieces of other files, as far as the files can be read in the workspace."""
    replaced: list[dict[str, Any]] = []
    for snippet in snippets:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = (folder / snippet.path).read_bytes().decode("utf-8")
            found = replaced_in_piece(snippet, text)
            replaced += [{"file": snippet.path, "line": each.line, "rule": each.rule} for each in found]
    return replaced


def _say(facts: dict[str, Any]) -> None:
    _say_completion(facts)
    if "nextEdit" in facts:
        say(next_edit_in_words(facts["nextEdit"]))


def _say_completion(facts: dict[str, Any]) -> None:
    if not facts["sent"]:
        say(f"Nothing is sent: {facts['reason']}{f' ({hint})' if (hint := facts.get('hint')) else ''}")
        if by_content := facts.get("secretByContent"):
            say(f"  {by_content['what']} in line {by_content['line']} (rule {by_content['rule']})")
        if "excludedBy" in facts:
            say(f"  excluded by the pattern {facts['excludedBy']} of trigger.exclude")
        if "secretByName" in facts:
            say(f"  secret by its name: {facts['secretByName']}")
        return
    say(f"To {facts['to']} ({facts['provider']}), file {facts['file']}:")
    say(f"--- before the cursor\n{facts['prefix']}\n--- after the cursor\n{facts['suffix']}\n--- end")
    for snippet in facts["snippets"]:
        say(f"{describe_piece(snippet)}\n--- end")
    say(_replaced_in_words(facts["replaced"]))


def _replaced_in_words(replaced: list[dict[str, Any]]) -> str:
    if not replaced:
        return "No secrets found, so none replaced."
    noun, form = ("secret", "a placeholder") if len(replaced) == 1 else ("secrets", "placeholders")
    places = ", ".join(
        f"line {each['line']}{' of ' + each['file'] if 'file' in each else ''} ({each['rule']})" for each in replaced
    )
    return f"{len(replaced)} {noun} replaced by {form}: {places}"
