"""The JSON schema of all settings, with what only the providers know."""

from __future__ import annotations

from typing import Any

from fim_language_server.core.prompt import TEMPLATES
from fim_language_server.providers import describe_kinds
from fim_language_server.settings import settings_schema


def full_schema() -> dict[str, Any]:
    """Return the JSON schema of the settings, with the registry's providers as the values of `provider.kind`."""
    schema = settings_schema()
    kinds = describe_kinds()
    provider = schema["$defs"]["ProviderSettings"]["properties"]
    name, of_model = provider["fallback"]["items"]["anyOf"]
    name["enum"] = [kind.name for kind in kinds]
    for properties in (provider, of_model["properties"]):
        properties["kind"]["enum"] = [kind.name for kind in kinds]
        properties["kind"]["enumDescriptions"] = [kind.description for kind in kinds]
        properties["template"]["enum"] = list(TEMPLATES)
    return schema
