"""Make the files that follow from the settings and the registry, or check that they are fresh.

    python server/tools/generate.py            write them
    python server/tools/generate.py --check    say which are stale, and fail

Each file is a pure function of `settings/sections.py` and the provider registry; there is no third place to edit.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from secret_rules import render_rules

from fim_language_server import __version__
from fim_language_server.app.schema import full_schema
from fim_language_server.core.language_table import EXTENSIONS
from fim_language_server.core.prompt import FIM_TEMPLATES, render_prompt
from fim_language_server.core.secrets.blocks import RULES as WITHHELD_RULES
from fim_language_server.core.secrets.rules import RULES as SECRET_RULES
from fim_language_server.core.values import Context
from fim_language_server.providers import AUTO, ProviderKind, describe_kinds, resolve_kind
from fim_language_server.settings import MACHINE, SECTION, Settings, known_keys
from fim_language_server.settings.rules import USERS

ROOT = Path(__file__).parent.parent.parent
COMMAND = "make generate"
NOTE = f"Made by `{COMMAND}` from the settings and the provider registry: edit those."


def render_schema() -> str:
    """Return the JSON schema of the settings."""
    return json.dumps(full_schema(), indent=2, ensure_ascii=False) + "\n"


def render_settings_page() -> str:
    """Return docs/settings.md."""
    schema = full_schema()
    parts = [
        "# Settings",
        "",
        f"<!-- {NOTE} -->",
        "",
        f"All {len(known_keys())} settings live in the section `fim`, as `initializationOptions`, through",
        "`workspace/configuration`, or with `--settings FILE` on the command line.",
        'Nested (`{"provider": {"kind": "mistral"}}`) and dotted (`{"provider.kind": "mistral"}`) keys mean the same.',
        "A wrong value costs that key alone: it falls back to its default, and one message says so.",
        "Keys and tokens are never settings; a setting can only say where a key is found.",
        "",
        "**Workspace:** says what a workspace's own value does, whether the editor trusts the folder or not:",
        "it may narrow what leaves this machine and what it costs, and never widens either",
        "([trust.md](trust.md) says which editors can tell both apart).",
        "Keys marked **machine** belong to one machine: an address, a program, a file.",
    ]
    for section, section_field in Settings.model_fields.items():
        name = section_field.alias or section
        parts += ["", f"## {name}", "", _definition(schema, name).get("description", "").strip(), ""]
        parts += ["| setting | type | default | meaning |", "|---|---|---|---|"]
        for key, rules in _definition(schema, name)["properties"].items():
            parts.append(f"| `{name}.{key}` | {_type(rules)} | {_default(rules)} | {_meaning(rules)} |")
    return "\n".join(parts) + "\n\n" + _kinds_table()


def _kinds_table() -> str:
    rows = [
        "## Values of provider.kind",
        "",
        "| kind | what it is | key in | base URL | model |",
        "|---|---|---|---|---|",
    ]
    for kind in describe_kinds():
        cells = [f"`{kind.name}`", kind.description, *(f"`{it}`" if it else "–" for it in _facts(kind))]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _facts(kind: Any) -> tuple[str, str, str]:
    return kind.api_key_env, kind.url, kind.model


def _definition(schema: dict[str, Any], section: str) -> dict[str, Any]:
    reference = schema["properties"][section]["$ref"]
    definition: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]]
    return definition


def _type(rules: dict[str, Any]) -> str:
    if "anyOf" in rules:
        return " or ".join(_type(option) for option in rules["anyOf"] if option.get("type") != "null")
    if "enum" in rules:
        return "one of " + ", ".join(f"`{value}`" for value in rules["enum"])
    kind = {"array": "list", "object": "map"}.get(rules.get("type", ""), rules.get("type", ""))
    low = rules.get("minimum", rules.get("exclusiveMinimum"))
    high = rules.get("maximum")
    above = "> " if "exclusiveMinimum" in rules else ""
    return f"{kind}, {above}{low} … {high}" if low is not None and high is not None else _with_low(kind, low)


def _with_low(kind: str, low: float | None) -> str:
    return kind if low is None else f"{kind}, from {low}"


def _default(rules: dict[str, Any]) -> str:
    value = rules.get("default")
    return "unset" if value is None and "default" in rules else f"`{json.dumps(value if 'default' in rules else {})}`"


def _meaning(rules: dict[str, Any]) -> str:
    machine = "**machine** " if rules.get("scope") == MACHINE["scope"] else ""
    meaning = machine + rules.get("description", "").replace("\n", " ").replace("|", "\\|")
    return f"{meaning} **Workspace:** {rules['workspace']}." if "workspace" in rules else meaning


VSCODE_MANIFEST = "editors/vscode/package.json"
_VSCODE_KEYS = (
    "type",
    "properties",
    "required",
    "enum",
    "enumDescriptions",
    "items",
    "additionalProperties",
    "minimum",
    "maximum",
    "pattern",
)


def render_vscode_manifest() -> str:
    """Return VS Code's manifest as it stands, with what follows from here: version, settings, keys.

    Its first group of settings is the extension's own and written by hand, as is everything else in the file.
    """
    manifest = json.loads((ROOT / VSCODE_MANIFEST).read_text(encoding="utf-8"))
    by_hand = manifest["contributes"]["configuration"][0]
    groups = [by_hand, *(_vscode_group(n, section) for n, section in enumerate(Settings.model_fields, 1))]
    manifest["version"] = __version__
    manifest["contributes"]["configuration"] = groups
    manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = [
        key for group in groups for key, rules in group["properties"].items() if rules["scope"] != NARROWING
    ]
    manifest["fim"]["keys"] = [_vscode_key(kind) for kind in describe_kinds() if kind.api_key_env]
    return f"{json.dumps(manifest, indent=2, ensure_ascii=False)}\n"


def _vscode_key(kind: ProviderKind) -> dict[str, Any]:
    """Describe a key as the extension asks for it; `automatic`: `provider.kind` need not be set to use it."""
    automatic = resolve_kind(AUTO, {kind.api_key_env: "a key"}) == kind.name
    return {
        "kind": kind.name,
        "variable": kind.api_key_env,
        "description": kind.description,
        "automatic": automatic,
    }


def _vscode_group(order: int, section: str) -> dict[str, Any]:
    name = Settings.model_fields[section].alias or section
    properties = _definition(full_schema(), name)["properties"]
    rules = {f"{SECTION}.{name}.{key}": _vscode_rules(n, rules) for n, (key, rules) in enumerate(properties.items())}
    return {"title": name.capitalize(), "order": order, "properties": rules}


def _vscode_rules(order: int, rules: dict[str, Any]) -> dict[str, Any]:
    """Return a property as VS Code's settings editor draws it: its types, scope and a default."""
    options = rules.get("anyOf", [rules])
    merged = {
        key: option[key] for option in options for key in _VSCODE_KEYS if option.get("type") != "null" and key in option
    }
    if len(options) > 1:
        merged["type"] = [option["type"] for option in options]
    default = rules.get("default", {})
    said = f"{rules['description']} _In a workspace: {rules['workspace']}._"
    return {**merged, "default": default, "scope": _vscode_scope(rules), "order": order, "markdownDescription": said}


