"""The model and the way to it: section `provider` of the settings, and each object of `provider.fallback`.

The string under a field is its documentation, as in `sections.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, PrivateAttr, WithJsonSchema

from fim_language_server.settings.allowed import Allowed
from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.rules import ADDED_UP, EITHER, NEVER_FALSE, SMALLER, USERS, OnlyTo

HEADERS_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "maxProperties": 20,
    "additionalProperties": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"env": {"type": "string"}},
                "required": ["env"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"command": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
                "required": ["command"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"user": {"enum": ["hash"]}},
                "required": ["user"],
                "additionalProperties": False,
            },
        ]
    },
}
"""Form of `provider.headers`. `providers.hosts.own_headers` reads it: one with a fault must not count as none."""

MOST_USD = 10_000.0
"""The highest price of a million tokens; a greater number is a mistake in the unit."""


class PriceSettings(Section):
    """A model's price in US dollars per million tokens."""

    input: Annotated[float, Field(ge=0, le=MOST_USD)]
    """Price of a prompt's tokens."""
    output: Annotated[float, Field(ge=0, le=MOST_USD)]
    """Price of an answer's tokens."""
    cached_input: Annotated[float | None, Field(ge=0, le=MOST_USD)] = None
    """Price of the tokens of a prompt that the server had kept. Unset: that of the others."""


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
    headers: Annotated[
        Any, WithJsonSchema(HEADERS_SCHEMA), Field(json_schema_extra=MACHINE, repr=False, default_factory=dict), USERS
    ]
    """Headers for requests to this host, such as a gateway's: names, each with a text, `{"env": "NAME"}` (the value of
    a variable) or `{"command": ["program", "argument"]}` (what a program prints; it is asked once, and again after a
    401) or `{"user": "hash"}` (a hash of user and machine, by which a gateway tells people apart). A secret never
    stands here itself.
    """
    price: Annotated[PriceSettings | None, USERS] = None
    """Price in US dollars per million tokens, for `stats` and limits of cost: `{"input": 0.3, "output": 0.9}`, and
    `cachedInput` for tokens that the server had kept. Unset: the vendor's at its own host, 0 on this machine, else
    unknown.
    """
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
