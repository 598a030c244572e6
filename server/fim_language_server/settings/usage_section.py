"""Settings of section `usage`: for whom and for what requests are counted, and where metrics are sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from fim_language_server.settings.addresses import checked_collector
from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.rules import EITHER, USERS

LONGEST_NAME = 80


class UsageSettings(Section):
    """Names in the record of requests, for a bill per person and project, and a team's collector of metrics."""

    person: Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra=MACHINE), USERS] = "hash"
    """For whom requests are counted. `hash`: a hash of user and machine, with a random key that stays on this machine.
    `off`: for nobody. Anything else is the name itself.
    """
    project: Annotated[str, Field(max_length=LONGEST_NAME), EITHER] = "hash"
    """For which project requests are counted. `hash`: a hash of the workspace folder, with a random key. `off`: for
    none. Anything else is the name itself; a workspace may name itself.
    """
    otlp: Annotated[str, AfterValidator(checked_collector), Field(json_schema_extra=MACHINE), USERS] = ""
    """URL of a collector that gets metrics by OTLP over HTTP, such as `https://otel.acme.example:4318`: numbers of
    requests, tokens, dollars and outcomes once a minute, never any text (docs/teams.md). A person is named there only
    if `usage.person` is set. Needs the extra `otel`. Empty: nothing is sent.
    """
