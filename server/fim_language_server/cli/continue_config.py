"""Continue's configuration, old (config.json) and new (config.yaml), as settings of ours. Pure; reads no file.

Source: Continue's reference of both formats and its schema (packages/config-yaml). What is not carried over is said,
and keys are never taken: only where to put them is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field

from fim_language_server.core.shown_values import address_as_shown, as_shown, holds_key
from fim_language_server.errors import SettingsError
from fim_language_server.providers import REGISTRY

CHARS_PER_TOKEN: Final = 3
_LARGEST_NUMBER: Final = 1e12

KINDS: Final = {
    "mistral": "mistral",
    "vertexai": "vertex",
    "deepseek": "deepseek",
    "inception": "inception",
    "llama.cpp": "llamacpp",
    "ollama": "ollama",
}
"""Continue's providers that have a kind of their own here."""

COMPLETIONS_SERVERS: Final = {
    "openai": "",
    "lmstudio": "http://localhost:1234/v1",
    "vllm": "http://localhost:8000/v1",
    "llamafile": "http://localhost:8080/v1",
    "text-gen-webui": "http://127.0.0.1:5000/v1",
    "docker": "http://localhost:12434/engines/v1",
    "together": "https://api.together.xyz/v1",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "siliconflow": "https://api.siliconflow.cn/v1",
    "sambanova": "https://api.sambanova.ai/v1",
    "huggingface-tgi": "http://localhost:8080/v1",
}
"""Continue's providers that speak OpenAI's completions, and where they are unless `apiBase` says."""

_OPTIONS: Final = {"temperature": "temperature", "topP": "topP", "maxTokens": "maxTokens", "stop": "stop"}
_LOST: Final = {
    "headers": "requestOptions.headers are not carried over: no header can be set here.",
    "proxy": "requestOptions.proxy is not carried over; set HTTPS_PROXY for the editor.",
    "extraBodyProperties": "requestOptions.extraBodyProperties are not carried over.",
    "clientCertificate": "requestOptions.clientCertificate is not carried over.",
}


@define
class Imported:
    """Settings that do what a Continue configuration does, and what is to be known besides."""

    settings: dict[str, dict[str, Any]] = field(factory=dict)
    notes: list[str] = field(factory=list)

    def put(self, section: str, key: str, value: Any) -> None:
        """Set a setting."""
        self.settings.setdefault(section, {})[key] = value


def import_settings(config: Any) -> Imported:
    """Return the settings for the model that Continue completes with. Raises SettingsError where there is none."""
    if not isinstance(config, Mapping):
        raise SettingsError("This is no configuration of Continue; name its config.json or config.yaml.")
    models = list(_autocomplete_models(config))
    if not models:
        has_blocks = any(isinstance(model, Mapping) and "uses" in model for model in _listed(config))
        raise SettingsError(
            "No model for autocompletion is in it: neither tabAutocompleteModel, nor one with the role autocomplete; "
            + ("only Continue can read blocks of its hub (uses: …); " if has_blocks else "")
            + "set provider.kind by hand (docs/providers.md)."
        )
    model, *others = models
    imported = Imported()
    if others:
        names = ", ".join(_name(other) for other in others)
        imported.notes.append(f"Several models are for autocompletion; {_name(model)} is taken, not {names}.")
    _import_provider(model, imported)
    _import_sampling(_inner(config, "completionOptions"), model, imported)
    _import_requests({**_inner(config, "requestOptions"), **_inner(model, "requestOptions")}, imported)
    _import_behaviour({**_inner(config, "tabAutocompleteOptions"), **_inner(model, "autocompleteOptions")}, imported)
    _leave_out_keys(imported)
    return imported


