"""The JSON schema of the settings, for the documentation and the editors' manifests."""

from __future__ import annotations

from typing import Any

from fim_language_server.settings.sections import Settings, rule_of, section_of


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of the section, as `fim-language-server schema` prints it."""
    schema: dict[str, Any] = Settings.model_json_schema(by_alias=True)
    for section in Settings.model_fields.values():
        of_section = section_of(section.annotation)
        for name, field in of_section.model_fields.items():
            schema["$defs"][of_section.__name__]["properties"][field.alias or name]["workspace"] = rule_of(field).said
    # Not every editor follows references inside a list's items.
    of_model = schema["$defs"].pop("ModelSettings")
    of_model = {name: of_model[name] for name in ("type", "properties", "additionalProperties")}
    entries = schema["$defs"]["ProviderSettings"]["properties"]["fallback"]
    entries["items"] = {"anyOf": [{"type": "string"}, of_model]}
    for definition in (schema, *schema["$defs"].values()):
        for described in (definition, *definition["properties"].values()):
            if "description" in described:
                described["description"] = " ".join(described["description"].split())
    return schema
