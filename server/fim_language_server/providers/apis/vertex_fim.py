"""Mistral's FIM API on Google's Vertex AI: Mistral's body at other addresses, with a token of Google's. Pure.

The address holds project, region and model, and says whether the response is streamed. FIM and chat share an address;
Google tells them apart by the body.
Source: cloud.google.com/vertex-ai (Mistral models) and the Vertex flavour of the official SDK, which the tests use.
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
    """Mistral's FIM API as Google serves it. The endpoint is the path of all models; a request adds its model."""

    def endpoint(self, base_url: str, region: str = "", project: str = "") -> str:
        """Return the address of the region's models. Raises SettingsError if `project` is empty."""
        if not project:
            raise SettingsError(
                f"{self.label} needs a Google Cloud project; set provider.project, or GOOGLE_CLOUD_PROJECT."
            )
        region = region or self.default_region
        path = MODELS_PATH.replace("{project}", quote(project, safe=":")).replace("{region}", region)
        return full_endpoint((base_url.strip() or self.url).replace("{region}", region), path)

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return Mistral's request, addressed to its model."""
        model = quote(options.model or self.default_model, safe="@")
        verb = "streamRawPredict" if options.stream else "rawPredict"
        return evolve(super().build_request(url, context, options), url=f"{url}/{model}:{verb}")
