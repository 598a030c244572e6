"""Settings of section `usage`: for whom and for what requests are counted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.rules import EITHER, USERS

LONGEST_NAME = 80


class UsageSettings(Section):
    """Names in the record of requests, for a bill per person and project (`fim-language-server stats`)."""

    person: Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra=MACHINE), USERS] = "hash"
    """For whom requests are counted. `hash`: a hash of user and machine, with a random key that stays on this machine.
    `off`: for nobody. Anything else is the name itself.
    """
    project: Annotated[str, Field(max_length=LONGEST_NAME), EITHER] = "hash"
    """For which project requests are counted. `hash`: a hash of the workspace folder, with a random key. `off`: for
    none. Anything else is the name itself; a workspace may name itself.
    """
