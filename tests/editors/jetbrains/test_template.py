"""The LSP4IJ template holds what LSP4IJ reads, and nothing else: what it does not know it passes over silently.

Also a client that asks as LSP4IJ does is tested: `tests/e2e/test_clients.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fim_language_server.settings import parse_settings

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "editors" / "jetbrains" / "fim-language-server"

# What LSP4IJ documents, in redhat-developer/lsp4ij: docs/UserDefinedLanguageServerTemplate.md (files, template and
# installer), docs/UserDefinedLanguageServer.md ("Custom template structure"), and for `expandConfiguration` and the
# schema files launching/templates/LanguageServerTemplate.java; as of 2026-06-23.
FILES = {
    "template.json",
    "settings.json",
    "settings.schema.json",
    "initializationOptions.json",
    "initializationOptions.schema.json",
    "clientSettings.json",
    "installer.json",
    "README.md",
}
TEMPLATE_FIELDS = {"id", "name", "programArgs", "expandConfiguration", "fileTypeMappings", "languageMappings"}
SYSTEMS = {"default", "windows", "mac", "unix"}
INSTALLER_FIELDS = {"id", "name", "executeOnStartServer", "properties", "check", "run"}
TASK_FIELDS = {
    "exec": {"name", "command", "workingDir", "ignoreStderr", "timeout", "onSuccess", "onFail"},
    "configureServer": {"name", "command", "update", "onSuccess", "onFail"},
}
VARIABLES = {"server.command", "output.dir", "output.file.name"}


def read(name: str) -> Any:
    """Return one of the template's JSON files."""
    return json.loads((TEMPLATE / name).read_text(encoding="utf-8"))


def test_files_are_those_that_are_read() -> None:
    """A file by another name would be ignored."""
    names = {path.name for path in TEMPLATE.iterdir()}
    assert names <= FILES
    assert "template.json" in names, "the only one that LSP4IJ needs"


def test_template() -> None:
    """The command for every system, and mappings of file names to language ids."""
    template = read("template.json")
    assert set(template) <= TEMPLATE_FIELDS
    assert set(template["programArgs"]) <= SYSTEMS
    assert "default" in template["programArgs"]
    for mapping in template["fileTypeMappings"]:
        assert set(mapping) == {"fileType", "languageId"}
        assert set(mapping["fileType"]) <= {"name", "patterns"}
        assert all(re.fullmatch(r"\*\.\w+", pattern) for pattern in mapping["fileType"]["patterns"])
    languages = [mapping["languageId"] for mapping in template["fileTypeMappings"]]
    assert {"python", "typescript", "java", "kotlin", "go", "rust"} <= set(languages)
    assert len(languages) == len(set(languages))


def test_settings_are_the_servers() -> None:
    """What stands in settings.json is accepted by the server as it is, and described by the schema beside it."""
    settings = read("settings.json")
    _, problems = parse_settings({key.removeprefix("fim."): value for key, value in settings.items()})
    assert problems == []
    assert set(settings) <= set(read("settings.schema.json")["properties"])
    assert read("initializationOptions.json") == {}, "settings come through workspace/configuration, from one place"


def test_installer() -> None:
    """Known tasks with known fields; each command for every system; each variable is one that there is."""
    installer = read("installer.json")
    assert set(installer) <= INSTALLER_FIELDS
    known = VARIABLES | set(installer["properties"])
    tasks = [*tasks_of(installer["check"]), *tasks_of(installer["run"])]
    assert [kind for kind, _ in tasks] == ["exec", "exec", "exec", "configureServer"]
    for kind, task in tasks:
        assert set(task) <= TASK_FIELDS[kind]
        assert set(task["command"]) == {"default", "windows"}
        for command in task["command"].values():
            assert set(re.findall(r"\$\{([^}]*)\}", command)) <= known


def tasks_of(step: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the tasks of a step, and those that follow them."""
    for kind, task in step.items():
        yield kind, task
        for next_step in ("onSuccess", "onFail"):
            yield from tasks_of(task.get(next_step, {}))


@pytest.mark.parametrize("page", [TEMPLATE / "README.md", ROOT / "docs" / "editors.md"], ids=lambda page: page.name)
def test_the_way_there_is_written_down(page: Path) -> None:
    """Three steps at most, with the names that the IDE shows; and the directory they name is this one."""
    text = page.read_text(encoding="utf-8")
    if page.name == "editors.md":
        text = re.split(r"^## ", text.split("## JetBrains", 1)[1], flags=re.MULTILINE)[0]
    assert "editors/jetbrains/fim-language-server" in text
    assert "Import from custom template" in text
    assert "\n3. " in text
    assert "\n4. " not in text
