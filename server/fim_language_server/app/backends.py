"""From settings to the models of the engine's chain: how each is reached, with which window, budget and breaker.

`app` decides when they are made and closed; what an engine does with them is its own business.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from attrs import define, field, frozen

from fim_language_server.clock import Clock
from fim_language_server.core.context import WindowSize
from fim_language_server.core.document_paths import FOLDS_CASE, is_windows_path, path_of_uri
from fim_language_server.core.patterns.gitignore import Patterns, patterns_of
from fim_language_server.core.secrets.masking import mask
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.secrets.restoring import restorer_of
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.shown_values import as_shown
from fim_language_server.core.snippets import select_snippets
from fim_language_server.core.trigger import TriggerOptions
from fim_language_server.core.values import Chunk, CompletionRequest, Context, Document, Snippet, Started
from fim_language_server.engine.health import Health
from fim_language_server.engine.model_chain import Backend, SelectSnippets
from fim_language_server.engine.options import EngineOptions, OpenStream
from fim_language_server.engine.secret_restoring import restore_secrets
from fim_language_server.engine.stream_limits import limits_of
from fim_language_server.providers import EMBEDDED
from fim_language_server.providers.hosts.endpoints import host_of
from fim_language_server.providers.hosts.prices import price_of
from fim_language_server.providers.targets import ModelChoice, Target
from fim_language_server.providers.transport import Transport
from fim_language_server.providers.variation import vary
from fim_language_server.settings import Settings
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.shared.lease_exchange import BudgetSharing
from fim_language_server.spending.shared.ledger import scope_of
from fim_language_server.usage.record import FREE

EMBEDDED_WINDOW = WindowSize(20_000, 20_000)
"""What the embedded model reads around the cursor, in code points: the whole of most files. Nothing is sent."""

STEADY_LINES = 10
"""How far from where it was made a choice of snippets still holds, in lines."""

_PATHS_KNOWN = 256
"""Paths of which is remembered whether they are excluded."""

MakeTransport = Callable[..., Transport]
"""Makes what requests are sent with, from the settings' times and certificates."""

OpenDocuments = Callable[[str], Iterable[tuple[Document, Sequence[str]]]]
"""The other open documents with their lines, the most recent first; the argument is the one to leave out."""


@frozen
class ConnectedModel:
    """A model behind an API, and the connections to close when it is not asked any more."""

    target: Target
    transport: Transport
    backend: Backend


@define
class Budgets:
    """The budget of each host, key and model, shared with other editors where there is somewhere to share it.

    They outlive a change of settings: the provider's minute does, too.
    """

    _clock: Clock
    _sharing: BudgetSharing | None = None
    _known: dict[tuple[str, ...], RateBudget] = field(factory=dict)

    def of(self, target: Target, settings: Settings) -> RateBudget:
        """Return the budget of a model; the user's limits come before those that the registry knows."""
        own, known = settings.budget, target.provider.limits
        requests, tokens = (
            settings.at_most("budget", name, getattr(own, name) or getattr(known, name))
            for name in ("requests_per_minute", "tokens_per_minute")
        )
        host, model, key = host_of(target.url), target.options.model, target.credentials
        name = (host, key.source, model, str(requests), str(tokens))
        if name not in self._known:
            self._known[name] = RateBudget(self._clock, requests, tokens)
        if self._sharing is not None:

            def scope(salt: bytes) -> bytes | None:
                whose = key.fingerprint_nowait(salt)
                return None if whose is None else scope_of(salt, host, whose, model)

            self._sharing.share(self._known[name], scope)
        return self._known[name]

    async def leave_all_but(self, budgets: Collection[RateBudget]) -> None:
        """Share the others no more: they are not asked by these settings."""
        if self._sharing is not None:
            await self._sharing.leave_all_but(budgets)

    async def close(self) -> None:
        """Give back what is set aside for this process."""
        if self._sharing is not None:
            await self._sharing.close()


