"""Providers: wire APIs with their hosts. `REGISTRY` is the one table of them.

The settings' schema, the docs and the contract tests are made from the registry. A new host of a known wire API is
one entry here; a new wire API is one pure file and one entry (docs/adding-a-provider.md). The `embedded` model is no
provider: it needs no wire, and has a package of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from fim_language_server.providers.apis.llama_cpp_infill import LlamaCppInfill
from fim_language_server.providers.apis.mistral_fim import FIELDS, RETIRED, MistralFim
from fim_language_server.providers.apis.ollama_generate import OllamaGenerate
from fim_language_server.providers.apis.openai_completions import FIELDS as OPENAI_FIELDS
from fim_language_server.providers.apis.openai_completions import OpenAiCompletions
from fim_language_server.providers.apis.tabby_completions import TabbyCompletions
from fim_language_server.providers.apis.vertex_fim import VertexFim
from fim_language_server.providers.base import (
    AlternateHost,
    Auth,
    Framing,
    ProbesInTurn,
    ProbesServer,
    Provider,
    RequestOptions,
)
from fim_language_server.providers.host_limits import (
    NO_LIMITS,
    HostLimits,
    HostWindow,
)
from fim_language_server.providers.hosts.endpoints import is_loopback
from fim_language_server.providers.hosts.prices import TARIFFS

AUTO = "auto"
EMBEDDED = "embedded"
KINDS_BY_KEY = ("codestral", "mistral")
"""Providers that `auto` stands for if their variable is set, the first that is."""

_PROVIDERS: tuple[Provider, ...] = (
    MistralFim(
        name="codestral",
        label="Codestral",
        url="https://codestral.mistral.ai/v1",
        api_key_env="CODESTRAL_API_KEY",
        default_model="codestral-latest",
        description="Mistral's domain for editors, with a key of its own",
        key_hint='It wants a key made for it; a key of api.mistral.ai works only with provider.kind "mistral".',
        retired=RETIRED,
        alternate_host=AlternateHost("mistral", "api.mistral.ai", "https://api.mistral.ai/v1/fim/completions"),
    ),
    MistralFim(
        name="mistral",
        label="Mistral",
        url="https://api.mistral.ai/v1",
        api_key_env="MISTRAL_API_KEY",
        default_model="codestral-latest",
        description="Mistral's API, paid by the token",
        key_hint='A key made for codestral.mistral.ai works only with provider.kind "codestral".',
        fields=FIELDS | {"prompt_cache_key"},
        retired=RETIRED,
        alternate_host=AlternateHost(
            "codestral", "codestral.mistral.ai", "https://codestral.mistral.ai/v1/fim/completions"
        ),
    ),
    MistralFim(
        name="langdock",
        label="Langdock",
        url="https://api.langdock.com/mistral/{region}/v1",
        api_key_env="LANGDOCK_API_KEY",
        default_model="codestral-2501",
        description="Langdock's gateway to Mistral's models, hosted in the EU",
        key_hint='It needs the scope "Completion API".',
        default_region="eu",
        # Documented per workspace; the tokens bind first: at 2,000 a request they are 30 requests a minute for
        # all users together. Hence the small window.
        limits=HostLimits(requests_per_minute=500, tokens_per_minute=60_000, are_of_workspace=True),
        window=HostWindow(prefix_chars=2_400, suffix_chars=600, snippet_chars=1_500),
        keeps_prompts=False,
        models_path="",
    ),
    VertexFim(
        name="vertex",
        label="Vertex AI",
        url="https://{region}-aiplatform.googleapis.com",
        api_key_env=None,
        default_model="codestral-2",
        description="Codestral on Google's Vertex AI, in the project of provider.project",
        key_hint="`gcloud auth application-default login` gives a new one.",
        default_region="europe-west4",
        retired=(("codestral-2405", "codestral-2"), ("codestral-2501", "codestral-2"), ("codestral", "codestral-2")),
        models_path="",
        auth=Auth.GOOGLE,
        keeps_prompts=False,
    ),
    MistralFim(
        name="azure",
        label="Azure",
        url="",
        api_key_env="AZURE_API_KEY",
        default_model="Codestral-2501",
        description="Codestral as a serverless endpoint of Azure, at the address in provider.url",
        models_path="",
        keeps_prompts=False,
    ),
    MistralFim(
        name="inception",
        label="Inception",
        url="https://api.inceptionlabs.ai/v1",
        api_key_env="INCEPTION_API_KEY",
        default_model="mercury-edit-2",
        description="Inception's diffusion model Mercury",
        fields=FIELDS - {"temperature", "min_tokens", "random_seed"},
        empty_suffix="<|endoftext|>",  # as Inception's own plug-ins send it; an empty one is refused
        keeps_prompts=False,
    ),
    OpenAiCompletions(
        name="deepseek",
        label="DeepSeek",
        url="https://api.deepseek.com/beta",
        api_key_env="DEEPSEEK_API_KEY",
        default_model="deepseek-flash",
        description="DeepSeek's FIM API (beta)",
        path="/beta/completions",
        models_path="/models",
        family="deepseek",
        fields=OPENAI_FIELDS | {"stream_options"},
        max_stops=16,
        retired=(
            ("deepseek-chat", "deepseek-flash"),
            ("deepseek-coder", "deepseek-flash"),
            ("deepseek-reasoner", "deepseek-flash"),
        ),
    ),
    OpenAiCompletions(
        name="openai",
        label="The server",
        url="https://api.openai.com/v1",
        api_key_env="OPENAI_API_KEY",
        default_model="gpt-3.5-turbo-instruct",
        description="any server of OpenAI's completions: vLLM, LM Studio, Fireworks, Together, SiliconFlow, TGI, …",
    ),
    LlamaCppInfill(),
    OllamaGenerate(),
    TabbyCompletions(),
)

REGISTRY: Mapping[str, Provider] = {provider.name: provider for provider in _PROVIDERS}
"""Every provider by its name in `provider.kind`."""


@frozen
class ProviderKind:
    """A value of `provider.kind`, with what schema and docs say about it."""

    name: str
    description: str
    api_key_env: str = ""
    url: str = ""
    model: str = ""
    settings: tuple[str, ...] = ()  # keys that must be set besides provider.kind
    notes: tuple[str, ...] = ()  # peculiarities, a phrase each


def describe_kinds() -> list[ProviderKind]:
    """Return a row for each value of `provider.kind`, in the order of the docs."""
    by_key = [REGISTRY[name] for name in KINDS_BY_KEY]
    variables = ", ".join(f"{provider.name} if {provider.api_key_env} is set" for provider in by_key)
    return [
        ProviderKind(AUTO, f"{variables}, else {EMBEDDED}"),
        ProviderKind(EMBEDDED, "a model of the open workspace, which needs neither key nor network"),
        *(
            ProviderKind(
                provider.name,
                provider.description,
                provider.api_key_env or "",
                provider.url,
                provider.default_model,
                _settings_needed(provider),
                _notes(provider),
            )
            for provider in REGISTRY.values()
        ),
    ]


def _settings_needed(provider: Provider) -> tuple[str, ...]:
    if isinstance(provider, VertexFim):
        return ("provider.project",)
    return () if provider.url else ("provider.url",)


def _notes(provider: Provider) -> tuple[str, ...]:
    notes = []
    if provider.auth is Auth.GOOGLE:
        notes.append("Google's application default credentials; `pip install fim-language-server[vertex]`")
    if isinstance(provider, MistralFim) and provider.default_region:
        notes.append(f"region `{provider.default_region}` unless provider.region is set")
    if isinstance(provider, MistralFim) and provider.alternate_host:
        notes.append(f"a key that it refuses is tried once at {provider.alternate_host.label}")
    if is_loopback(provider.url):
        notes.append("no key unless the server requires one")
    if isinstance(provider, ProbesServer | ProbesInTurn):
        server = "" if isinstance(provider, ProbesServer) else "a server of your own is "
        notes.append(f"{server}probed once for its abilities; `doctor` reports them")
    if provider.framing is Framing.JSON:
        notes.append("does not stream")
    if provider.limits != NO_LIMITS:
        per_minute = (
            f"{provider.limits.requests_per_minute:,} requests and {provider.limits.tokens_per_minute:,} tokens"
        )
        notes.append(f"limits: {per_minute} a minute")
    for tariff in TARIFFS.get(provider.name, ())[:1]:
        price = tariff.price
        cached = "" if price.cached is None else f" (${price.cached:.2f} where cached)"
        rates = f"${price.prompt:.2f} a million tokens in{cached}, ${price.completion:.2f} out"
        notes.append(f"`{tariff.model}`: {rates}, as of {tariff.read}")
    if warnings := provider.option_warnings(RequestOptions("", 0.0, 0.5, 1, 1, ("x",), 1)):
        refused = ", ".join(warning.partition(":")[0].removeprefix("provider.") for warning in warnings)
        notes.append(f"does not take {refused}")
    return tuple(notes)


KINDS: tuple[str, ...] = tuple(kind.name for kind in describe_kinds())
"""Every value of `provider.kind`."""


def resolve_kind(kind: str, environ: Mapping[str, str]) -> str:
    """Return the kind that `auto` stands for in this environment; any other kind stands for itself.

    A variable that is set but empty, or blank, counts as not set.
    """
    if kind != AUTO:
        return kind
    for name in KINDS_BY_KEY:
        if environ.get(REGISTRY[name].api_key_env or "", "").strip():
            return name
    return EMBEDDED
