"""The pages name only commands, options, settings and messages that exist, and the site leaves no page out."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fim_language_server.cli import COMMANDS
from fim_language_server.settings import known_keys

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
SOURCES = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "server").rglob("*.py"))
PROGRAM = re.compile(r"^(?:\$ )?fim-language-server(?: .*)?$", re.MULTILINE)
SECTIONS = {key.partition(".")[0] for key in known_keys()}


def commands_of(page: Path) -> Iterator[str]:
    """Yield the lines in code blocks of a page that call the program, without their comments."""
    for block in re.findall(r"^ *```[a-z]*\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if PROGRAM.match(line.strip()):
                yield line.strip().removeprefix("$ ").partition(" #")[0].strip()


DOCUMENTED = [(page, line) for page in PAGES for line in commands_of(page)]


def test_there_are_commands_to_check() -> None:
    """A change of the pages' form must not make the next test an empty one."""
    assert len(DOCUMENTED) > 20


@pytest.mark.parametrize(("page", "line"), DOCUMENTED, ids=[f"{page.name}: {line}" for page, line in DOCUMENTED])
def test_a_documented_command_is_accepted(page: Path, line: str) -> None:
    """With its options: as far as reading the command line goes. What the commands do is tested elsewhere."""
    words = [word for word in shlex.split(line.split(" | ")[0].split(" > ")[0])[1:] if word not in ("…", "&")]
    command = words.pop(0) if words and words[0] in COMMANDS else "serve"
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--version", action="store_true")
    importlib.import_module(f"fim_language_server.cli.{command.replace('-', '_')}").add_arguments(parser)
    _, unknown = parser.parse_known_args(words)
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_documented_setting_exists(page: Path) -> None:
    """Where a page writes `section.key` in code, both are known."""
    named = re.findall(r"`([a-z][A-Za-z]*\.[a-z][A-Za-z]*)(?:`|: )", page.read_text(encoding="utf-8"))
    settings = {name for name in named if name.partition(".")[0] in SECTIONS}
    files = {
        name for name in settings if (ROOT / "docs" / name).exists() or name.endswith((".md", ".py", ".json", ".yml"))
    }
    assert settings - files - set(known_keys()) == set()


def test_a_documented_message_is_one_of_the_servers() -> None:
    """The page for trouble quotes parts of messages as the source has them."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert len(quoted) >= 10
    assert [message for message in quoted if message not in SOURCES] == []


def test_the_site_has_every_page() -> None:
    """A page that no menu leads to is not found."""
    site = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), yaml.SafeLoader)

    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from files(value)
        elif isinstance(entry, list):
            for value in entry:
                yield from files(value)

    listed = set(files(site["nav"]))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {name for name in listed if "/" not in name} == set()
