"""The settings of the company, the user, the editor and the workspace, read and joined."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fim_language_server.app.company_files import CompanySettings
from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.providers import EMBEDDED, REGISTRY
from fim_language_server.settings import Settings, merge_settings, narrowed, not_taken, parse_settings
from fim_language_server.settings.next_edit_provider import without_other_kind
from fim_language_server.settings.policy import OF_ANOTHER_KIND, Policy
from fim_language_server.settings.provider_sections import ModelSettings

logger = logging.getLogger(__name__)

WITHOUT_COMPANY = CompanySettings()


def read_layers(
    raw: Any, workspace: Sequence[Any] = (), company: CompanySettings = WITHOUT_COMPANY
) -> tuple[Settings, list[str]]:
    """Return the settings that hold, and a sentence for each problem.

    From the bottom: the policy's defaults, the user's file, `raw` (the editor's, or a command's), each layer over the
    one before; narrowed by those of a workspace; and over all of them what the policy enforces.
    """
    kinds, policy = [*REGISTRY, EMBEDDED], company.policy
    users, problems = parse_settings(_lay(company.users, raw), kinds, TEMPLATES)
    settings = users
    if policy is not None and policy.defaults:
        settings, problems = parse_settings(_lay(policy.defaults, _lay(company.users, raw)), kinds, TEMPLATES)
    problems += company.problems
    ignored: list[str] = []
    stays_here = False
    for layer in workspace:
        theirs, wrong = parse_settings(layer, kinds, TEMPLATES)
        problems += [f"workspace settings: {problem}" for problem in wrong]
        ignored += not_taken(settings, theirs)
        settings = narrowed(settings, theirs)
        stays_here = stays_here or theirs.provider.kind == EMBEDDED
    if ignored:
        keys = ", ".join(dict.fromkeys(ignored))
        logger.info("not taken from the workspace, whose settings may only narrow the user's: %s", keys)
    if policy is None:
        return settings, problems
    return policy.hold(settings, keeps_embedded=stays_here), [*problems, *_overridden(policy, users)]


def _overridden(policy: Policy, users: Settings) -> list[str]:
    """Return the sentence about values of the user that the policy replaces; none where the policy is a broken one."""
    keys = [] if policy.fault else list(dict.fromkeys(policy.overridden(users)))
    contact = f" (ask {policy.contact})" if policy.contact else ""
    return [f"{_set_by(policy)} {', '.join(keys)}{contact}"] if keys else []


def _set_by(policy: Policy) -> str:
    return f"set by {policy.file}, so yours is not taken:"


def is_of_policy(problem: str, company: CompanySettings) -> bool:
    """Does a sentence of `read_layers` only say that the policy replaces values of the user, so nothing is broken?"""
    return company.policy is not None and problem.startswith(_set_by(company.policy))


def _lay(below: Any, above: Any) -> dict[str, Any]:
    """Lay raw settings over others. Another kind of model above takes the address, key and model below with it."""
    lower, upper = merge_settings(below), merge_settings(above)
    without_other_kind(lower, upper)
    under, over = lower.get("provider"), upper.get("provider")
    if (
        isinstance(under, Mapping)
        and isinstance(over, Mapping)
        and over.get("kind", under.get("kind")) != under.get("kind")
    ):
        aliases = {ModelSettings.model_fields[name].alias for name in OF_ANOTHER_KIND}
        lower["provider"] = {key: value for key, value in under.items() if key not in {*OF_ANOTHER_KIND, *aliases}}
    return merge_settings(lower, upper)
