"""Models to evaluate: providers as users name them, made ready by the application's own composition root."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from fim_language_server.app.application import Application
from fim_language_server.core.values import CompletionRequest
from fim_language_server.embedded.index.index_cache import WITHOUT_CACHE
from fim_language_server.errors import ProviderError, SettingsError
from fim_language_server.evaluation.model_calls import PromptWindow
from fim_language_server.evaluation.retrying import Pace
from fim_language_server.providers import AUTO, EMBEDDED, REGISTRY
from fim_language_server.providers.hosts.endpoints import host_of, is_loopback
from fim_language_server.providers.hosts.prices import price_of
from fim_language_server.providers.targets import choose_target
from fim_language_server.settings import merge_settings
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.record import FREE, Price

Tell = Callable[[str], None]


@frozen
class Choice:
    """A provider as the command line names it: KIND, KIND:MODEL, KIND@URL or KIND:MODEL@URL."""

    label: str
    kind: str
    model: str = ""
    url: str = ""


@define(eq=False)
class EvaluatedModel:
    """A provider that is ready to be asked. `price` None: not known. `failure` says why it is asked no more."""

    label: str
    application: Application = field(repr=False)
    is_paid: bool
    price: Price | None
    host: str
    pace: Pace = field(factory=Pace)
    is_embedded: bool = False
    failure: str = ""
    day: DaySpending | None = None
    """The limit of dollars a day, which editors and evaluations share; None where there is none."""

    @property
    def window(self) -> PromptWindow:
        """Window that this provider gets in an editor."""
        return PromptWindow(*self.application.window)

    @property
    def max_tokens(self) -> int:
        """Number of tokens that an answer may have."""
        return self.application.settings.provider.max_tokens


def read_choice(text: str) -> Choice:
    """Read how the command line names a provider. `auto` is the embedded model here: nothing is paid for unasked."""
    match = re.fullmatch(r"(?s)([^:@]+)(?::(.*?))?(?:@(https?://.*))?", text.strip())
    if match is None:
        raise SettingsError(f"{text!r} names no provider; write KIND, KIND:MODEL or KIND@URL")
    kind = EMBEDDED if match[1] == AUTO else match[1]
    if kind != EMBEDDED and kind not in REGISTRY:
        raise SettingsError(f"there is no provider {kind}; it is one of {', '.join([EMBEDDED, *REGISTRY])}")
    label = kind if text.strip() == AUTO else text.strip()
    return Choice(label, kind, match[2] or "", match[3] or "")


@asynccontextmanager
async def open_models(
    choices: Sequence[Choice],
    settings: object,
    environ: Mapping[str, str],
    tell: Tell,
    max_tokens: int | None = None,
) -> AsyncGenerator[list[EvaluatedModel], None]:
    """Make the providers ready, and close them at the end. The embedded model knows no workspace yet.

    Of `settings` (as the user wrote them) the section `provider` is for the provider of its kind, or for the only
    one. Raises SettingsError where a provider cannot be used as it is set.
    """
    ready: list[EvaluatedModel] = []
    try:
        for choice in choices:
            application = Application(
                [], _EvaluationListener(choice.label, tell), environ={**environ, WITHOUT_CACHE: "1"}
            )
            ready.append(EvaluatedModel(choice.label, application, False, None, ""))
            raw = _settings_of(choice, settings, is_only=len(choices) == 1, max_tokens=max_tokens)
            problems = await application.configure(raw)
            if application.provider_name != choice.kind:
                raise SettingsError("; ".join(problems) or f"{choice.label} cannot be used")
            for problem in problems:
                tell(problem)
            ready[-1] = _contestant(choice, application, environ)
        yield ready
    finally:
        for contestant in ready:
            await contestant.application.close()


async def enter_workspace(contestants: Sequence[EvaluatedModel], folder: Path) -> None:
    """Have the embedded model complete from this folder, and wait until it is indexed."""
    for contestant in contestants:
        if contestant.is_embedded:
            await contestant.application.set_folders([str(folder)])
            await contestant.application.warm_up()
            await contestant.application.wait_until_indexed()


def common_window(contestants: Sequence[EvaluatedModel], prefix: int | None, suffix: int | None) -> PromptWindow:
    """Return the window that all get: the smallest that any of them has in an editor, unless it is given."""
    windows = [contestant.window for contestant in contestants]
    return PromptWindow(
        prefix if prefix is not None else min(window.prefix_chars for window in windows),
        suffix if suffix is not None else min(window.suffix_chars for window in windows),
    )


def _contestant(choice: Choice, application: Application, environ: Mapping[str, str]) -> EvaluatedModel:
    section, budget = application.settings.provider, application.settings.budget
    target = choose_target(section, environ)
    if target is None:
        return EvaluatedModel(choice.label, application, False, FREE, "this machine", is_embedded=True)
    is_paid = not is_loopback(target.url)
    price = price_of(target.provider, target.url, application.model, section.price)
    known = target.provider.limits
    pace = Pace(
        *(
            application.settings.at_most("budget", name, getattr(budget, name) or getattr(known, name))
            for name in ("requests_per_minute", "tokens_per_minute")
        )
    )
    day = application.usage.day if application.usage.day.has_limit else None
    return EvaluatedModel(choice.label, application, is_paid, price, host_of(target.url), pace, day=day)


def _settings_of(choice: Choice, settings: object, *, is_only: bool, max_tokens: int | None) -> dict[str, Any]:
    merged = merge_settings(settings)
    provider = merged.get("provider")
    section = dict(provider) if isinstance(provider, Mapping) else {}
    if section.get("kind", choice.kind if is_only else None) != choice.kind:
        section = {}
    section["kind"] = choice.kind
    for name, value in (("model", choice.model), ("url", choice.url), ("maxTokens", max_tokens)):
        if value:
            section[name] = value
    return {**merged, "provider": section}


@frozen
class _EvaluationListener:
    """Says what an editor would show."""

    label: str
    tell: Tell

    def provider_failed(self, error: ProviderError) -> None:
        self.tell(str(error))

    def provider_recovered(self) -> None:
        pass

    def notice(self, text: str) -> None:
        self.tell(f"{self.label}: {text}")

    def answered_late(self, request: CompletionRequest) -> None:
        pass

    def indexing(self, done: int, total: int, finished: bool) -> None:
        pass
