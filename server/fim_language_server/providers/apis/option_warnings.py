"""Warnings about options that a host does not accept as they are set, a sentence each. Pure."""

from __future__ import annotations

from collections.abc import Collection

from fim_language_server.providers.base import RequestOptions
from fim_language_server.providers.replies.error_replies import setting_of

OPTIONAL = ("temperature", "top_p", "min_tokens", "stop", "random_seed")
"""Names of the options that are sent only where they are set."""


def not_accepted(label: str, options: RequestOptions, accepted: Collection[str]) -> tuple[str, ...]:
    """Return a sentence for each option that is set and not among `accepted`; `label` names the host."""
    refused = [name for name in OPTIONAL if getattr(options, name) not in (None, ()) and name not in accepted]
    return tuple(f"provider.{setting_of(name)}: {label} does not take it." for name in refused)


def temperature_too_high(label: str, options: RequestOptions, most: float) -> tuple[str, ...]:
    """Return a sentence if the temperature is above `most`, the highest that the host accepts."""
    if options.temperature is None or options.temperature <= most:
        return ()
    return (f"provider.temperature is above {most:g}, the most {label} takes; {most:g} is sent.",)


def too_many_stops(options: RequestOptions, most: int) -> tuple[str, ...]:
    """Return a sentence if there are more stop texts than `most`, the number that the host accepts."""
    if len(dict.fromkeys(options.stop)) <= most:
        return ()
    return (f"provider.stop: only the first {most} texts are sent.",)