def _autocomplete_models(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    old = config.get("tabAutocompleteModel")
    for model in old if isinstance(old, list) else [old]:
        if isinstance(model, Mapping):
            yield model
    for model in _listed(config):
        roles = model.get("roles") if isinstance(model, Mapping) else None
        if isinstance(roles, list) and "autocomplete" in roles:
            yield model


def _listed(config: Mapping[str, Any]) -> list[Any]:
    models = config.get("models")
    return models if isinstance(models, list) else []


def _import_provider(model: Mapping[str, Any], imported: Imported) -> None:
    theirs, base = str(model.get("provider", "")), str(model.get("apiBase") or "").strip()
    name = str(model.get("model") or "")
    if base and "@" in base:
        imported.notes.append("apiBase holds a user or password and is not carried over; set provider.url without it.")
        base = ""
    elif "?" in base or "#" in base:
        imported.notes.append("apiBase has a query, which may hold a key, and is not carried over; set provider.url.")
        base = ""
    elif "${" in base:
        imported.notes.append("apiBase is a variable of Continue's and is not carried over; set provider.url.")
        base = ""
    kind = _kind(theirs, name, base)
    imported.put("provider", "kind", kind)
    if theirs in COMPLETIONS_SERVERS:
        base = base or COMPLETIONS_SERVERS[theirs]
    if base and not _is_the_providers_own(kind, base):
        imported.put("provider", "url", base)
    if name and name != "AUTODETECT" and name != REGISTRY[kind].default_model:
        imported.put("provider", "model", name)
    where = {**model, **_inner(model, "env")}
    if kind in ("vertex", "langdock") and isinstance(where.get("region"), str):
        imported.put("provider", "region", where["region"])
    if kind == "vertex" and isinstance(where.get("projectId"), str):
        imported.put("provider", "project", where["projectId"])
    _note_key(kind, model, imported)


def _leave_out_keys(imported: Imported) -> None:
    """Take out every value that looks like a key: what is printed here ends up in a file of settings."""
    for section, values in imported.settings.items():
        for key, value in list(values.items()):
            texts = value if isinstance(value, list) else [value]
            if any(isinstance(text, str) and _holds_key(key, text) for text in texts):
                del values[key]
                imported.notes.append(f"{section}.{key} is left out: what stands there looks like a key.")


def _holds_key(key: str, text: str) -> bool:
    return address_as_shown(text) != text if key == "url" else holds_key(text)


def _kind(theirs: str, model: str, base: str) -> str:
    host = _place(base)[0].partition(":")[0]
    if theirs in ("mistral", "azure") and host.endswith(".models.ai.azure.com"):
        return "azure"
    if theirs == "mistral":
        if host.endswith("langdock.com"):
            return "langdock"
        by_name = not base and "codestral" in model and "mamba" not in model
        return "codestral" if by_name or host == "codestral.mistral.ai" else "mistral"
    if theirs in KINDS:
        return KINDS[theirs]
    if theirs in COMPLETIONS_SERVERS:
        return "openai"
    what = f'Continue\'s provider "{as_shown(theirs)}"' if theirs else "A model that comes from Continue's hub"
    known = ", ".join(sorted({*KINDS, *COMPLETIONS_SERVERS}))
    raise SettingsError(f"{what} has no counterpart here; known are {known} (docs/providers.md).")


def _is_the_providers_own(kind: str, base: str) -> bool:
    own = REGISTRY[kind].url.replace("{region}", "eu")
    return bool(own) and _place(base) == _place(own)


def _place(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url.replace("//localhost", "//127.0.0.1"))
    except ValueError:  # choosing the target says what is wrong with it
        return url, ""
    return parts.netloc, parts.path.rstrip("/").removesuffix("/v1").removesuffix("/beta")


def _note_key(kind: str, model: Mapping[str, Any], imported: Imported) -> None:
    variable = REGISTRY[kind].api_key_env
    key = model.get("apiKey")
    if variable and isinstance(key, str) and key.strip():
        where = "the secret that apiKey names" if "{{" in key else "the key that stands under apiKey"
        imported.notes.append(f"Set {variable} in the editor's environment to {where}; it is not printed here.")
    elif kind == "vertex":
        imported.notes.append("Log in with `gcloud auth application-default login`; no key is needed.")


def _import_sampling(everywhere: Mapping[str, Any], model: Mapping[str, Any], imported: Imported) -> None:
    # In config.json the model's come last; what is there for every model is meant for chat as much.
    options = {**everywhere, **_inner(model, "completionOptions"), **_inner(model, "defaultCompletionOptions")}
    for theirs, ours in _OPTIONS.items():
        value = options.get(theirs)
        if theirs == "maxTokens" and (number := _number(value)) is not None:
            value = max(1, min(int(number), 4096))
        if value is not None:
            imported.put("provider", ours, value)


def _import_requests(options: Mapping[str, Any], imported: Imported) -> None:
    for key, note in _LOST.items():
        if options.get(key):
            imported.notes.append(note)
    if options.get("verifySsl") is False:
        imported.notes.append("requestOptions.verifySsl is not carried over; name the certificate in provider.caFile.")
    bundle = options.get("caBundlePath")
    if isinstance(bundle, list) and len(bundle) == 1:
        (bundle,) = bundle
    if isinstance(bundle, str):
        imported.put("provider", "caFile", bundle)
    elif bundle:
        imported.notes.append("requestOptions.caBundlePath names several files; put them into one for provider.caFile.")


def _import_behaviour(options: Mapping[str, Any], imported: Imported) -> None:
    if options.get("disable") is True:
        imported.put("trigger", "mode", "off")
    if (delay := _number(options.get("debounceDelay"))) is not None:
        imported.put("trigger", "maxDelayMs", max(0, min(int(delay), 5_000)))
    if isinstance(patterns := options.get("disableInFiles"), list):
        imported.put("trigger", "exclude", [str(pattern) for pattern in patterns])
    if options.get("multilineCompletions") in ("always", "never", "auto"):
        imported.put("shaping", "multiLine", options["multilineCompletions"])
    if (tokens := _number(options.get("maxPromptTokens"))) is not None:
        shares = (("prefixChars", "prefixPercentage", 0.3, 200), ("suffixChars", "maxSuffixPercentage", 0.2, 0))
        for ours, theirs, usual, least in shares:
            if (share := _number(options.get(theirs, usual))) is not None:
                imported.put("context", ours, max(least, min(int(tokens * share * CHARS_PER_TOKEN), 400_000)))
    if options.get("template"):
        imported.notes.append(
            "The template is not carried over; set provider.template to the model's family if needed."
        )


def _inner(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if abs(value) < _LARGEST_NUMBER else None  # neither infinite nor "not a number"


def _name(model: Mapping[str, Any]) -> str:
    return as_shown(str(model.get("title") or model.get("name") or model.get("model") or "one without a name"))
