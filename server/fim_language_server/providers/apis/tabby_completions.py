"""Tabby's `POST /v1/completions`. Pure.

A request has the text in segments, and its response is one piece: the API has no stream, no limit of tokens and no
stop texts. The server chooses the model. Source: the OpenAPI document of Tabby (tabby.tabbyml.com/api).

The server puts snippets as comments above the prefix, marks prefix and suffix by the model's template, and silently
keeps the last bytes of the whole (`clip_prompt` in tabby-inference; `max_input_length` of its configuration). A suffix
that is too long would leave nothing of the prefix. It takes snippets up to the first that does not fit
(`completion_prompt.rs`). So a request holds no more than the model gets to see, with the mark before the prefix.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve, frozen

from fim_language_server.core.values import Chunk, Context, Snippet
from fim_language_server.providers.apis.token_windows import first_bytes, last_bytes, size
from fim_language_server.providers.apis.wire_api import WireApi, without_none
from fim_language_server.providers.base import (
    Framing,
    HttpRequest,
    ModelCard,
    RequestOptions,
)
from fim_language_server.providers.host_limits import (
    CutUnit,
    HostWindow,
    Kept,
    SilentCut,
)
from fim_language_server.providers.replies import choice_events
from fim_language_server.providers.replies.wire_text import parse_object, well_formed

PROMPT_BYTES: Final = 1_536
"""The server's default `max_input_length`; it does not tell the length that it runs with."""

SNIPPET_BYTES: Final = 768
"""The most bytes of all snippets that the server takes."""

_MARKS_BYTES: Final = 64
"""Bytes kept free for the template's marks. The longest are DeepSeek's, of 58 bytes."""

_SUFFIX_BYTES: Final = 350
_SNIPPETS_SHARE_BYTES: Final = 500
"""The most bytes of the suffix, and of all snippets as comments. The prefix gets the rest, at least 600 bytes."""

_COMMENT_MARK_BYTES: Final = 4
"""The most bytes that the server puts before a line of a snippet, such as `// `."""

_SNIPPETS: Final = "relevant_snippets_from_recently_opened_files"

_WINDOW: Final = HostWindow(
    prefix_chars=PROMPT_BYTES - _MARKS_BYTES,
    suffix_chars=_SUFFIX_BYTES,
    snippet_chars=_SNIPPETS_SHARE_BYTES * 3 // 4,
)
"""Fewer code points of snippets than bytes, because they get signs of comments and their paths."""

_BODIES: Final = f"segments.{_SNIPPETS}.body"
_SILENT_CUTS: Final = (
    SilentCut((_BODIES, "segments.prefix", "segments.suffix"), PROMPT_BYTES, CutUnit.BYTES, Kept.END),
    SilentCut((_BODIES,), SNIPPET_BYTES, CutUnit.BYTES, Kept.WHOLE_PIECES),
)


@frozen
class TabbyCompletions(WireApi):
    """A Tabby server."""

    name: str = "tabby"
    label: str = "Tabby"
    url: str = "http://127.0.0.1:8080"
    path: str = "/v1/completions"
    models_path: str = "/v1/health"
    api_key_env: str | None = "TABBY_API_KEY"
    default_model: str = ""  # the server was started with one
    description: str = "a Tabby server; the key is the token on its home page"
    key_hint: str = "Its home page shows your token."
    accepted_options: frozenset[str] = frozenset({"temperature", "random_seed"})
    framing: Framing = Framing.JSON
    end_mark: str = ""
    window: HostWindow | None = _WINDOW
    silent_cuts: tuple[SilentCut, ...] = _SILENT_CUTS

    def sent_context(self, context: Context, options: RequestOptions) -> Context:
        """Return as much of the context as the server's model gets to see."""
        snippets = _snippets_that_fit(context)
        n_bytes = sum(_as_comments(each.path, each.text) for each in snippets)
        suffix = first_bytes(well_formed(context.suffix), _SUFFIX_BYTES)
        prefix = last_bytes(well_formed(context.prefix), PROMPT_BYTES - _MARKS_BYTES - n_bytes - size(suffix))
        return evolve(context, prefix=prefix, suffix=suffix, snippets=snippets)

    def build_request(self, url: str, context: Context, options: RequestOptions) -> HttpRequest:
        """Return the request, with the snippets as recently opened files; nothing of it is cut by the server."""
        context = self.sent_context(context, options)
        snippets = [{"filepath": each.path, "body": each.text, "score": 1.0} for each in context.snippets]
        segments = {
            "prefix": context.prefix,
            "suffix": context.suffix,
            "filepath": well_formed(context.path) or None,
            _SNIPPETS: snippets or None,
        }
        wanted: dict[str, Any] = {
            "language": context.language_id or None,
            "segments": without_none(segments),
            "temperature": options.temperature,
            "seed": options.random_seed,
        }
        return HttpRequest(url, without_none(wanted))

    def read_event(self, data: str) -> Chunk | None:
        """Return the completion in a whole body. Raises StreamError for an error, or no completion."""
        body = choice_events.parse(self.name, self.label, data)
        if not isinstance(body.get("choices"), list):
            raise choice_events.no_completion(self.name, self.label)
        chunk = choice_events.read_event(self.name, self.label, data)
        return Chunk(chunk.text if chunk else "", "stop", chunk.usage if chunk else None)

    def read_models(self, body: str) -> tuple[ModelCard, ...]:
        """Return the model in the response of `GET /v1/health`."""
        model = parse_object(body).get("model")
        return (ModelCard(model, completes_fim=True),) if isinstance(model, str) else ()


def _snippets_that_fit(context: Context) -> tuple[Snippet, ...]:
    """Return the last snippets that fit as comments above the prefix; one that is too long is cut at a line end.

    The last snippet is the best. The server uses none in a language without a sign for comments.
    """
    left = _SNIPPETS_SHARE_BYTES
    chosen: list[Snippet] = []
    for snippet in reversed(context.snippets):
        path, body = well_formed(snippet.path), first_bytes(well_formed(snippet.text), left)
        while body and (excess := _as_comments(path, body) - left) > 0:
            without_last_line = body[: body.rfind("\n", 0, -1) + 1]
            body = without_last_line or first_bytes(body, size(body) - excess)
        if not body.strip():
            break
        left -= _as_comments(path, body)
        chosen.insert(0, evolve(snippet, path=path, text=body))
    return tuple(chosen)


def _as_comments(path: str, body: str) -> int:
    """Return the most bytes of a snippet as comments: a line with its path, its own lines, and an empty one."""
    n_lines = body.count("\n") + 3
    return size(f"Path: {path}\n{body}\n\n") + n_lines * _COMMENT_MARK_BYTES
