"""Response headers: rate limits and the time to wait before a retry. Pure.

Header names are in lower case.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

_LIMIT_PREFIXES = ("x-ratelimit", "ratelimit")
"""Prefixes of three generations of Mistral's headers, and of other hosts': `x-ratelimit-remaining-tokens-minute`,
`ratelimitbysize-remaining`, `x-ratelimitbysize-limit-minute`."""


_RESET = re.compile(
    r"limit resets at:? {0,2}([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?"
    r" ?(?:UTC|Z|\+00:00)",
    re.IGNORECASE,
)
_AGAIN_IN = re.compile(r"try again in ([0-9]{1,6}(?:\.[0-9]{1,6})?) ?s(?:ec(?:ond)?s?)?\b", re.IGNORECASE)
_LONGEST_BODY = 20_000
"""Characters of a refusal that are looked at."""


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


def reset_after(body: str, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the time that a refusal's text names; None where it names none.

    LiteLLM's own refusals have no `retry-after`: they end with `Limit resets at: 2026-11-29 09:00:37 UTC`, which is
    compared with the response's `date` as in `retry_after`, or say `Try again in 5 seconds`.
    """
    if (again := _AGAIN_IN.search(body[:_LONGEST_BODY])) is not None:
        return float(again[1])
    found = _RESET.search(body[:_LONGEST_BODY])
    if found is None:
        return None
    try:
        until = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
        now = parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
