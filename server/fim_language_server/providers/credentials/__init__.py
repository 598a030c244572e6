"""Where a key or token comes from: an environment variable, a program that prints it, or Google. Never a setting.

`keys` has the first two, `google` the third. What they give is held in a `Secret` until it is put into a header.
"""

from fim_language_server.providers.credentials.google import GoogleCredentials
from fim_language_server.providers.credentials.keys import (
    COMMAND_TIMEOUT,
    CommandFailedError,
    Credentials,
    KeySource,
    Secret,
    run_key_command,
)

__all__ = [
    "COMMAND_TIMEOUT",
    "CommandFailedError",
    "Credentials",
    "GoogleCredentials",
    "KeySource",
    "Secret",
    "run_key_command",
]
