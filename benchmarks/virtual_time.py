"""Virtual time for sessions, as `replay` has it."""

from fim_language_server.cli.virtual_time import run

__all__ = ["run"]
