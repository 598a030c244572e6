"""Who is to be asked, with what and with which key: the section `provider` of the settings, resolved.

The composition root and `doctor` both start here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from fim_language_server.core.prompt import AUTO, NO_TEMPLATE, choose_template
from fim_language_server.errors import SettingsError
from fim_language_server.providers import EMBEDDED, KINDS, REGISTRY, resolve_kind
from fim_language_server.providers.base import Auth, Provider, RequestOptions
from fim_language_server.providers.credentials import Credentials, GoogleCredentials, KeySource
from fim_language_server.providers.endpoints import is_loopback

if TYPE_CHECKING:
    from fim_language_server.settings import ProviderSettings  # pydantic must not be imported from here


@frozen
class Target:
    """A provider, and all that is needed to ask it: the arguments of `Transport.stream` but for the context."""

    provider: Provider
    url: str
    options: RequestOptions
    credentials: KeySource


def choose_target(section: ProviderSettings, environ: Mapping[str, str]) -> Target | None:
    """Return whom these settings mean; None where it is the embedded model.

    A key is not asked for yet. A server on this machine, or of one's own (`provider.url`), may have none; if it
    wants one, its 401 says so. Raises SettingsError for a kind or template that is unknown, and for an address
    that is none or lacks its project.
    """
    kind = resolve_kind(section.kind, environ)
    if kind == EMBEDDED:
        return None
    provider = REGISTRY.get(kind)
    if provider is None:
        raise SettingsError(f'provider.kind "{kind}" is unknown; it is one of {", ".join(KINDS)}.')
    if section.template not in (AUTO, NO_TEMPLATE):
        choose_template("", section.template)
    project = section.project or environ.get("GOOGLE_CLOUD_PROJECT", "")
    url = provider.endpoint(section.url, section.region, project)
    options = RequestOptions(
        model=section.model or provider.default_model,
        temperature=section.temperature,
        top_p=section.top_p,
        max_tokens=section.max_tokens,
        min_tokens=section.min_tokens,
        stop=tuple(section.stop),
        random_seed=section.random_seed,
        stream=section.stream,
        template=section.template,
    )
    return Target(provider, url, options, _credentials(section, provider, url, environ))


def _credentials(section: ProviderSettings, provider: Provider, url: str, environ: Mapping[str, str]) -> KeySource:
    has_own_key = bool(section.api_key_env or section.api_key_command)
    if provider.auth is Auth.GOOGLE and not has_own_key:
        return GoogleCredentials(provider.name)
    is_own_server = bool(section.url and provider.url)
    return Credentials(
        provider.name,
        section.api_key_env or provider.api_key_env,
        tuple(section.api_key_command),
        environ,
        required=not is_own_server and not is_loopback(url),
    )
