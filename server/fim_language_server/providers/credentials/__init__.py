"""Credentials: a key from an environment variable, from a program that prints it, or a token from Google. No setting.

`keys` holds the first two, `google` the third, `header_values` those of headers beside a key. Keys, tokens and
values are held in an `ApiKey` until they enter a header.
"""

from fim_language_server.providers.credentials.google import GoogleCredentials
from fim_language_server.providers.credentials.header_values import (
    KeyAndHeaders,
    OwnHeaders,
    SentSecrets,
    secrets_after_refusal,
    secrets_for,
)
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
    "KeyAndHeaders",
    "KeySource",
    "OwnHeaders",
    "SentSecrets",
    "run_key_command",
    "secrets_after_refusal",
    "secrets_for",
]
