"""Credentials: a key from an environment variable, from a program that prints it, or a token from Google. No setting.

`keys` holds the first two, `google` the third. Keys and tokens are held in an `ApiKey` until they enter a header.
"""

from fim_language_server.providers.credentials.google import GoogleCredentials
from fim_language_server.providers.credentials.keys import (
    COMMAND_TIMEOUT,
    ApiKey,
    CommandFailedError,
    Credentials,
    KeySource,
    run_key_command,
)

__all__ = [
    "COMMAND_TIMEOUT",
    "ApiKey",
    "CommandFailedError",
    "Credentials",
    "GoogleCredentials",
    "KeySource",
    "run_key_command",
]
