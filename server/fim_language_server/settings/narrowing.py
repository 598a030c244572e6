"""The user's settings, narrowed by those of a workspace. Pure.

Which value holds is each setting's own rule (`rules.py`); a setting that declares none is the user's alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fim_language_server.settings.base import Section
from fim_language_server.settings.next_edit_provider import OFF
from fim_language_server.settings.rules import Ceiling, NarrowingRule
from fim_language_server.settings.sections import Settings, rule_of, section_of

EMBEDDED: Final = "embedded"
"""The value of `provider.kind` with which nothing leaves this machine."""


def narrowed(user: Settings, workspace: Settings) -> Settings:
    """Return the user's settings with what `workspace` sets of them, as far as that narrows what leaves or costs.

    `workspace` is read as settings are everywhere; what it leaves unset changes nothing.
    """
    sections: dict[str, dict[str, Any]] = {}
    for section, name, rule in _set_by(workspace):
        mine, theirs = getattr(getattr(user, section), name), getattr(getattr(workspace, section), name)
        value = rule.combine(mine, theirs)
        if value != mine:
            sections.setdefault(section, {})[name] = value
    copies = {section: getattr(user, section).model_copy(update=values) for section, values in sections.items()}
    if workspace.provider.kind == EMBEDDED:  # Nothing of its code leaves this machine, for next edits either.
        copies["next_edit_provider"] = user.next_edit_provider.model_copy(update={"kind": OFF})
    holds = user.model_copy(update=copies)
    for section, name, rule in _set_by(workspace):
        if isinstance(rule, Ceiling):
            holds = holds.under(section, name, getattr(getattr(workspace, section), name), rule)
    return holds


def not_taken(user: Settings, workspace: Settings) -> list[str]:
    """Return the keys of which `workspace` says something that does not hold, as people write them."""
    holds = narrowed(user, workspace)
    return [
        key_of(section, name)
        for section, name, rule in _set_by(workspace)
        if not isinstance(rule, Ceiling)
        and getattr(getattr(holds, section), name) == getattr(getattr(user, section), name)
        and getattr(getattr(workspace, section), name) != getattr(getattr(user, section), name)
    ]


def rules() -> Iterator[tuple[str, str, NarrowingRule]]:
    """Yield section, name (both as in Python) and rule of every setting."""
    for section, section_field in Settings.model_fields.items():
        for name, field in section_of(section_field.annotation).model_fields.items():
            yield section, name, rule_of(field)


def _set_by(settings: Settings) -> Iterator[tuple[str, str, NarrowingRule]]:
    for section, name, rule in rules():
        of_section: Section = getattr(settings, section)
        if name in of_section.model_fields_set:
            yield section, name, rule


def key_of(section: str, name: str) -> str:
    """Return a setting's key as people write it, given section and name as in Python."""
    fields = section_of(Settings.model_fields[section].annotation).model_fields
    return f"{section}.{fields[name].alias or name}"
