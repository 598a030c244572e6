"""Mistral's FIM API on Google's Vertex AI: the same body under other addresses, with a token of Google's. Pure.

The address holds project, region and model, and says whether the answer is streamed. Which of Mistral's APIs is
meant, FIM or chat, Google tells by the body alone.
Source: cloud.google.com/vertex-ai (Mistral models) and the official SDK's Vertex flavour, which certifies our fake.
"""

from __future__ import annotations

from urllib.parse import quote

from attrs import evolve, frozen

from fim_language_server.core.values import Context
from fim_language_server.errors import SettingsError
from fim_language_server.providers.apis.mistral_fim import MistralFim
from fim_language_server.providers.base import HttpRequest, RequestOptions
from fim_language_server.providers.hosts.endpoints import full_endpoint

MODELS_PATH = "/v1/projects/{project}/locations/{region}/publishers/mistralai/models"


@frozen
class VertexFim(MistralFim):
    """Mistral's FIM API as Google serves it. An endpoint is the folder of models; a request adds its own to it."""

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the address of the region's models. Raises SettingsError without a project."""
        if not project:
            raise SettingsError(
                f"{self.label} needs a Google Cloud project; set provider.project, or GOOGLE_CLOUD_PROJECT."
            )
        place = region or self.default_region
        path = MODELS_PATH.replace("{project}", quote(project, safe=":")).replace("{region}", place)
        return full_endpoint((base_url.strip() or self.url).replace("{region}", place), path)

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Phrase the request as Mistral's, and address it to the model."""
        model = quote(options.model or self.default_model, safe="@")
        verb = "streamRawPredict" if options.stream else "rawPredict"
        return evolve(super().build_request(url, context, options), url=f"{url}/{model}:{verb}")
