"""Make the files that follow from the settings and the registry, or check that they are fresh.

    python server/tools/generate.py            write them
    python server/tools/generate.py --check    say which are stale, and fail

Each file is a pure function of `settings.py` and the provider registry; there is no third place to edit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fim_language_server.app import full_schema
from fim_language_server.providers import describe_kinds
from fim_language_server.settings import MACHINE, Settings, known_keys

ROOT = Path(__file__).parent.parent.parent
COMMAND = "make generate"
NOTE = f"Made by `{COMMAND}` from settings.py and the provider registry: edit those."


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
        "Keys marked **machine** decide where source code goes or which program runs;",
        "an editor must not take them from a workspace that is not trusted.",
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
        return _type(next(option for option in rules["anyOf"] if option.get("type") != "null"))
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
    return machine + rules.get("description", "").replace("\n", " ").replace("|", "\\|")


FILES: list[tuple[str, Callable[[], str]]] = [
    ("docs/settings.md", render_settings_page),
    ("docs/settings.schema.json", render_schema),
]
"""What is generated: path from the root, and who renders it."""


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
