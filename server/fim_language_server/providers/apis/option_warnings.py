"""What the user is told of options that a host cannot take as they are set: a sentence each. Pure."""

from __future__ import annotations

from collections.abc import Collection

from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.replies.error_replies import setting_of

OPTIONAL = ("temperature", "top_p", "min_tokens", "stop", "random_seed")
"""Options that are sent only where they are set."""


def not_accepted(label: str, options: RequestOptions, taken: Collection[str]) -> tuple[str, ...]:
    """Name the options that are set and not among those that the host takes."""
    set_ones = [name for name in OPTIONAL if getattr(options, name) not in (None, ())]
    return tuple(f"provider.{setting_of(name)}: {label} does not take it." for name in set_ones if name not in taken)


def temperature_too_high(label: str, options: RequestOptions, most: float) -> tuple[str, ...]:
    """Say that the temperature is above what the host takes."""
    if options.temperature is None or options.temperature <= most:
        return ()
    return (f"provider.temperature is above {most:g}, the most {label} takes; {most:g} is sent.",)


def too_many_stops(options: RequestOptions, most: int) -> tuple[str, ...]:
    """Say that there are more stop texts than the host takes."""
    if len(dict.fromkeys(options.stop)) <= most:
        return ()
    return (f"provider.stop: only the first {most} texts are sent.",)