NARROWING = "resource"
"""VS Code's scope for settings that a workspace may narrow: any of its folders, or its file, can say them."""


def _vscode_scope(rules: dict[str, Any]) -> str:
    """Return VS Code's scope of a setting.

    The user's own settings have the scope `window`: they are not those of a machine, and hold in a remote window, too.
    VS Code would take them from a workspace that is trusted; the extension does not (`src/settings.ts`).
    """
    if rules["workspace"] == USERS.said:
        return str(rules.get("scope", "window"))
    return NARROWING


PROVIDERS_PAGE = "docs/providers.md"
_TABLE = re.compile(r"(<!-- table:[^>]*-->\n)(.*?)(<!-- end of table -->)", re.DOTALL)


def render_providers_page() -> str:
    """Return docs/providers.md as it stands, with its tables made anew; the text around them is written by hand."""
    page = (ROOT / PROVIDERS_PAGE).read_text(encoding="utf-8")
    tables = iter([_providers_table(), _families_table()])
    return _TABLE.sub(lambda found: found[1] + "\n" + next(tables) + "\n" + found[3], page)


def _providers_table() -> str:
    rows = ["| `provider.kind` | what it is | set | model unless set | good to know |", "|---|---|---|---|---|"]
    for kind in describe_kinds():
        needed = [f"`{name}`" for name in (kind.api_key_env, *kind.settings) if name]
        model = f"`{kind.model}`" if kind.model else "–"
        cells = [f"`{kind.name}`", kind.description, ", ".join(needed) or "–", model, "; ".join(kind.notes) or "–"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _families_table() -> str:
    rows = ["| `provider.template` | prompt | stops | other files |", "|---|---|---|---|"]
    plain = Context("PREFIX", "SUFFIX", "PATH")
    for template in FIM_TEMPLATES:
        prompt = render_prompt(template, plain).replace("\n", "⏎")
        stops = " ".join(f"`{stop}`" for stop in template.stops).replace("\n", "⏎")
        others = "under their paths" if template.file_head.startswith("# ") else "yes"
        rows.append(
            f"| `{template.family}` | `{prompt}` | {stops} | {others} |".replace("<|", "<\\|").replace("|>", "\\|>")
        )
    return "\n".join(rows) + "\n"


PRIVACY_PAGE = "docs/privacy.md"


def render_privacy_page() -> str:
    """Return docs/privacy.md as it stands, with the tables of rules for secrets made anew."""
    page = (ROOT / PRIVACY_PAGE).read_text(encoding="utf-8")
    found = {rule.id: _in_words(rule.id) for rule in SECRET_RULES}
    tables = iter([_rules_table(WITHHELD_RULES), _rules_table(found)])
    return _TABLE.sub(lambda part: part[1] + "\n" + next(tables) + "\n" + part[3], page)


def _in_words(rule_id: str) -> str:
    """Return the kind of a secret by its rule's id: `aws-access-key-id` is "aws access key id"."""
    return rule_id.replace("-", " ")


def _rules_table(rules: dict[str, str]) -> str:
    rows = [f"| `{name}` | {what.replace('|', '&#124;')} |" for name, what in sorted(rules.items())]
    return "\n".join(["| rule | what it finds |", "|---|---|", *rows]) + "\n"


LUA_TYPES = "editors/nvim/lua/fim_ls/types.lua"


def render_lua_types() -> str:
    """Return the settings as LuaCATS types, for completion in a user's init.lua."""
    sections = {
        field.alias or name: f"fim_ls.{name.capitalize()}Settings" for name, field in Settings.model_fields.items()
    }
    inner = {name: kind for name, kind in sections.items() if "." in name}
    lines = [
        "---@meta",
        f"-- {NOTE}",
        "",
        "---The server's settings: `vim.lsp.config('fim_ls', { settings = { fim = … } })`.",
    ]
    outer = {name: kind for name, kind in sections.items() if name not in inner}
    lines += ["---@class fim_ls.Settings", *(f"---@field {name}? {kind}" for name, kind in outer.items())]
    for name, kind in sections.items():
        definition = _definition(full_schema(), name)
        lines += ["", *_lua_comment(definition["description"]), f"---@class {kind}"]
        for key, rules in definition["properties"].items():
            lines += [*_lua_comment(rules["description"]), f"---@field {key}? {_lua_type(rules)}"]
        of_section = {it.removeprefix(f"{name}."): kind for it, kind in inner.items() if it.startswith(f"{name}.")}
        lines += [f"---@field {key}? {kind}" for key, kind in of_section.items()]
    return "\n".join(lines) + "\n"


def _lua_comment(text: str) -> list[str]:
    return [f"---{line}" for line in textwrap.wrap(text, 116)]


def _lua_type(rules: dict[str, Any]) -> str:
    if "anyOf" in rules:
        kinds = [_lua_type(option) for option in rules["anyOf"] if option.get("type") != "null"]
        return "|".join(kinds)
    if "enum" in rules:
        return "|".join(f"'{value}'" for value in rules["enum"])
    if rules["type"] == "array":
        kind = _lua_type(rules["items"])
        return f"({kind})[]" if "|" in kind else f"{kind}[]"
    if rules["type"] == "object":
        values = rules["additionalProperties"]
        return f"table<string, {_lua_type(values)}>" if isinstance(values, dict) else "table"
    return str(rules["type"])


JETBRAINS = "editors/jetbrains/fim-language-server"
"""A template as LSP4IJ imports it; `installer.json` and `README.md` in it are written by hand."""


def render_jetbrains_template() -> str:
    """Return template.json: the command, and the files it is for, by the language ids that the server knows."""
    patterns: dict[str, list[str]] = {}
    for extension, language in EXTENSIONS.items():
        patterns.setdefault(language, []).append(f"*.{extension}")
    template = {
        "id": "fim-language-server",
        "name": "FIM Language Server",
        "programArgs": {"default": "fim-language-server --stdio", "windows": "fim-language-server.exe --stdio"},
        "expandConfiguration": True,
        "fileTypeMappings": [
            {"fileType": {"patterns": files}, "languageId": language} for language, files in sorted(patterns.items())
        ],
    }
    return json.dumps(template, indent=2) + "\n"


def render_jetbrains_settings() -> str:
    """Return settings.json: the settings that most people look for. The others have defaults, and are in the schema."""
    keys = ("provider.kind", "provider.model", "trigger.mode")
    properties = _flat_properties()
    return json.dumps({f"{SECTION}.{key}": properties[f"{SECTION}.{key}"]["default"] for key in keys}, indent=2) + "\n"


def render_jetbrains_schema() -> str:
    """Return settings.schema.json: every setting by its dotted key, as LSP4IJ's editor completes them."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": NOTE,
        "type": "object",
        "properties": _flat_properties(),
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _flat_properties() -> dict[str, dict[str, Any]]:
    schema = full_schema()
    names = [field.alias or name for name, field in Settings.model_fields.items()]
    return {
        f"{SECTION}.{name}.{key}": {
            rule: value for rule, value in rules.items() if rule not in ("title", "scope", "workspace")
        }
        for name in names
        for key, rules in _definition(schema, name)["properties"].items()
    }


SECRETS = "server/fim_language_server/core/secrets"

FILES: list[tuple[str, Callable[[], str]]] = [
    ("docs/settings.md", render_settings_page),
    ("docs/settings.schema.json", render_schema),
    (VSCODE_MANIFEST, render_vscode_manifest),
    (LUA_TYPES, render_lua_types),
    (f"{JETBRAINS}/template.json", render_jetbrains_template),
    (f"{JETBRAINS}/settings.json", render_jetbrains_settings),
    (f"{JETBRAINS}/settings.schema.json", render_jetbrains_schema),
    (PROVIDERS_PAGE, render_providers_page),
    (PRIVACY_PAGE, render_privacy_page),
    (f"{SECRETS}/public_rules.py", lambda: render_rules("gitleaks.toml")),
    (f"{SECRETS}/own_rules.py", lambda: render_rules("own.toml")),
]
"""Generated files: the path from the root, and the function that renders it."""


def stale_files() -> list[str]:
    """Return the paths of the files that differ from what would be written."""
    return [path for path, render in FILES if not _is_fresh(ROOT / path, render())]


def _is_fresh(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    if parser.parse_args().check:
        stale = stale_files()
        if stale:
            print(f"stale: {', '.join(stale)}; run `{COMMAND}` and commit", file=sys.stderr)
        return 1 if stale else 0
    for path, render in FILES:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
