"""The model of next edits, and the way to it: section `nextEdit.provider` of the settings.

The string under a field is its documentation, as in `sections.py`. Regions, certificates and the time limit for
connecting are those of section `provider`: they hold for all that is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.provider_sections import ModelSettings, PriceSettings
from fim_language_server.settings.rules import SMALLER, USERS, OnlyTo

EditKind = Literal["off", "auto", "openai", "inception", "sweep", "sweep-v2", "zeta", "zeta-2", "zeta-2.1"]
"""The families of `providers.next_edits`, of which a test says that they are these."""
OFF = "off"
NAME = "nextEdit.provider"
"""The section's name on the wire: it lies within section `nextEdit`."""

OF_ANOTHER_KIND = ("url", "model", "api_key_env", "api_key_command", "price")
"""Settings that mean nothing, or harm, beside another `nextEdit.provider.kind` than the one they were set for."""


class NextEditProviderSettings(Section):
    """A model that is trained for next edits. It is independent of section `provider`, and off unless you set it.

    Limits of `context` and `budget` hold for it, too, and so do `provider.regions` and `provider.caFile`.
    """

    kind: Annotated[EditKind, OnlyTo(OFF)] = "off"
    """The model's family: it says how the model is asked. `off`: no model is. `auto` and `openai`: the family that the
    model's name tells, on a server of your own. `inception` is hosted; the others run on llama.cpp, vLLM, Ollama or any
    other server with OpenAI's `/v1/completions`. In a workspace, `provider.kind` `embedded` switches it off as well.
    """
    url: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """Base URL of the API, in any form. Empty: Inception's own, and `http://127.0.0.1:8080` for the others."""
    model: Annotated[str, USERS] = ""
    """Name of the model. Empty: the family's usual one; llama.cpp's server takes any name."""
    api_key_env: Annotated[str, Field(json_schema_extra=MACHINE), USERS] = ""
    """Name of the environment variable that holds the API key (not the key itself). Empty: INCEPTION_API_KEY for
    `inception`, none for the others.
    """
    api_key_command: Annotated[tuple[str, ...], Field(json_schema_extra=MACHINE), USERS] = ()
    """A program and its arguments that prints the API key. The variable wins where both are set."""
    max_tokens: Annotated[int, Field(ge=64, le=4096), SMALLER] = 1_024
    """Most tokens of an answer, which repeats the lines around the cursor. One that is cut off is not shown."""
    first_byte_timeout_ms: Annotated[int, Field(ge=100, le=120_000), USERS] = 10_000
    """Time limit for the first byte of an answer in ms, and between later ones."""
    price: Annotated[PriceSettings | None, USERS] = None
    """Price in US dollars per million tokens, for `stats`, as in `provider.price`."""
    allow_insecure_http: Annotated[bool, Field(json_schema_extra=MACHINE), USERS] = False
    """Send the key over `http://` to another machine: every machine between can read it, and your code."""

    @property
    def is_on(self) -> bool:
        """Is a model asked for next edits?"""
        return self.kind != OFF

    def as_model(self) -> ModelSettings:
        """Return the same settings as those of a model for ghost text, to be reached in the same way."""
        shared = ModelSettings.model_fields.keys() & NextEditProviderSettings.model_fields.keys()
        return ModelSettings().model_copy(update={name: getattr(self, name) for name in shared})

    def held_by(self, enforced: Mapping[str, Any]) -> NextEditProviderSettings:
        """Return the section with values that a policy enforces; another kind takes what was set for the first with it.

        Names are those of the fields.
        """
        is_other = enforced.get("kind", self.kind) != self.kind
        fields = NextEditProviderSettings.model_fields
        reset = {name: fields[name].default for name in OF_ANOTHER_KIND} if is_other else {}
        return self.model_copy(update={**reset, **enforced})


def lift(tree: dict[str, Any]) -> None:
    """Move the section out of section `nextEdit` of raw settings, in place: sections are read side by side."""
    for name in ("nextEdit", "next_edit"):
        outer = tree.get(name)
        if isinstance(outer, dict) and "provider" in outer:
            inner = outer.pop("provider")
            known = tree.get(NAME)
            tree[NAME] = {**known, **inner} if isinstance(known, dict) and isinstance(inner, dict) else inner
            if not outer:
                del tree[name]


def without_other_kind(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Remove from raw settings `below`, in place, what was set for another kind than the settings `above` have."""
    under, over = (_section_in(raw) for raw in (below, above))
    if under is not None and over is not None and over.get("kind", under.get("kind")) != under.get("kind"):
        for name in OF_ANOTHER_KIND:
            under.pop(name, None)
            under.pop(str(NextEditProviderSettings.model_fields[name].alias), None)


def _section_in(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    for name in ("nextEdit", "next_edit"):
        outer = raw.get(name)
        if isinstance(outer, dict) and isinstance(outer.get("provider"), dict):
            section: dict[str, Any] = outer["provider"]
            return section
    return None