def connect_model(
    link: ModelChoice,
    target: Target,
    settings: Settings,
    budget: RateBudget,
    snippets: SelectSnippets,
    placeholders: Placeholders,
    make_transport: MakeTransport = Transport,
) -> ConnectedModel:
    """Make a provider reachable; nothing is sent yet.

    What is sent has placeholders where its secrets stand, and the secrets are put back into what comes.
    """
    section, clock = link.section, budget.clock
    transport = make_transport(
        connect_timeout=section.connect_timeout_ms / 1_000,
        first_byte_timeout=section.first_byte_timeout_ms / 1_000,
        ca_file=section.ca_file,
    )

    def open_stream(request: CompletionRequest, context: Context) -> AsyncGenerator[Started | Chunk, None]:
        options, masked = vary(target.options, request.variant), mask(context, request, placeholders)
        events = transport.stream(target.provider, target.url, masked.context, options, target.credentials)
        return restore_secrets(events, restorer_of(masked)) if masked.secrets or masked.others else events

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
        price_of(target.provider, target.url, target.options.model),
        limits_of(section.max_tokens, transport.connect_timeout, transport.first_byte_timeout),
    )
    return ConnectedModel(target, transport, backend)


def embedded_backend(open_stream: OpenStream, clock: Clock) -> Backend:
    """Return the embedded model as a backend: waiting would protect a budget or a bill, and it has neither."""
    budget, health = RateBudget(clock), Health(clock)
    return Backend(EMBEDDED, "", open_stream, budget, health, EMBEDDED_WINDOW, max_tokens=0, max_delay_ms=0, price=FREE)


def engine_options(settings: Settings, excluded: Callable[[Document], bool]) -> EngineOptions:
    """Return what the settings say of when to complete, and how a suggestion looks."""
    trigger, shaping = settings.trigger, settings.shaping
    return EngineOptions(
        trigger=TriggerOptions(trigger.mode, trigger.languages, trigger.in_comments, excluded),
        shaping=ShapingOptions(multi_line=shaping.multi_line, max_lines=shaping.max_lines),
        min_delay_ms=trigger.min_delay_ms,
        linger_ms=trigger.linger_ms,
        fallback_after_ms=settings.provider.fallback_after_ms,
    )


def snippet_source(
    open_documents: OpenDocuments, settings: Settings, excluded: Callable[[Document], bool]
) -> SelectSnippets:
    """Return what chooses pieces of other open documents to be sent along.

    The choice stays for some lines of typing: it stands at the beginning of a prompt, which is to stay the same.
    """
    if not settings.context.snippet_chars:
        return lambda _request: ()

    chosen: tuple[Any, int, tuple[Snippet, ...]] = (None, 0, ())

    def select(request: CompletionRequest) -> tuple[Snippet, ...]:
        nonlocal chosen
        others = [each for each in open_documents(request.document.uri) if not excluded(each[0])]
        place = (request.document.uri, [(document.uri, document.version) for document, _ in others])
        if not chosen[2] or chosen[0] != place or abs(request.position.line - chosen[1]) > STEADY_LINES:
            snippets = select_snippets(request, others, settings.context.snippet_chars)
            chosen = place, request.position.line, snippets
        return chosen[2]

    return select


def excluder(patterns: Sequence[str]) -> Callable[[Document], bool]:
    """Return what says of a document whether it holds secrets, or matches one of the .gitignore patterns.

    Where a document's system does not tell upper case from lower, the patterns do not either.
    """
    hides = _remembering(patterns_of(tuple(patterns), ignore_case=FOLDS_CASE))
    hides_in_any_case = hides if FOLDS_CASE else _remembering(patterns_of(tuple(patterns), ignore_case=True))

    def excludes(document: Document) -> bool:
        if secret_document_reason(document) is not None:
            return True
        is_windows = is_windows_path(path_of_uri(document.uri)) or is_windows_path(document.target)
        ask = hides_in_any_case if is_windows else hides
        return ask(document.path) or any(map(ask, document.other_paths))

    return excludes


def _remembering(patterns: Patterns) -> Callable[[str], bool]:
    # Asked at each key; a setting that brings thousands of wildcards costs them once a document.
    return lru_cache(_PATHS_KNOWN)(patterns.hides)


def _window(settings: Settings, target: Target) -> WindowSize:
    """The host's window where it has one and the user has not set another; a workspace may make it smaller."""
    context, suits = settings.context, target.provider.window

    def chars(name: str) -> int:
        is_users = suits is None or name in context.model_fields_set
        return settings.at_most("context", name, getattr(context if is_users else suits, name))

    return WindowSize(chars("prefix_chars"), chars("suffix_chars"))
