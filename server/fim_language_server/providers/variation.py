"""Variation of a request's options, to get further texts from a model on an explicit request."""

from __future__ import annotations

from attrs import evolve

from fim_language_server.providers.base import RequestOptions

TEMPERATURES = (0.7, 1.0)
"""Temperatures of the first further answer and of the others; all hosts accept them."""


def vary(options: RequestOptions, variant: int) -> RequestOptions:
    """Return the options for answer number `variant`; 0 is the usual answer, whose options stay as they are.

    Further answers have a higher temperature, and another seed where the user has set one: a model with an unchanged
    seed repeats its answer.
    """
    if variant <= 0:
        return options
    seed = options.random_seed
    return evolve(
        options,
        temperature=max(options.temperature or 0.0, TEMPERATURES[min(variant, len(TEMPERATURES)) - 1]),
        random_seed=None if seed is None else seed + variant,
    )
