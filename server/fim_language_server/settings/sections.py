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
from fim_language_server.settings.allowed import Allowed
from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.rules import (
    ADDED_UP,
    EITHER,
    LARGER,
    NEVER_FALSE,
    NEVER_TRUE,
    ON_IN_BOTH,
    SMALLER,
    USERS,
    Ceiling,
    NarrowingRule,
    OnlyTo,
    Stricter,
)
from fim_language_server.settings.usage_section import UsageSettings

SECTION = "fim"
"""The name under which clients keep these settings."""


class ModelSettings(Section):
    """A model, and how it is reached."""

    kind: Annotated[str, OnlyTo("embedded")] = "auto"
    """The provider of completions. `auto` takes `codestral` if CODESTRAL_API_KEY is set, else `mistral` if
    MISTRAL_API_KEY is, else `embedded`: a model of the open workspace that needs neither key nor network.
    """
    url: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """Base URL of the API, in any form: with or without `/v1`, or the whole endpoint. Empty: the provider's own."""
    model: Annotated[str, USERS] = ""
    """Name of the model. Empty: the provider's default."""
    api_key_env: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """Name of the environment variable that holds the API key (not the key itself). Empty: the provider's own, such
    as MISTRAL_API_KEY.
    """
    api_key_command: Annotated[tuple[str, ...], Field(json_schema_extra=MACHINE), USERS] = ()
    """A program and its arguments that prints the API key, such as `["pass", "show", "mistral"]`. It is asked once,
    and again after a 401. The variable wins where both are set.
    """
    region: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]*$"), USERS] = ""
    """Region in the host's address (`langdock`: `eu`, `vertex`: `europe-west4`). Empty: the provider's default."""
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]*$", json_schema_extra=MACHINE), USERS] = ""
    """Google Cloud project, for `vertex`. Empty: the one in GOOGLE_CLOUD_PROJECT."""
    template: Annotated[str, USERS] = "auto"
    """
    Format that joins prefix and suffix for `openai` and `ollama`. `auto`: the server joins them if it can, else the
    marks of the model's family do, known by the model's name. `none`: the server joins them. Or a family, such as
    `qwen`.
    """
    temperature: Annotated[float | None, Field(ge=0, le=2), EITHER] = None
    """Sampling temperature. Unset: the provider's default. Low values suit completion."""
    top_p: Annotated[float | None, Field(gt=0, le=1), EITHER] = None
    """Nucleus sampling: only the likeliest tokens up to this share are considered. Unset: the provider's default."""
    max_tokens: Annotated[int, Field(ge=1, le=4096), SMALLER] = 128
    """Most tokens a suggestion may have. A request is closed once its text is complete, so few use them all."""
    min_tokens: Annotated[int | None, Field(ge=0, le=4096), SMALLER] = None
    """Fewest tokens to generate, where the provider accepts it. Unset: none."""
    stop: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], ADDED_UP] = ()
    """Texts that end a suggestion, besides the provider's own."""
    random_seed: Annotated[int | None, Field(ge=0), EITHER] = None
    """Seed for the same answer to the same question, where the provider accepts it."""
    stream: Annotated[bool, NEVER_FALSE] = True
    """Ask for the answer piece by piece. Off costs time, and tokens: an answer that is no longer wanted cannot be
    stopped.
    """
    connect_timeout_ms: Annotated[int, Field(ge=100, le=60_000), USERS] = 5_000
    """Time limit for connecting in ms, name look-up and TLS included."""
    first_byte_timeout_ms: Annotated[int, Field(ge=100, le=120_000), USERS] = 10_000
    """Time limit for the first byte of an answer in ms. Between later bytes the same limit holds, and together with
    `connectTimeoutMs` between pieces of text: comments and blanks are no text.
    """
    ca_file: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """PEM file with certificates to trust besides the system's, for a company's proxy or a server of your own."""
    allow_insecure_http: Annotated[bool, Field(json_schema_extra=MACHINE), USERS] = False
    """Send the key over `http://` to another machine, also within a network of your own: every machine between can
    read it, and your code. Off: no request is made to such a host. This machine needs no encryption.
    """


class ProviderSettings(ModelSettings):
    """The model, and the way to it."""

    fallback: Annotated[tuple[str | ModelSettings, ...], Field(json_schema_extra=MACHINE), USERS] = ("embedded",)
    """Models that answer instead, in this order, where the model fails, is late or over its budget: kinds, or objects
    with keys of this section. `[]`: none.
    """
    fallback_after_ms: Annotated[int, Field(ge=0, le=30_000), USERS] = 1_500
    """Time in ms without an answer after which the next model is asked as well; longer where the model is known to be
    slow, and where you pressed the key. 0: until `firstByteTimeoutMs`.
    """
    regions: Annotated[tuple[str | dict[str, str], ...] | dict[str, str], Field(json_schema_extra=MACHINE), USERS] = ()
    """Regions that source code may be sent to, such as `["eu"]`: a host in another region, or in an unknown one, gets
    no request. Hosts of your own are named with their regions, alone or beside: `{"llm.acme.example": "eu"}`,
    `["eu", {"llm.acme.example": "eu"}]`. This machine is always allowed. Empty: every region.
    """

    _allowed: Allowed | None = PrivateAttr(default=None)

    def under(self, allowed: Allowed | None) -> ProviderSettings:
        """Return this section under what a company's policy allows."""
        copy = self.model_copy()
        copy._allowed = allowed
        return copy

    @property
    def allowed(self) -> Allowed | None:
        """The kinds, hosts and regions that a company's policy allows; None without a policy."""
        return self._allowed

    @property
    def chain(self) -> tuple[ModelSettings, ...]:
        """This model and its fallbacks, in the order in which they are asked."""
        entries = (ModelSettings(kind=it) if isinstance(it, str) else it for it in self.fallback)
        return (self, *entries)


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


class BudgetSettings(Section):
    """Limits of what is spent on one host, key and model, by all your editors together.

    Limits of a provider's own are learned from its answers. As a budget runs low, less is sent, and less often.
    """

    requests_per_minute: Annotated[int, Field(ge=0, le=100_000), Ceiling(zero_is_none=True)] = 0
    """Most requests a minute. 0: the provider's known limit (langdock: 500), or none."""
    tokens_per_minute: Annotated[int, Field(ge=0, le=100_000_000), Ceiling(zero_is_none=True)] = 0
    """Most tokens a minute, prompt and answer together. 0: the provider's known limit (langdock: 60,000), or none."""
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
