"""What hosts ask for their models, as data. A price that is not known is None, never a guess.

Prices change: they are those of the page and day named here, in USD per million tokens, without tax or discount.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen


@frozen
class Price:
    """USD per million tokens."""

    prompt: float
    completion: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost, in USD."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


FREE: Final = Price(0.0, 0.0)

_PRICES: Final[dict[str, tuple[tuple[str, Price], ...]]] = {
    # docs.mistral.ai, model cards, August 2026. `codestral` is a subscription, and Langdock bills by its own plans.
    "mistral": (("codestral-2508", Price(0.30, 0.90)), ("codestral-latest", Price(0.30, 0.90))),
    # models.dev, August 2026.
    "inception": (("mercury-edit-2", Price(0.25, 0.75)),),
}
"""By provider: prices of the models whose names begin so."""


def price_of(provider: str, model: str) -> Price | None:
    """Return what a provider of the registry asks for a model at its own address; None where it is not known."""
    return next((price for begin, price in _PRICES.get(provider, ()) if model.startswith(begin)), None)
