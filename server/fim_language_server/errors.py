"""The only exceptions that cross a layer.

    FimError
    ├── SettingsError                 the server cannot start with this
    └── ProviderError                 provider, message, retry_after
        ├── AuthenticationError       no key, 401, 403
        ├── RequestRejectedError      400, 404, 422: model name, unknown field
        │   └── TooLongError          413, 400: more than the model's context holds
        ├── RateLimitedError          429
        ├── UnavailableError          connect, TLS, timeout, 5xx, something that is no API
        │   └── NotStartedError       nothing listens at an address of this machine
        ├── StreamError               a broken or unreadable stream
        └── DaySpentError             nothing was sent: it would cost more than the day's limit

Messages are for the user: one sentence that says what to do. They never hold a key, nor text of a document.
"""


class FimError(Exception):
    """Something went wrong that the user can be told in one sentence: `str(error)`."""


class SettingsError(FimError):
    """The server, or this command, cannot work with these settings."""


class ProviderError(FimError):
    """A provider did not answer as it should.

    `provider` is its name in the registry; `retry_after` is the time in seconds after which it asks to be
    tried again, or None where it did not say. `status` is the HTTP status of a refusal, 0 where none came.
    """

    def __init__(self, provider: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.provider = provider
        self.message = message
        self.retry_after = retry_after
        self.status = 0

    def __repr__(self) -> str:
        """Name provider and message, and nothing of the request: keys travel in requests."""
        return f"{type(self).__name__}(provider={self.provider!r}, message={self.message!r})"


class AuthenticationError(ProviderError):
    """No key, a wrong key, or one that may not use this model (401, 403)."""


class RequestRejectedError(ProviderError):
    """The provider understood the request and refuses it: wrong model, unknown field, too long (400, 404, 422)."""


class TooLongError(RequestRejectedError):
    """The request is longer than the model's context; a shorter one would be taken."""


class RateLimitedError(ProviderError):
    """Too many requests or tokens (429)."""


class UnavailableError(ProviderError):
    """The provider cannot be reached or does not work: name, TLS, timeout, 5xx, or no API at this address."""


class NotStartedError(UnavailableError):
    """Nothing listens at an address of this machine: it will not until somebody starts it."""


class StreamError(ProviderError):
    """An answer began and then broke, or could not be read."""


class DaySpentError(ProviderError):
    """A request was not sent: it could cost more than is left of the day (`budget.dollarsPerDay`)."""
