"""Settings: what there is (`sections`), how it is read (`reading`), and what a workspace may say (`narrowing`)."""

from fim_language_server.settings.base import MACHINE, Section
from fim_language_server.settings.narrowing import narrowed, not_taken
from fim_language_server.settings.parsing import merge_settings, parse_settings
from fim_language_server.settings.provider_sections import ModelSettings, ProviderSettings
from fim_language_server.settings.schema import settings_schema
from fim_language_server.settings.sections import (
    SECTION,
    Settings,
    known_keys,
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
    "narrowed",
    "not_taken",
    "parse_settings",
    "settings_schema",
]
