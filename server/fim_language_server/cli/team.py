"""Prepare and check the server on which a team's machines share one limit (budget.store; docs/teams.md).

`load` loads the function that shares budgets into the server: once, and again after an update that says so, by a user
that may call FUNCTION LOAD. `check` says whether this machine can use it. `function` prints the function, for those
who load it by another way. Exit status: 0 if all is well, 1 if not, 2 for misuse (no store is named).
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fim_language_server.app.company_files import read_company_settings
from fim_language_server.cli.printing import remark, say
from fim_language_server.errors import SettingsError
from fim_language_server.spending.shared.valkey_store import function_source

if TYPE_CHECKING:
    from fim_language_server.settings import Settings

NO_STORE = (
    "no store is named; set budget.store in the policy, in the user's own settings or in the file of --settings, "
    "or give --store URL"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action, and which server."""
    parser.add_argument("action", choices=("load", "check", "function"))
    parser.add_argument("--settings", metavar="FILE", type=Path, help="JSON file with settings (section fim)")
    parser.add_argument("--store", metavar="URL", help="budget.store for this call, such as that of an administrator")
    parser.add_argument("--password-env", metavar="NAME", help="budget.storePasswordEnv for this call")


def run(arguments: argparse.Namespace) -> int:
    """Load, check or print; return the exit status."""
    if arguments.action == "function":
        say(function_source().rstrip())
        return 0
    try:
        settings = _read(arguments)
    except SettingsError as error:
        remark(str(error))
        return 2
    work = _load if arguments.action == "load" else _check
    return asyncio.run(work(settings, os.environ))


def _read(arguments: argparse.Namespace) -> Settings:
    """Return the settings that hold on this machine, with those of this call. Raises SettingsError.

    What the call says holds over a policy, too: an administrator's address is another one than that of the machines.
    """
    from fim_language_server.app.settings_layers import read_layers
    from fim_language_server.cli.complete import read_settings_file
    from fim_language_server.settings import parse_settings

    company = read_company_settings(os.environ)
    settings, problems = read_layers(read_settings_file(arguments.settings), company=company)
    given = {"store": arguments.store, "storePasswordEnv": arguments.password_env}
    of_call, wrong = parse_settings({"budget": {name: value for name, value in given.items() if value}})
    of_store = [problem for problem in [*wrong, *problems] if problem.startswith("budget.store")]
    if of_store:
        raise SettingsError(of_store[0])
    said = {name: getattr(of_call.budget, name) for name in of_call.budget.model_fields_set}
    if not said.get("store", settings.budget.store):
        raise SettingsError(company.problems[0] if company.problems else NO_STORE)
    return settings.model_copy(update={"budget": settings.budget.model_copy(update=said)})


async def _load(settings: Settings, environ: Mapping[str, str]) -> int:
    from fim_language_server.app.budgets import store_of
    from fim_language_server.spending.shared.budget_store import StoreError

    store = store_of(settings, environ)
    try:
        await store.call("FUNCTION", "LOAD", "REPLACE", function_source())
    except StoreError as error:
        remark(str(error))
        return 1
    finally:
        await store.close()
    say("The function that shares budgets is loaded.")
    return 0


async def _check(settings: Settings, environ: Mapping[str, str]) -> int:
    from fim_language_server.cli.findings import CheckReport
    from fim_language_server.cli.store_checks import check_store

    report = CheckReport(lambda finding: say(finding.line()))
    await check_store(report, settings, environ)
    return 1 if report.failed else 0
