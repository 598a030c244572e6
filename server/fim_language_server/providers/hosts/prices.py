"""Prices of hosts for their models. An unknown price is None, never 0.

Prices change, so each entry says when it was read; they are without tax and discount. DeepSeek asks half of it
outside of its peak hours (01:00-04:00 and 06:00-10:00 UTC on China's working days): the peak price is the one here, so
that a sum is never too low. Not here: `codestral` is a subscription, Langdock bills by its own plans, and the price
lists of the clouds (Vertex AI, Azure) could not be read. `provider.price` says what a host of one's own asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from fim_language_server.errors import SettingsError
from fim_language_server.providers.base import Provider
from fim_language_server.providers.hosts.endpoints import host_of, is_loopback
from fim_language_server.usage.record import FREE, Price

if TYPE_CHECKING:
    from fim_language_server.settings.provider_sections import PriceSettings  # pydantic must not be imported from here


@frozen
class Tariff:
    """The price of the models whose names begin with `model`, with the month and the source that it was read in."""

    model: str
    price: Price
    read: str
    source: str


_CODESTRAL: Final = Price(0.30, 0.90, cached=0.03)
"""Cached tokens of a prompt are billed at a tenth (the API's reference, prompt_cache_key)."""

TARIFFS: Final[dict[str, tuple[Tariff, ...]]] = {
    "mistral": (
        Tariff("codestral-2508", _CODESTRAL, "2026-08", "docs.mistral.ai"),
        Tariff("codestral-latest", _CODESTRAL, "2026-08", "docs.mistral.ai"),
    ),
    "inception": (Tariff("mercury-edit-2", Price(0.25, 0.75, cached=0.025), "2026-07", "docs.inceptionlabs.ai"),),
    "deepseek": (
        Tariff("deepseek-flash", Price(0.30, 1.20, cached=0.006), "2026-10", "api-docs.deepseek.com"),
        Tariff("deepseek-v4-flash", Price(0.30, 1.20, cached=0.006), "2026-10", "api-docs.deepseek.com"),
        Tariff("deepseek-v4-pro", Price(1.32, 3.96, cached=0.044), "2026-10", "api-docs.deepseek.com"),
    ),
    "openai": (Tariff("gpt-3.5-turbo-instruct", Price(1.50, 2.00), "2026-10", "developers.openai.com"),),
}
"""By the provider's name in the registry."""


def price_of(provider: Provider, url: str, model: str, own: PriceSettings | None = None) -> Price | None:
    """Return the price of `model` at the host of the endpoint `url`; None where it is unknown.

    `own`, the setting `provider.price`, holds everywhere: at a gateway, and where this machine is only a tunnel's
    end. Without it, this machine is free, and a price of the table is valid at the provider's own host only: gateways
    and mirrors bill by plans of their own.
    """
    if own is not None:
        return Price(own.input, own.output, own.cached_input)
    if is_loopback(url):
        return FREE
    try:
        is_own_host = host_of(url) == host_of(provider.endpoint(""))
    except SettingsError:
        return None
    tariffs = TARIFFS.get(provider.name, ()) if is_own_host else ()
    return next((tariff.price for tariff in tariffs if model.startswith(tariff.model)), None)
