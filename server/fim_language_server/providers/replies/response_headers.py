"""Response headers: rate limits and the time to wait before a retry. Pure.

Header names are in lower case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_LIMIT_PREFIXES = ("x-ratelimit", "ratelimit")
"""Prefixes of three generations of Mistral's headers, and of other hosts': `x-ratelimit-remaining-tokens-minute`,
`ratelimitbysize-remaining`, `x-ratelimitbysize-limit-minute`."""


def read_limits(headers: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    """Return the rate-limit headers whose values are numbers, sorted by name."""
    found = ((name, _number(value)) for name, value in headers.items() if name.startswith(_LIMIT_PREFIXES))
    return tuple(sorted((name, value) for name, value in found if value is not None))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which the server allows a retry; None if it names no time.

    RFC 9110, 10.2.3: a number of seconds, or an HTTP date. The date is compared with the response's own `date`, so
    that a wrong clock of this machine has no effect. Some gateways send `retry-after-ms`.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after", "")
    if (seconds := _number(value)) is not None:
        return max(0.0, seconds)
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):  # No date, or only one of the two has a time zone.
        return None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
