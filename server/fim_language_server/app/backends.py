"""The backends of the engine's chain, made from the settings: connection, window, budget and health of each.

`application.py` decides when they are made and closed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import lru_cache

from attrs import evolve, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.document_paths import FOLDS_CASE, is_windows_path, path_of_uri
from fim_language_server.core.other_files.growing import PieceLimits
from fim_language_server.core.patterns.gitignore import Patterns, patterns_of
from fim_language_server.core.prompt_room import USUAL_ROOM, WindowSize
from fim_language_server.core.secrets.masking import mask
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.secrets.restoring import restorer_of
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.shown_values import as_shown
from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Started
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend
from fim_language_server.engine.options import EngineOptions, OpenStream
from fim_language_server.engine.secret_restoring import restore_secrets
from fim_language_server.engine.sent_snippets import SentSnippets
from fim_language_server.engine.stream_limits import limits_of
from fim_language_server.providers import EMBEDDED
from fim_language_server.providers.hosts.endpoints import shown_host
from fim_language_server.providers.hosts.prices import price_of
from fim_language_server.providers.targets import ModelChoice, Target
from fim_language_server.providers.transport import Transport
from fim_language_server.providers.variation import vary
from fim_language_server.settings import Settings
from fim_language_server.settings.sections import ContextSettings
from fim_language_server.spending.budget import RateBudget
from fim_language_server.usage.record import FREE

EMBEDDED_WINDOW = WindowSize(20_000, 20_000)
"""The embedded model's window in code points: the whole of most files, as nothing is sent."""

PARTS = ("prefix_chars", "suffix_chars", "snippet_chars")
"""The settings of the parts of a prompt."""

BEST_CHARS = 2_048
"""Code points of the pieces for a line that are sent beside those that were sent before."""

GROWN_CHARS = 8_192
"""Code points up to which pieces are kept for hosts that keep prompts; what is kept there costs little."""

_PATHS_KNOWN = 256
"""The number of paths for which it is cached whether they are excluded."""

MakeTransport = Callable[..., Transport]
"""Makes a transport from the settings' timeouts and certificates."""


@frozen
class ConnectedModel:
    """A model behind an API, and the transport to close when the model is not used any more."""

    target: Target
    transport: Transport
    backend: Backend


def connect_model(
    choice: ModelChoice,
    target: Target,
    settings: Settings,
    budget: RateBudget,
    snippets: SentSnippets | None,
    placeholders: Placeholders,
    make_transport: MakeTransport = Transport,
) -> ConnectedModel:
    """Return a model behind an API with its transport and backend; nothing is sent yet.

    Requests have placeholders in place of secrets, and the secrets are put back into the answers.
    """
    section, clock = choice.section, budget.clock
    transport = make_transport(
        connect_timeout=section.connect_timeout_ms / 1_000,
        first_byte_timeout=section.first_byte_timeout_ms / 1_000,
        ca_file=section.ca_file,
    )

    def open_stream(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        options, masked = vary(target.options, request.variant), mask(context, request, placeholders)
        events = transport.stream(target.provider, target.url, masked.context, options, target.credentials)
        return restore_secrets(events, restorer_of(masked)) if masked.secrets or masked.others else events

    def warm(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        options, masked = evolve(target.options, only_warms=True), mask(context, request, placeholders)
        return transport.stream(target.provider, target.url, masked.context, options, target.credentials)

    backend = Backend(
        target.provider.name,
        as_shown(target.options.model),
        open_stream,
        budget,
        Health(clock),
        _window(settings, target),
        section.max_tokens,
        settings.trigger.max_delay_ms,
        snippets,
        warm if target.provider.can_warm else None,
        price_of(target.provider, target.url, target.options.model, section.price),
        limits_of(section.max_tokens, transport.connect_timeout, transport.first_byte_timeout),
        shown_host(target.url),
    )
    return ConnectedModel(target, transport, backend)


def embedded_backend(open_stream: OpenStream, clock: Clock) -> Backend:
    """Return the embedded model as a backend, without limits and debounce: it has no budget and costs nothing."""
    budget, health = RateBudget(clock), Health(clock)
    return Backend(EMBEDDED, "", open_stream, budget, health, EMBEDDED_WINDOW, max_tokens=0, max_delay_ms=0, price=FREE)


def engine_options(settings: Settings, excluded: Callable[[Document], bool]) -> EngineOptions:
    """Return the engine's options of the settings; `excluded` says which documents are not completed."""
    trigger, shaping = settings.trigger, settings.shaping
    return EngineOptions(
        trigger=TriggerOptions(trigger.mode, trigger.languages, trigger.in_comments, excluded),
        shaping=ShapingOptions(multi_line=shaping.multi_line, max_lines=shaping.max_lines),
        min_delay_ms=trigger.min_delay_ms,
        linger_ms=trigger.linger_ms,
        fallback_after_ms=settings.provider.fallback_after_ms,
    )


def excluder(patterns: Sequence[str]) -> Callable[[Document], bool]:
    """Return a predicate: is a document a file of secrets, or does it match one of the .gitignore patterns?

    Where the document's file system ignores case, so do the patterns.
    """
    hides = _cached(patterns_of(tuple(patterns), ignore_case=FOLDS_CASE))
    hides_in_any_case = hides if FOLDS_CASE else _cached(patterns_of(tuple(patterns), ignore_case=True))

    def excludes(document: Document) -> bool:
        if secret_document_reason(document) is not None:
            return True
        is_windows = is_windows_path(path_of_uri(document.uri)) or is_windows_path(document.target)
        hidden = hides_in_any_case if is_windows else hides
        return hidden(document.path) or any(map(hidden, document.other_paths))

    return excludes


def _cached(patterns: Patterns) -> Callable[[str], bool]:
    # Called at each key: a setting with thousands of wildcards is matched only once for each document.
    return lru_cache(_PATHS_KNOWN)(patterns.hides)


def _window(settings: Settings, target: Target) -> WindowSize:
    """Return the most that a prompt may have: the user's number for each part, else the host's or the usual one.

    A workspace may make each smaller.
    """
    context, provider, usual = settings.context, target.provider, ContextSettings()

    def chars(name: str, usual_chars: int) -> int:
        is_users = name in context.model_fields_set
        return settings.at_most("context", name, getattr(context, name) if is_users else usual_chars)

    def of_host(name: str) -> int:
        usual_chars: int = getattr(usual, name)
        return min(usual_chars, getattr(provider.window, name, None) or usual_chars)

    prefix, suffix = (chars(name, of_host(name)) for name in PARTS[:2])
    first = of_host("snippet_chars")
    has_limit = provider.window is not None and provider.window.snippet_chars is not None
    kept = GROWN_CHARS if provider.keeps_prompts and not has_limit else first
    pieces = PieceLimits(
        first_chars=chars("snippet_chars", first),
        best_chars=min(BEST_CHARS if provider.keeps_prompts else first, chars("snippet_chars", first)),
        most_chars=chars("snippet_chars", kept),
    )
    has_own_room = provider.window is not None or not context.model_fields_set.isdisjoint(PARTS)
    return WindowSize(prefix, suffix, pieces, prefix + suffix + pieces.first_chars if has_own_room else USUAL_ROOM)
