"""Who is to be asked, with what and with which key: the section `provider` of the settings, resolved.

The composition root and `doctor` both start here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from fim_language_server.errors import SettingsError
from fim_language_server.providers import EMBEDDED, KINDS, REGISTRY, resolve_kind
from fim_language_server.providers.base import Provider, RequestOptions
from fim_language_server.providers.credentials import Credentials

if TYPE_CHECKING:
    from fim_language_server.settings import ProviderSettings  # pydantic must not be imported from here


@frozen
class Target:
    """A provider, and all that is needed to ask it: the arguments of `Transport.stream` but for the context."""

    provider: Provider
    url: str
    options: RequestOptions
    credentials: Credentials


def choose_target(section: ProviderSettings, environ: Mapping[str, str]) -> Target | None:
    """Return whom these settings mean; None where it is the embedded model.

    A key is not asked for yet. A server of one's own (`provider.url`) may have none; if it wants one, its 401
      says so. Raises SettingsError for a kind that is
      unknown or a URL that is none.
    """
    kind = resolve_kind(section.kind, environ)
    if kind == EMBEDDED:
        return None
    provider = REGISTRY.get(kind)
    if provider is None:
        raise SettingsError(f'provider.kind "{kind}" is unknown; it is one of {", ".join(KINDS)}.')
    url = provider.endpoint(section.url, section.region)
    options = RequestOptions(
        model=section.model or provider.default_model,
        temperature=section.temperature,
        top_p=section.top_p,
        max_tokens=section.max_tokens,
        min_tokens=section.min_tokens,
        stop=tuple(section.stop),
        random_seed=section.random_seed,
        stream=section.stream,
    )
    credentials = Credentials(
        provider.name,
        section.api_key_env or provider.api_key_env,
        tuple(section.api_key_command),
        environ,
        required=not section.url,
    )
    return Target(provider, url, options, credentials)
