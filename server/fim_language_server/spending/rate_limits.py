"""Rate limits from a provider's headers, in each generation of their names. Pure.

Three generations of Mistral's (`x-ratelimit-remaining-tokens-minute`, `ratelimitbysize-remaining`,
`x-ratelimitbysize-limit-minute`), OpenAI's (`x-ratelimit-remaining-requests`) and the IETF draft's
(`ratelimit-remaining`) say the same few things: a limit, what is left of it, and what this request cost.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

_PER_MINUTE = {"minute": 1.0, "second": 60.0}
"""Limits for an hour, a day or a month say nothing about the next minute; what is left of them does."""
_LONGER = frozenset({"hour", "day", "month"})


@frozen
class RateLimits:
    """Requests and tokens: the limit per minute, and how many are left now. None where the provider does not say."""

    requests_per_minute: float | None = None
    requests_left: float | None = None
    tokens_per_minute: float | None = None
    tokens_left: float | None = None
    token_cost: float | None = None  # what the request that was answered cost, as the provider counts


def read_rate_limits(headers: Iterable[tuple[str, float]]) -> RateLimits:
    """Return what the headers (lower-case name, value) say; of several that say the same, the lowest.

    A limit without a unit is taken for one per minute: where it is one for a longer time that is too much, never
    too little, and the 429 that follows is learned from.
    """
    found: dict[str, float] = {}
    for name, value in headers:
        limit = _read(name.lower(), value)
        if limit is not None:
            key, amount = limit
            found[key] = min(amount, found.get(key, amount))
    return RateLimits(**found)


def _read(name: str, value: float) -> tuple[str, float] | None:
    words = name.removeprefix("x-").removeprefix("ratelimit").split("-")
    is_of_tokens = "bysize" in words or "tokens" in words
    of_what = "tokens" if is_of_tokens else "requests"
    if "cost" in words:
        return ("token_cost", value) if is_of_tokens and value > 0 else None
    if "remaining" in words:
        return f"{of_what}_left", max(0.0, value)
    if "limit" in words and value > 0 and not _LONGER.intersection(words):
        factor = next((factor for unit, factor in _PER_MINUTE.items() if unit in words), 1.0)
        return f"{of_what}_per_minute", value * factor
    return None
