"""The providers to ask, with options and credentials: the section `provider` of the settings, resolved.

`app` and `doctor` both start here, so that they cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from fim_language_server.core.prompt import AUTO, NO_TEMPLATE, choose_template
from fim_language_server.core.shown_values import as_shown, is_variable_name
from fim_language_server.errors import SettingsError
from fim_language_server.providers import EMBEDDED, KINDS, REGISTRY, resolve_kind
from fim_language_server.providers.apis.mistral_fim import MistralFim
from fim_language_server.providers.base import Auth, Provider, RequestOptions
from fim_language_server.providers.credentials import (
    Credentials,
    GoogleCredentials,
    KeyAndHeaders,
    KeySource,
    OwnHeaders,
)
from fim_language_server.providers.hosts.allowed_hosts import check_allowed
from fim_language_server.providers.hosts.endpoints import is_encrypted, is_loopback, shown_host
from fim_language_server.providers.hosts.own_headers import read_headers
from fim_language_server.providers.hosts.regions import check_region
from fim_language_server.providers.next_edits.profile import EditProfile
from fim_language_server.providers.next_edits.table import profile_of
from fim_language_server.providers.next_edits.wires import wire_of

if TYPE_CHECKING:
    # pydantic must not be imported from here
    from fim_language_server.settings import ModelSettings, ProviderSettings
    from fim_language_server.settings.next_edit_provider import NextEditProviderSettings


@frozen
class Target:
    """A provider with endpoint, options and credentials: the arguments of `Transport.stream` except the context."""

    provider: Provider
    url: str
    options: RequestOptions
    credentials: KeySource


@frozen
class ModelChoice:
    """One model of the chain: its settings, and the target they mean; None for the embedded model."""

    section: ModelSettings = field(repr=False)
    target: Target | None


def choose_chain(
    section: ProviderSettings, environ: Mapping[str, str], user: str = ""
) -> tuple[list[ModelChoice], list[str]]:
    """Return the models of these settings in the order of the chain, and a sentence for each that cannot be used.

    A model that cannot be used is left out. The embedded model ends the chain. `user` is the user's hash, for a header
    that asks for it.
    """
    chain: list[ModelChoice] = []
    unusable: dict[int, str] = {}
    for number, entry in enumerate(section.chain):
        try:
            chain.append(ModelChoice(entry, _target_of(entry, environ, section, user)))
        except SettingsError as error:
            unusable[number] = str(error).rstrip(".")
        if chain and chain[-1].target is None:
            break
    first = chain[0].target if chain else None
    instead = first.provider.name if first else "the embedded model"
    sentences = [
        f"provider.fallback[{number - 1}]: {problem}; left out" if number else f"{problem}; using {instead}"
        for number, problem in unusable.items()
    ]
    return chain or [ModelChoice(section, None)], sentences


def choose_target(section: ProviderSettings, environ: Mapping[str, str], user: str = "") -> Target | None:
    """Return the first target that these settings mean; None where it is the embedded model.

    The key is not fetched yet: a server on this machine, or of the user's own (`provider.url`), may need none, and
    answers 401 where it does. Raises SettingsError for a kind or template that is unknown, for an address that is no
    URL or lacks its project, for an address outside of `provider.regions`, or
    that a company's policy does not allow, for a key that would travel unencrypted,
    for an `apiKeyEnv` that is no name of a variable, and for headers that cannot be sent.
    """
    return _target_of(section, environ, section, user)


@frozen
class EditTarget:
    """A model of next edits: the profile by which it is asked, and the target of the transport."""

    profile: EditProfile
    target: Target


def choose_edit_target(
    section: NextEditProviderSettings, whole: ProviderSettings, environ: Mapping[str, str]
) -> EditTarget | None:
    """Return the model of next edits that the section `nextEdit.provider` means; None where it is off.

    `whole` is the section `provider`, whose regions and whose policy hold for it as well. Raises SettingsError as
    `choose_target` does.
    """
    if not section.is_on:
        return None
    try:
        profile = profile_of(section.kind, section.model)
        model = section.as_model().model_copy(update={"temperature": 0.0})
        return EditTarget(profile, _reached(wire_of(profile), profile.name, model, environ, whole))
    except SettingsError as error:
        raise SettingsError(of_next_edits(str(error))) from None


def of_next_edits(sentence: str) -> str:
    """Return a sentence about settings of section `provider` as one about those of section `nextEdit.provider`."""
    return _SHARED_NAMES.sub("nextEdit.provider.", sentence)


_SHARED_NAMES = re.compile(
    r"(?<![\w.])provider\.(?=(?:kind|url|model|apiKeyEnv|apiKeyCommand|maxTokens|firstByteTimeoutMs|allowInsecureHttp)\b)"
)


def _target_of(section: ModelSettings, environ: Mapping[str, str], whole: ProviderSettings, user: str) -> Target | None:
    kind = resolve_kind(section.kind, environ)
    if kind == EMBEDDED:
        return None
    provider = REGISTRY.get(kind)
    if provider is None:
        raise SettingsError(f'provider.kind "{as_shown(kind)}" is unknown; it is one of {", ".join(KINDS)}.')
    if section.template not in (AUTO, NO_TEMPLATE):
        choose_template("", section.template)
    return _reached(provider, kind, section, environ, whole, user)


def _reached(
    provider: Provider,
    kind: str,
    section: ModelSettings,
    environ: Mapping[str, str],
    whole: ProviderSettings,
    user: str = "",
) -> Target:
    """Return a provider with the address, options and credentials of a model's settings. Raises SettingsError."""
    project = section.project or environ.get("GOOGLE_CLOUD_PROJECT", "")
    url = provider.endpoint(section.url, section.region, project)
    check_region(url, whole.regions)
    check_allowed(kind, url, whole.allowed)
    provider = _with_allowed_alternate(provider, whole)
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
    credentials = _credentials(section, provider, url, environ)
    own = OwnHeaders(provider.name, url, read_headers(section.headers), environ, user=user)
    secret = f"key from {credentials.source}" if credentials.source else own.first_secret
    if secret and not (is_encrypted(url) or is_loopback(url) or section.allow_insecure_http):
        raise SettingsError(
            f"The {secret} would travel to {shown_host(url)} unencrypted; use https:// in "
            "provider.url, or set provider.allowInsecureHttp if everybody on the way may read key and code."
        )
    return Target(provider, url, options, KeyAndHeaders(credentials, own) if own.headers else credentials)


def _with_allowed_alternate(provider: Provider, whole: ProviderSettings) -> Provider:
    """Return the provider without its alternate host where code must not be sent there."""
    if not isinstance(provider, MistralFim) or provider.alternate_host is None:
        return provider
    alternate = provider.alternate_host
    try:
        check_region(alternate.url, whole.regions)
        check_allowed(alternate.name, alternate.url, whole.allowed)
    except SettingsError:
        return evolve(provider, alternate_host=None)
    return provider


def _credentials(section: ModelSettings, provider: Provider, url: str, environ: Mapping[str, str]) -> KeySource:
    name = section.api_key_env
    if name and name not in environ and not is_variable_name(name):
        raise SettingsError(
            "provider.apiKeyEnv takes the name of an environment variable, not the key itself: put the key into one, "
            f"such as {provider.api_key_env or 'MY_API_KEY'}, and write its name here."
        )
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
