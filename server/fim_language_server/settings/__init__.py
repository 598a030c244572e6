"""Settings: what there is (`sections`), and how it is read from what clients send (`reading`)."""

from fim_language_server.settings.reading import merge_settings, parse_settings
from fim_language_server.settings.sections import (
    MACHINE,
    SECTION,
    ModelSettings,
    ProviderSettings,
    Section,
    Settings,
    known_keys,
    settings_schema,
)

__all__ = [
    "MACHINE",
    "SECTION",
    "ModelSettings",
    "ProviderSettings",
    "Section",
    "Settings",
    "known_keys",
    "merge_settings",
    "parse_settings",
    "settings_schema",
]
