"""The JSON schema of the settings, for the documentation and the editors' manifests."""

from __future__ import annotations

from typing import Any

from fim_language_server.settings.next_edit_provider import NAME
from fim_language_server.settings.sections import Settings, rule_of, section_of


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of the section, as `fim-language-server schema` prints it."""
    schema: dict[str, Any] = Settings.model_json_schema(by_alias=True)
    sections = {section_of(section.annotation).__name__ for section in Settings.model_fields.values()}
    parts = {name: schema["$defs"].pop(name) for name in list(schema["$defs"]) if name not in sections}
    for section in Settings.model_fields.values():
        of_section = section_of(section.annotation)
        properties = schema["$defs"][of_section.__name__]["properties"]
        for name, field in of_section.model_fields.items():
            rules = _in_place(properties[field.alias or name], parts)
            properties[field.alias or name] = {**rules, "workspace": rule_of(field).said}
    # The same section within its outer one, as settings are mostly written.
    schema["$defs"]["NextEditSettings"]["patternProperties"] = {"^provider$": schema["properties"][NAME]}
    for definition in (schema, *schema["$defs"].values()):
        _put_descriptions_on_one_line(definition)
    return schema


def _in_place(rules: Any, parts: dict[str, Any]) -> Any:
    """Return rules of a setting with the parts themselves where it refers to them: not every editor follows that."""
    if isinstance(rules, list):
        return [_in_place(each, parts) for each in rules]
    if not isinstance(rules, dict):
        return rules
    name = str(rules.get("$ref", "")).rpartition("/")[2]
    if name in parts:
        kept = ("type", "properties", "additionalProperties", "required")
        rules = {key: parts[name][key] for key in kept if key in parts[name]}
    return {key: _in_place(value, parts) for key, value in rules.items()}


def _put_descriptions_on_one_line(definition: Any) -> None:
    if isinstance(definition, list):
        for each in definition:
            _put_descriptions_on_one_line(each)
    elif isinstance(definition, dict):
        if isinstance(definition.get("description"), str):
            definition["description"] = " ".join(definition["description"].split())
        for each in definition.values():
            _put_descriptions_on_one_line(each)
