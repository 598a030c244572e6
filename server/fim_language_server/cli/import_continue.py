"""Print the settings that do what a configuration of Continue does: `tabAutocompleteModel`, or the role autocomplete.

PATH is its config.json or config.yaml; without one, that of this user. The settings go to standard output as JSON
(save them for --settings, or put them into the editor's settings under `fim`), what to do besides to standard error.
Keys are never printed. Exit status: 0 with settings, 2 where there is no such file, or it cannot be read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fim_language_server.cli.configuration_text import LARGEST_TEXT, parse_json, parse_yaml
from fim_language_server.cli.continue_config import import_settings
from fim_language_server.cli.printing import remark, say_json
from fim_language_server.errors import SettingsError
from fim_language_server.providers import KINDS

FOLDER = Path("~/.continue")
NAMES = ("config.yaml", "config.yml", "config.json")
"""In the order in which Continue itself looks for them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the place of the configuration."""
    parser.add_argument("path", metavar="PATH", nargs="?", type=Path, help="config.json or config.yaml of Continue")


def run(arguments: argparse.Namespace) -> int:
    """Read, print, and say what is to be done by hand."""
    from fim_language_server.settings import parse_settings

    try:
        path = arguments.path or find_config(FOLDER.expanduser())
        imported = import_settings(read_config(path))
    except SettingsError as error:
        remark(error)
        return 2
    _, problems = parse_settings(imported.settings, KINDS)
    say_json({"fim": imported.settings}, indent=2)
    for note in [*imported.notes, *problems]:
        remark(note)
    return 0


def find_config(folder: Path) -> Path:
    """Return the configuration that Continue uses in `folder`. Raises SettingsError where there is none."""
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    raise SettingsError(f"There is no configuration of Continue in {folder}; name its config.json or config.yaml.")


def read_config(path: Path) -> Any:
    """Return what a file in either format holds. Raises SettingsError with one sentence where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(4 * LARGEST_TEXT + 4)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:  # a NUL in its name
        raise SettingsError("cannot read a file of this name") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    try:
        return parse_json(text) if path.suffix == ".json" else parse_yaml(text)
    except SettingsError as error:
        raise SettingsError(f"{path} {error}") from None
