"""The settings of the user and of the workspace, read and joined."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.providers import EMBEDDED, REGISTRY
from fim_language_server.settings import Settings, narrowed, not_taken, parse_settings

logger = logging.getLogger(__name__)


def read_layers(raw: Any, workspace: Sequence[Any] = ()) -> tuple[Settings, list[str]]:
    """Return the user's settings, narrowed by those of a workspace, and a sentence for each problem in either."""
    kinds = [*REGISTRY, EMBEDDED]
    settings, problems = parse_settings(raw, kinds, TEMPLATES)
    ignored: list[str] = []
    for layer in workspace:
        theirs, wrong = parse_settings(layer, kinds, TEMPLATES)
        problems += [f"workspace settings: {problem}" for problem in wrong]
        ignored += not_taken(settings, theirs)
        settings = narrowed(settings, theirs)
    if ignored:
        keys = ", ".join(dict.fromkeys(ignored))
        logger.info("not taken from the workspace, whose settings may only narrow the user's: %s", keys)
    return settings, problems
