"""Check, in the order in which things can go wrong, all that stands between an editor and its ghost text.

Each check prints a line: `ok`, `warn` or `FAIL`, what was found, and after a dash what to do about it. The last
one asks the model for a few tokens. Exit status: 0 if nothing failed, 1 if a check failed, 2 for
misuse (--settings names no file, or --workspace no folder).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define

from fim_language_server import __version__
from fim_language_server.app.company_files import CompanySettings, read_company_settings
from fim_language_server.app.user_hash import user_hash
from fim_language_server.cli.collector_check import check_collector
from fim_language_server.cli.findings import CheckReport, Level
from fim_language_server.cli.listeners import SilentListener
from fim_language_server.cli.next_edit_checks import check_next_edits
from fim_language_server.cli.printing import say, say_json
from fim_language_server.cli.provider_checks import check_provider
from fim_language_server.cli.store_checks import check_store
from fim_language_server.errors import SettingsError
from fim_language_server.providers import AUTO, EMBEDDED, REGISTRY, resolve_kind
from fim_language_server.providers.targets import Target, choose_chain, choose_target
from fim_language_server.providers.transport import Transport
from fim_language_server.state.folder import state_folder

if TYPE_CHECKING:
    from fim_language_server.settings import ModelSettings, ProviderSettings, Settings

CountIndexed = Callable[[str], Awaitable[int]]
"""Indexes a folder with the embedded model and returns how many files it read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what decides which settings are checked."""
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings (section fim)")
    parser.add_argument("--provider", metavar="KIND", help="provider.kind for this call")
    parser.add_argument(
        "--workspace", metavar="DIR", type=Path, default=Path(), help="folder for the embedded model (default: here)"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the checks and print what they find."""
    report = CheckReport() if arguments.json else CheckReport(lambda finding: say(finding.line()))
    asyncio.run(examine(report, arguments, os.environ))
    if arguments.json:
        findings = [
            {"level": each.level.value.lower(), "check": each.check, "what": each.what, "remedy": each.remedy}
            for each in report.findings
        ]
        say_json({"ok": not report.failed, "findings": findings}, indent=2)
    if report.failed and _is_misused(arguments):
        return 2
    return 1 if report.failed else 0


def _is_misused(arguments: argparse.Namespace) -> bool:
    """Return whether an option names a file or folder that is not there."""
    settings = arguments.settings
    return (settings is not None and not settings.exists()) or not arguments.workspace.is_dir()


async def examine(
    report: CheckReport,
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
    count_indexed: CountIndexed | None = None,
    company: CompanySettings | None = None,
) -> None:
    """Make all checks that make sense, in order; stop where the next one could not succeed."""
    report.ok("version", f"fim-language-server {__version__}, Python {platform.python_version()}, {sys.platform}")
    settings = _check_settings(report, arguments, company or read_company_settings(environ))
    if settings is None:
        return
    await _check_completing(report, arguments, settings, environ, count_indexed)
    await check_next_edits(report, settings, environ)


async def _check_completing(
    report: CheckReport,
    arguments: argparse.Namespace,
    settings: Settings,
    environ: Mapping[str, str],
    count_indexed: CountIndexed | None,
) -> None:
    try:
        user = user_hash(settings.provider, state_folder(environ))
        target = choose_target(settings.provider, environ, user)
    except SettingsError as error:
        report.error("provider", error)
        return
    report.ok("provider", _describe_choice(settings.provider, environ))
    await check_collector(report, settings)
    if target is None:
        if folder := _check_folder(report, arguments.workspace):
            await check_embedded(report, folder, count_indexed or _count_indexed)
        return
    n_failed = report.n_failed
    await _check_target(report, settings.provider, target)
    await _check_fallback(report, settings.provider, environ, user, is_failing=report.n_failed > n_failed)
    await check_store(report, settings, environ)


