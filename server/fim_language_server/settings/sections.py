"""Every setting, once: name, type, bounds, default and meaning. Schema, docs and editor manifests are made from here.

The string under a field is its documentation. Names are camelCase on the wire (`provider.apiKeyEnv`) and
snake_case in Python. Keys and tokens are never settings: a setting can only say where a key is found.
How settings are read from what clients send is in `reading`. Each setting also declares what a workspace may say of it
(`rules`): a test fails for one that does not.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr
from pydantic.fields import FieldInfo

from fim_language_server.settings.addresses import checked_store
from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.next_edit_provider import NAME as NEXT_EDIT_PROVIDER
from fim_language_server.settings.next_edit_provider import NextEditProviderSettings
from fim_language_server.settings.provider_sections import ProviderSettings
from fim_language_server.settings.rules import (
    ADDED_UP,
    EITHER,
    LARGER,
    LIMIT,
    NEVER_TRUE,
    ON_IN_BOTH,
    SMALLER,
    USERS,
    Ceiling,
    NarrowingRule,
    Stricter,
)
from fim_language_server.settings.usage_section import UsageSettings

SECTION = "fim"
"""The name under which clients keep these settings."""


class TriggerSettings(Section):
    """When a completion is asked for."""

    mode: Annotated[Literal["automatic", "explicit", "off"], Stricter(("off", "explicit", "automatic"))] = "automatic"
    """`automatic`: while you type. `explicit`: only when you ask for it. `off`: never."""
    languages: Annotated[dict[str, bool], ON_IN_BOTH] = Field(default_factory=dict)
    """Languages to switch off or on, by the editor's language id: `{"markdown": false}`. `"*"` stands for all
    others.
    """
    exclude: Annotated[tuple[str, ...], ADDED_UP] = ()
    """Files that are neither completed nor sent, as .gitignore patterns, besides those that hold secrets (`.env*`,
    private keys, credential files).
    """
    in_comments: Annotated[bool, NEVER_TRUE] = True
    """Complete inside comments, too."""
    min_delay_ms: Annotated[int, Field(ge=0, le=5_000), LARGER] = 0
    """Shortest wait before a new request, in ms. A text that is already known is shown at once all the same."""
    max_delay_ms: Annotated[int, Field(ge=0, le=5_000), LARGER] = 250
    """Longest wait before a new request, in ms: the wait grows while suggestions turn out wrong, and is gone as soon
    as one is right.
    """
    linger_ms: Annotated[int, Field(ge=0, le=30_000), USERS] = 1_000
    """Time in ms that a running request is kept after the editor cancelled it: the next key mostly needs its answer."""


class ContextSettings(Section):
    """The text that is sent to the model."""

    prefix_chars: Annotated[int, Field(ge=200, le=400_000), Ceiling()] = 3_000
    """Most characters before the cursor that are sent. As long as no setting of this section is set, a prompt has at
    most 6,900 characters, which the three parts share as the place needs it.
    """
    suffix_chars: Annotated[int, Field(ge=0, le=400_000), Ceiling()] = 1_000
    """Most characters after the cursor that are sent."""
    snippet_chars: Annotated[int, Field(ge=0, le=100_000), Ceiling()] = 4_000
    """Most characters of other files that are sent, their names included. 0: none. Unset: so many for a place, and up
    to 8,192 while you write on there, for hosts that keep what they have read of a prompt.
    """
    workspace: Annotated[Literal["auto", "on", "off"], Stricter(("off", "auto", "on"))] = "auto"
    """Pieces of files that are not open: the workspace is indexed (`embedded.maxSourceMb` of it) in a process of its
    own, and what is nearest to the lines around the cursor is sent. `auto`: where the machine has 2 GB of memory or
    more. `off`: only open files are sent. Files with secrets, and those that `.gitignore` or `trigger.exclude` names,
    never are.
    """


class ShapingSettings(Section):
    """Length and form of suggestions."""

    multi_line: Annotated[Literal["auto", "always", "never"], Stricter(("never", "auto", "always"))] = "auto"
    """Several lines where a block begins and on empty lines (`auto`), wherever the line is free (`always`), or
    never.
    """
    max_lines: Annotated[int, Field(ge=1, le=200), SMALLER] = 12
    """Most lines of a suggestion."""


class PopupSettings(Section):
    """Suggestions in the completion popup, for editors that cannot show ghost text."""

    mode: Annotated[Literal["auto", "always", "never"], Stricter(("never", "auto", "always"))] = "auto"
    """`auto`: where the editor does not say that it shows ghost text. `always`: everywhere. `never`: nowhere. Some
    editors learn of it only when they start the server.
    """
    form: Annotated[Literal["auto", "edit", "adjusted", "snippet", "line"], EITHER] = "auto"
    """How the text is sent, should your editor put it in wrongly. `edit`: as it is to stand in the file. `adjusted`:
    without the indentation that the editor adds to each line. `snippet`: like that, as a snippet. `line`: the first
    line only. `auto`: by what the editor says of itself.
    """


class NextEditSettings(Section):
    """Edits that follow from the last ones, here or elsewhere: shown where the editor can, taken with a key."""

    mode: Annotated[Literal["auto", "off"], Stricter(("off", "auto"))] = "auto"
    """`auto`: look for the next edit once an edit has settled. `off`: never."""
    repeats: Annotated[bool, NEVER_TRUE] = True
    """Offer to do again elsewhere what you have just done: a name changed in one place, an argument added. It needs no
    model, and nothing leaves this machine.
    """


class BudgetSettings(Section):
    """Limits of what is spent on one host, key and model, by all your editors together.

    Limits of a provider's own are learned from its answers. As a budget runs low, less is sent, and less often.
    """

    requests_per_minute: Annotated[int, Field(ge=0, le=100_000), Ceiling(zero_is_none=True)] = 0
    """Most requests a minute. 0: the provider's known limit (langdock: 500), or none."""
    tokens_per_minute: Annotated[int, Field(ge=0, le=100_000_000), Ceiling(zero_is_none=True)] = 0
    """Most tokens a minute, prompt and answer together. 0: the provider's known limit (langdock: 60,000), or none."""
    dollars_per_day: Annotated[float, Field(ge=0, le=100_000), LIMIT] = 0
    """Most US dollars a day (of UTC), by all your editors on this machine and `eval` together. Then no model that costs
    something is asked until midnight, nor one whose price is not known (`provider.price`). 0: no limit.
    """
    store: Annotated[str, AfterValidator(checked_store), Field(json_schema_extra=MACHINE), USERS] = ""
    """Server on which a team's machines share one limit (docs/teams.md): `valkeys://USER@HOST:PORT`, or `valkey://`
    without encryption; `rediss://` and `redis://` for Redis. Needs the extra `valkey`. Empty: the editors of this
    machine share a file.
    """
    store_password_env: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """Name of the environment variable that holds the store's password (not the password itself)."""
    store_password_command: Annotated[tuple[str, ...], Field(json_schema_extra=MACHINE), USERS] = ()
    """A program and its arguments that prints the store's password. The variable wins where both are set."""


