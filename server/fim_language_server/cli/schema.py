"""Print the JSON schema of the settings, for editors and checkers."""

from __future__ import annotations

import argparse

from fim_language_server.cli.printing import say_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the schema has no options."""


def run(_arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from fim_language_server.app.schema import full_schema

    say_json(full_schema(), indent=2)
    return 0
