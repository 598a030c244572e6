"""The model of next edits, made from the settings: it masks a question, keeps to a budget, asks, and reads the answer.

The engine sees `next_edits` alone (`engine.next_edits.NextEditModel`). Each request is recorded as those for ghost text
are. A model that has failed is not asked for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing

from attrs import define, evolve, field, frozen

from fim_language_server.app.backends import MakeTransport
from fim_language_server.app.budgets import Budgets
from fim_language_server.app.next_edit_exchange import CHARS_PER_TOKEN, EditExchange
from fim_language_server.app.usage_recording import UsageRecording
from fim_language_server.core.next_edit.focus import Focus, QuestionLimits, focus
from fim_language_server.core.next_edit.masking import MaskedQuestion, mask_question
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion
from fim_language_server.core.secrets.masking import MARGIN
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.shown_values import as_shown
from fim_language_server.core.values import Context, Started, Trigger, Usage
from fim_language_server.engine.engine import EngineListener
from fim_language_server.engine.health import Health
from fim_language_server.errors import ProviderError, RateLimitedError, SettingsError
from fim_language_server.providers.hosts.endpoints import shown_host
from fim_language_server.providers.hosts.prices import price_of
from fim_language_server.providers.next_edits.answers import MOST_GROWTH_CHARS
from fim_language_server.providers.next_edits.profile import EditAnswer, EditProfile, EditPrompt
from fim_language_server.providers.targets import Target, choose_edit_target, of_next_edits
from fim_language_server.providers.transport import Transport
from fim_language_server.settings import Settings
from fim_language_server.settings.sections import ContextSettings
from fim_language_server.spending.budget import Permit, RateBudget
from fim_language_server.spending.rate_limits import read_rate_limits
from fim_language_server.usage.day_spending import DaySpending
from fim_language_server.usage.record import Price, RequestRecord

logger = logging.getLogger(__name__)

PAUSED = "the model of next edits has failed, and is not asked for a while"
FAILED = "the model of next edits failed"
OVER_BUDGET = "the request and token budget is used up for now"
OVER_DAY = "the dollars of the day are used up, or nobody knows what the model costs"
NOT_SHOWN = "a secret is being typed there, the line is too long, or the text holds marks of the model's own format"

MOST_TOKENS_CHARS = 16
"""Code points a token that an answer may have at most; a longer answer is not read to its end."""


@frozen
class PhrasedQuestion:
    """A question as a model gets it: the prompt, the part of the document, and what its placeholders stand for."""

    prompt: EditPrompt
    part: Focus
    masked: MaskedQuestion


@define(eq=False)
class AskedModel:
    """A model of next edits, its transport, budget, health and price."""

    profile: EditProfile
    target: Target
    transport: Transport
    budget: RateBudget
    limits: QuestionLimits
    _placeholders: Placeholders = field(repr=False)
    _record_use: Callable[[RequestRecord], None] = field(repr=False)
    _report: Callable[[ProviderError], None] = field(repr=False)
    _price: Price | None = None
    _day: DaySpending | None = field(default=None, repr=False)
    """The limit of dollars a day; None where there is none."""
    health: Health = field(init=False)
    silence: str = field(default="", init=False)
    """The reason why the last question has brought nothing, other than that the model proposed nothing."""

    def __attrs_post_init__(self) -> None:
        """Begin in good health."""
        self.health = Health(self.budget.clock)

    @property
    def label(self) -> str:
        """The model's name, as it may be shown."""
        return as_shown(self.target.options.model or self.profile.name)

    async def next_edits(self, question: NextEditQuestion) -> Sequence[NextEdit]:
        """Return the edits that the model proposes, the nearest first; none where it fails or may not be asked."""
        try:
            return await self.find(question)
        except ProviderError as error:
            self.silence = FAILED
            self._report(error)
            return ()

    async def find(self, question: NextEditQuestion) -> tuple[NextEdit, ...]:
        """Return the edits that the model proposes, the nearest to the cursor first.

        There are none where the model knows none, may not be asked now, or could not read the question. Raises
        ProviderError. Cancelling it closes the connection.
        """
        self.silence = ""
        if not self.health.allows(Trigger.PREFETCH):
            self.silence = PAUSED
            return ()
        phrased = self.phrase(question)
        if phrased is None:
            self.silence = NOT_SHOWN
            return ()
        prompt, part, masked = phrased.prompt, phrased.part, phrased.masked
        tokens = len(prompt.text.encode("utf-8", "replace")) / CHARS_PER_TOKEN + prompt.max_tokens
        permit = self.budget.reserve_nowait(tokens, Trigger.PREFETCH)
        if permit is None:
            self.silence = OVER_BUDGET
            return ()
        dollars = self._dollars(Usage(round(tokens - prompt.max_tokens), prompt.max_tokens))
        if self._day is not None and not self._day.reserve_nowait(dollars):
            permit.give_back()
            self.silence = OVER_DAY
            return ()
        try:
            answer = await self._ask(prompt, question, permit)
        finally:
            if self._day is not None:
                self._day.settle(dollars, None)  # What it has cost is taken with its record.
        # Placeholders are as long as their secrets, so what is found in the masked text stands in the document, too.
        found = masked.unmasked(self.profile.read(answer, masked.question), part.question.document.text)
        return tuple(evolve(part.placed(edit), source=self.label) for edit in found)

    def phrase(self, question: NextEditQuestion) -> PhrasedQuestion | None:
        """Return a question as it is sent; None where it is not: the cursor's line is too long, or in a secret."""
        part = focus(question, self.limits, MARGIN)
        masked = mask_question(part, self._placeholders) if part is not None else None
        prompt = self.profile.phrase(masked.question) if masked is not None else None
        if part is None or masked is None or prompt is None:
            return None
        max_tokens = min(prompt.max_tokens, self.target.options.max_tokens or prompt.max_tokens)
        return PhrasedQuestion(evolve(prompt, max_tokens=max_tokens), part, masked)

    async def close(self) -> None:
        """Close the connections."""
        await self.transport.close()

    async def _ask(self, prompt: EditPrompt, question: NextEditQuestion, permit: Permit) -> EditAnswer:
        exchange = EditExchange(self.budget.clock)
        target = self.target
        options = evolve(target.options, max_tokens=prompt.max_tokens, stop=prompt.stops, template="none")
        events = self.transport.stream(
            target.provider, target.url, Context(prompt.text, ""), options, target.credentials
        )
        most = MOST_TOKENS_CHARS * prompt.max_tokens + MOST_GROWTH_CHARS
        self.health.began()
        try:
            async with aclosing(events) as source:
                async for event in source:
                    if isinstance(event, Started):
                        exchange.started = event
                        continue
                    exchange.take(event.text, event.usage, event.finish_reason)
                    if exchange.length > most:
                        exchange.finish_reason = "length"
                        break
            exchange.outcome = "finished"
            self.health.succeeded()
        except ProviderError as error:
            exchange.outcome, exchange.error = "failed", type(error).__name__
            self.health.failed(error)
            if isinstance(error, RateLimitedError):
                self.budget.refused(error.retry_after)
            error.message = of_next_edits(error.message)
            error.args = (error.message,)
            raise
        finally:
            if exchange.outcome == "hung up":
                self.health.cancelled()
            self._settle(exchange, question, permit, prompt)
        return EditAnswer("".join(exchange.pieces), exchange.finish_reason)

    def _settle(self, exchange: EditExchange, question: NextEditQuestion, permit: Permit, prompt: EditPrompt) -> None:
        """Correct the budget by what the request has cost, and record it."""
        usage, is_estimated = exchange.usage, exchange.usage is None
        if usage is None:
            was_read = exchange.started is not None or exchange.outcome == "hung up"
            sent = round(permit.tokens - prompt.max_tokens) if was_read else 0
            usage = Usage(sent, -(-exchange.length // CHARS_PER_TOKEN))
        permit.settle(usage.prompt_tokens + usage.completion_tokens)
        if exchange.started is not None:
            self.budget.learn(read_rate_limits(exchange.started.limits))
        cost = self._dollars(usage)
        if self._day is not None:
            self._day.settle(None, cost)
        now, first = self.budget.clock.now(), exchange.first_at
        self._record_use(
            RequestRecord(
                provider=self.profile.name,
                model=as_shown(self.target.options.model),
                language=question.document.language_id,
                outcome=exchange.outcome,
                wait_ms=0.0,
                first_text_ms=None if first is None else (first - exchange.began_at) * 1_000,
                stream_ms=None if first is None else (now - first) * 1_000,
                usage=usage,
                is_estimated=is_estimated,
                cost=cost,
                host=shown_host(self.target.url),
                uri=question.document.uri,
                total_ms=(now - exchange.began_at) * 1_000,
                error=exchange.error,
            )
        )

    def _dollars(self, usage: Usage) -> float | None:
        return None if self._price is None else self._price.of(usage)


@define(eq=False)
class EditModels:
    """The model of next edits of the current settings, if there is one; made anew when they change."""

    _budgets: Budgets = field(repr=False)
    _placeholders: Placeholders = field(repr=False)
    _listener: EngineListener = field(repr=False)
    _usage: UsageRecording = field(repr=False)
    in_use: AskedModel | None = field(default=None, init=False)
    """The model; None where none is asked."""

    @property
    def budgets(self) -> list[RateBudget]:
        """The budget that the model spends, if there is one."""
        return [] if self.in_use is None else [self.in_use.budget]

    async def configure(
        self, settings: Settings, environ: Mapping[str, str], make_transport: MakeTransport = Transport
    ) -> list[str]:
        """Follow new settings; return a sentence where their model cannot be used. Nothing is sent yet."""
        await self.close()
        section, provider = settings.next_edit_provider, settings.provider
        try:
            chosen = choose_edit_target(section, provider, environ) if settings.next_edit.mode != "off" else None
        except SettingsError as error:
            return [f"{str(error).rstrip('.')}; no model is asked for next edits"]
        if chosen is None:
            return []
        target, budget = chosen.target, self._budgets.of(chosen.target, settings)
        transport = make_transport(
            connect_timeout=provider.connect_timeout_ms / 1_000,
            first_byte_timeout=section.first_byte_timeout_ms / 1_000,
            ca_file=provider.ca_file,
        )
        model = AskedModel(
            chosen.profile,
            target,
            transport,
            budget,
            limits_of(settings, chosen.profile),
            self._placeholders,
            self._usage.record_use,
            self._listener.provider_failed,
            price_of(target.provider, target.url, target.options.model, section.price),
            self._usage.day if self._usage.day.has_limit else None,
        )
        self.in_use = model
        logger.info("asking %s for next edits", model.label)
        return []

    async def close(self) -> None:
        """Close the model's connections, if there is one."""
        old, self.in_use = self.in_use, None
        if old is not None:
            await old.close()


def limits_of(settings: Settings, profile: EditProfile) -> QuestionLimits:
    """Return the most that a question may carry: the user's numbers of section `context`, else the profile's own.

    A workspace may make each smaller.
    """
    context: ContextSettings = settings.context

    def chars(name: str, usual: int) -> int:
        is_users = name in context.model_fields_set
        return settings.at_most("context", name, getattr(context, name) if is_users else usual)

    usual = profile.limits
    others = chars("snippet_chars", usual.others)
    return QuestionLimits(
        before=chars("prefix_chars", usual.before),
        after=chars("suffix_chars", usual.after),
        others=others,
        history=usual.history,
    )