async def _check_fallback(
    report: CheckReport, section: ProviderSettings, environ: Mapping[str, str], user: str, *, is_failing: bool
) -> None:
    """Check each model of provider.fallback; the embedded one is named where all models before it fail.

    `is_failing` says whether the first model does.
    """
    links, left_out = choose_chain(section, environ, user)
    for problem in left_out:
        report.add(Level.WARN, "fallback", problem, "mend the entry, or take it out of provider.fallback")
    for link in links[1:]:
        if link.target is not None:
            report.ok("fallback", f"then provider {link.target.provider.name}, as provider.fallback says")
            n_failed = report.n_failed
            await _check_target(report, link.section, link.target)
            is_failing = is_failing and report.n_failed > n_failed
        elif is_failing:
            report.ok("fallback", "meanwhile the embedded model answers, from the open workspace (provider.fallback)")


async def _check_target(report: CheckReport, section: ModelSettings, target: Target) -> None:
    for remark in target.provider.option_warnings(target.options):
        report.error("settings", remark, Level.WARN)
    transport = Transport(
        section.connect_timeout_ms / 1_000,
        section.first_byte_timeout_ms / 1_000,
        section.ca_file,
    )
    try:
        await check_provider(report, target, transport)
    finally:
        await transport.close()


def _check_settings(report: CheckReport, arguments: argparse.Namespace, company: CompanySettings) -> Settings | None:
    from fim_language_server.app.settings_layers import is_of_policy, read_layers
    from fim_language_server.cli.complete import read_settings_file
    from fim_language_server.settings import merge_settings

    try:
        raw = read_settings_file(arguments.settings)
    except SettingsError as error:
        report.error("settings", error)
        return None
    override = {"provider": {"kind": arguments.provider}} if arguments.provider else None
    settings, problems = read_layers(merge_settings(raw, override), company=company)
    for problem in problems:
        report.error("settings", problem, Level.WARN if is_of_policy(problem, company) else Level.FAIL)
    if not problems:
        files = [str(file) for file in (arguments.settings, company.users_file) if file]
        report.ok("settings", f"settings of {' over '.join(files)}" if files else "default settings")
    policy = company.policy
    if policy is not None and not policy.fault:
        report.ok("policy", f"the settings are {policy.described}")
    return settings


def _describe_choice(section: ProviderSettings, environ: Mapping[str, str]) -> str:
    kind = resolve_kind(section.kind, environ)
    if section.kind != AUTO:
        return f"provider {kind}, as provider.kind says"
    if kind == EMBEDDED:
        return f"provider {kind}: neither CODESTRAL_API_KEY nor MISTRAL_API_KEY is set"
    return f"provider {kind}: {REGISTRY[kind].api_key_env} is set"


def _check_folder(report: CheckReport, workspace: Path) -> str:
    if workspace.is_dir():
        return str(workspace.resolve())
    report.add(Level.FAIL, "workspace", f"there is no folder {workspace}", "name one with --workspace")
    return ""


async def check_embedded(report: CheckReport, workspace: str, count_indexed: CountIndexed) -> None:
    """Check that the embedded model can be loaded and finds source to learn from."""
    try:
        import numpy as np
    except ImportError as error:
        report.add(Level.FAIL, "embedded", f"numpy cannot be imported ({error})", "install fim-language-server again")
        return
    report.ok("embedded", f"the embedded model is ready (numpy {np.__version__})")
    n_files = await count_indexed(workspace)
    if n_files:
        report.ok(
            "workspace",
            f"the embedded model indexes {n_files} source files of {workspace}, in any language, none that git ignores",
        )
    else:
        remedy = "open a folder with source, or set MISTRAL_API_KEY"
        report.add(Level.WARN, "workspace", f"no source files in {workspace}", remedy)


async def _count_indexed(workspace: str) -> int:
    """Index the workspace as the server would, and return how many files were read."""
    from fim_language_server.app.application import Application

    index_size = _IndexSize()
    application = Application([workspace], index_size)
    try:
        await application.configure({"provider": {"kind": EMBEDDED}})
        await application.warm_up()
        await application.wait_until_indexed()
    finally:
        await application.close()
    return index_size.n_files


@define
class _IndexSize(SilentListener):
    """Listener that keeps the number of indexed files."""

    n_files: int = 0

    def indexing(self, done: int, total: int, finished: bool) -> None:
        self.n_files = done