class EmbeddedSettings(Section):
    """The model of the open workspace, which needs neither key nor network."""

    max_source_mb: Annotated[int, Field(ge=0, le=500), SMALLER] = 20
    """Most megabytes of source that are indexed; the nearest and newest files come first. 0: only open documents."""
    min_confidence: Annotated[float, Field(ge=0, le=1), LARGER] = 0.5
    """Probability of being exactly right from which on a text is shown as you type: at 0.5 four in five shown texts
    are right, at 0.3 two in three. The limit is lower for long texts, and higher for short ones.
    """
    min_confidence_invoked: Annotated[float, Field(ge=0, le=1), LARGER] = 0.15
    """Probability of being exactly right from which on a text is shown where you ask for a suggestion yourself."""
    index_packages: Annotated[bool, NEVER_TRUE] = False
    """Index the installed packages of the active Python environment as well, after the workspace (at most 10 MB)."""
    instant_guess: Annotated[bool, NEVER_TRUE] = False
    """Beside a model behind an API: show a text of the embedded model at once where it is sure, without a request to
    the API, and a likely one where the API has not answered for 0.4 s.
    """


class LogSettings(Section):
    """Messages to standard error and the editor's log. Text of documents only at `debug`; keys never."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Stricter(("error", "warning", "info", "debug"))] = (
        "info"
    )
    """Least severity that is logged."""
    statistics: Annotated[bool, NEVER_TRUE] = True
    """Keep a record of each request's cost for `fim-language-server stats`: for 90 days, on this machine only, and
    never any text.
    """


class Settings(Section):
    """All settings of the language server (section `fim`)."""

    provider: ProviderSettings = Field(default_factory=ProviderSettings)
    trigger: TriggerSettings = Field(default_factory=TriggerSettings)
    context: ContextSettings = Field(default_factory=ContextSettings)
    shaping: ShapingSettings = Field(default_factory=ShapingSettings)
    popup: PopupSettings = Field(default_factory=PopupSettings)
    next_edit: NextEditSettings = Field(default_factory=NextEditSettings)
    next_edit_provider: NextEditProviderSettings = Field(
        default_factory=NextEditProviderSettings, alias=NEXT_EDIT_PROVIDER
    )
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    embedded: EmbeddedSettings = Field(default_factory=EmbeddedSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    usage: UsageSettings = Field(default_factory=UsageSettings)
    _ceilings: dict[tuple[str, str], tuple[int, Ceiling]] = PrivateAttr(default_factory=dict)

    def under(self, section: str, name: str, ceiling: int, rule: Ceiling) -> Settings:
        """Return these settings under a ceiling more, for the number that comes of one setting."""
        known, _ = self._ceilings.get((section, name), (ceiling, rule))
        copy = self.model_copy()
        copy._ceilings = {**self._ceilings, (section, name): (rule.lower(known, ceiling), rule)}
        return copy

    def at_most(self, section: str, name: str, value: int) -> int:
        """Return the number that holds, given the one that comes of a setting and what is known of the provider."""
        if (section, name) not in self._ceilings:
            return value
        ceiling, rule = self._ceilings[section, name]
        return rule.lower(value, ceiling)


def rule_of(field: FieldInfo) -> NarrowingRule:
    """Return what a workspace may say of a setting; one that declares nothing is the user's alone."""
    return next((mark for mark in field.metadata if isinstance(mark, NarrowingRule)), USERS)


def known_keys() -> list[str]:
    """Return every key as people write it: `provider.kind`, `trigger.maxDelayMs`, …"""
    return [
        f"{section_field.alias or section}.{field.alias or name}"
        for section, section_field in Settings.model_fields.items()
        for name, field in section_of(section_field.annotation).model_fields.items()
    ]


def section_of(annotation: Any) -> type[Section]:
    """Return the class of a section, given the annotation of its field in `Settings`."""
    assert isinstance(annotation, type)
    assert issubclass(annotation, Section)
    return annotation
