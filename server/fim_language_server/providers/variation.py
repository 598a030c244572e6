"""The same question asked so that another answer may come: for the texts to choose from on an explicit request."""

from __future__ import annotations

from attrs import evolve

from fim_language_server.providers.base import RequestOptions

TEMPERATURES = (0.7, 1.0)
"""Of the first and second further answer; every host's bounds allow them."""


def vary(options: RequestOptions, variant: int) -> RequestOptions:
    """Return the options for the n-th answer wanted, 0 being the usual one.

    Higher temperatures, and another seed where the user has fixed one: with the same seed the same answer comes.
    """
    if variant <= 0:
        return options
    seed = options.random_seed
    return evolve(
        options,
        temperature=max(options.temperature or 0.0, TEMPERATURES[min(variant, len(TEMPERATURES)) - 1]),
        random_seed=None if seed is None else seed + variant,
    )
