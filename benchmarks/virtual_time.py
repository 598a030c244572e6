"""Virtual time for sessions, as `replay` has it."""

from fim_language_server.evaluation.virtual_time import run

__all__ = ["run"]
