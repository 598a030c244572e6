"""Many members and one limit: a simulation in virtual time with the product's own budgets and windows.

Members type for 90 s and pause for 210 s, by chance. While one types, a request is wanted each 2.5 s. The provider
counts requests and tokens in any 60 s, refuses what is over its limits by a 429, and says nothing else. `--way`:
`shared` shares the budget by the ledger, `alone` lets each learn its part of the limit from refusals, `unaware` lets
each begin with all of it, `shares` gives each an equal part.
"""

from __future__ import annotations

import heapq
import itertools
import random
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field, frozen

from fim_language_server.core.other_files.growing import PieceLimits
from fim_language_server.core.prompt_room import WindowSize, affordable_windows
from fim_language_server.core.values import Trigger
from fim_language_server.spending.budget import Permit, RateBudget
from fim_language_server.spending.shared.lease_exchange import RETRY_S, SPACING_S, pause_s
from fim_language_server.spending.shared.ledger import Ledger
from fim_language_server.spending.shared_values import LeaseGrant, SpendingReport

BYTES_PER_TOKEN = 3.2
MOST_ANSWER_TOKENS = 128
ANSWERS = (8, 15, 30, 60)
"""Tokens of answers, equally likely."""
ANSWER_S = 0.5
TYPING_S, ACTIVE_SHARE = 90.0, 0.3
LEAST_GAP_S, MEAN_GAP_S = 0.5, 2.5
"""Seconds between two moments at which a member that types wants a request."""
INVOKED_SHARE = 0.03
WINDOW = WindowSize(2_400, 600, PieceLimits(1_500, 1_500, 1_500))
"""The window of Langdock, the host whose limits hold for a workspace."""
SMALLEST_TOKENS = sum(
    getattr(affordable_windows(WINDOW, 0.0)[-1], part) for part in ("prefix_chars", "suffix_chars")
) / BYTES_PER_TOKEN + sum(ANSWERS) / len(ANSWERS)
"""Tokens of a request with the smallest window."""
PAUSE_S = 5.0
"""Seconds without requests after a refusal (`engine.health`)."""
NOON = 1_700_000_000.0

Exchange = Callable[[str, SpendingReport], LeaseGrant | None]
"""Gives a member's report to what is shared; None where that cannot be reached."""


@define
class Time:
    """A clock, and the events that are to come."""

    at: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = field(factory=list, repr=False)
    _order: itertools.count[int] = field(factory=itertools.count, repr=False)

    def now(self) -> float:
        """Return the seconds since the beginning."""
        return self.at

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after so many seconds."""
        heapq.heappush(self._events, (self.at + seconds, next(self._order), callback))

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        end = self.at + seconds
        while self._events and self._events[0][0] <= end:
            self.at, _, callback = heapq.heappop(self._events)
            callback()
        self.at = end


@define
class Provider:
    """A host that enforces limits in any 60 s; `sent` has the time and tokens of each request that it served."""

    time: Time
    requests_per_minute: float
    tokens_per_minute: float
    sent: deque[tuple[float, float]] = field(factory=deque)
    refused_at: list[float] = field(factory=list)
    fullest: float = 0.0
    _total: float = 0.0

    def serve(self, tokens: float) -> bool:
        """Count a request; False: it is refused."""
        while self.sent and self.sent[0][0] <= self.time.at - 60:
            self._total -= self.sent.popleft()[1]
        if len(self.sent) >= self.requests_per_minute or self._total + tokens > self.tokens_per_minute:
            self.refused_at.append(self.time.at)
            return False
        self.sent.append((self.time.at, tokens))
        self._total += tokens
        self.fullest = max(self.fullest, self._total)
        return True


@define(eq=False)
class Member:
    """A developer who types now and then, with a budget of the product."""

    name: str
    time: Time
    budget: RateBudget
    provider: Provider
    chance: random.Random
    exchange: Exchange | None = None
    latency_s: float = 0.01
    wanted: int = 0
    served: int = 0
    invoked_wanted: int = 0
    invoked_served: int = 0
    tokens: float = 0.0
    exchanges: int = 0
    paused_until: float = 0.0
    always_types: bool = False
    _types_until: float = 0.0
    _due: float | None = None
    _is_exchanging: bool = False

    def start(self) -> None:
        """Begin to type at some moment, and to share the budget."""
        if self.exchange is not None:
            self.budget.on_change = self._changed
            self._wake_in(self.chance.uniform(0, 2))
        types_at_once = self.always_types or self.chance.random() < ACTIVE_SHARE
        self.time.call_later(3 + self.chance.uniform(0, 5) if types_at_once else self._rest_s(), self._type)

    def _type(self) -> None:
        typing_s = float("inf") if self.always_types else self.chance.expovariate(1 / TYPING_S)
        self._types_until = self.time.at + typing_s
        self._pause()
        if not self.always_types:
            self.time.call_later(typing_s + self._rest_s(), self._type)

    def _rest_s(self) -> float:
        return self.chance.expovariate(ACTIVE_SHARE / (TYPING_S * (1 - ACTIVE_SHARE)))

    def _pause(self) -> None:
        if self.time.at < self._types_until:
            self._want()
            self.time.call_later(LEAST_GAP_S + self.chance.expovariate(1 / (MEAN_GAP_S - LEAST_GAP_S)), self._pause)

    def _want(self) -> None:
        is_invoked = self.chance.random() < INVOKED_SHARE
        self.wanted += 1
        self.invoked_wanted += is_invoked
        if self.time.at < self.paused_until:
            return
        trigger = Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC
        for window in affordable_windows(WINDOW, self.budget.room()):
            prompt = (window.prefix_chars + window.suffix_chars + window.pieces.first_chars) / BYTES_PER_TOKEN
            permit = self.budget.reserve_nowait(prompt + MOST_ANSWER_TOKENS, trigger)
            if permit is not None:
                self._send(permit, prompt + self.chance.choice(ANSWERS), is_invoked)
                return

    def _send(self, permit: Permit, tokens: float, is_invoked: bool) -> None:
        if self.provider.serve(tokens):
            self.served += 1
            self.invoked_served += is_invoked
            self.tokens += tokens
            self.time.call_later(ANSWER_S, lambda: permit.settle(tokens))
        else:
            permit.settle(0)
            self.budget.refused(None)
            self.paused_until = self.time.at + PAUSE_S

    def _changed(self) -> None:
        self._wake_in(0.0 if self.budget.is_short else SPACING_S)

    def _wake_in(self, seconds: float) -> None:
        at = self.time.at + seconds
        if not self._is_exchanging and (self._due is None or at < self._due):
            self._due = at
            self.time.call_later(seconds, lambda: self._begin(at))

    def _begin(self, at: float) -> None:
        if self._due == at:
            self._is_exchanging, self._due = True, None
            report = self.budget.account()
            self.time.call_later(self.latency_s, lambda: self._arrive(report))

    def _arrive(self, report: SpendingReport) -> None:
        assert self.exchange is not None
        self.exchanges += 1
        statement = self.exchange(self.name, report)
        self.time.call_later(self.latency_s, lambda: self._hear(statement))

    def _hear(self, statement: LeaseGrant | None) -> None:
        self._is_exchanging = False
        if statement is None:
            self.budget.cut_off()
            self._wake_in(5.0)
            return
        self.budget.settle_up(statement)
        self._wake_in(max(RETRY_S, pause_s(self.budget)) if self.budget.is_short else pause_s(self.budget))


@frozen
class Plan:
    """One simulation."""

    members: int = 40
    requests_per_minute: float = 500
    tokens_per_minute: float = 60_000
    minutes: float = 15
    way: str = "shared"
    seed: int = 1
    latency_s: float = 0.01
    always_types: bool = False


def simulate(plan: Plan, exchange: Exchange | None = None) -> dict[str, object]:
    """Run a plan, and return its figures; `exchange` replaces the ledger in a temporary folder."""
    time = Time()
    provider = Provider(time, plan.requests_per_minute, plan.tokens_per_minute)
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as folder:
        ledger = Ledger(Path(folder) / "budget", lambda: NOON + time.at)
        if plan.way == "shared" and exchange is None:
            ledger.open()
            exchange = _by(ledger)
        members = [_member(plan, n, time, provider, exchange) for n in range(plan.members)]
        for member in members:
            member.start()
        time.run(plan.minutes * 60)
        ledger.close()
    return figures(plan, members, provider)


def _by(ledger: Ledger) -> Exchange:
    return lambda name, report: ledger.exchange(b"scope", name, report)


def _member(plan: Plan, n: int, time: Time, provider: Provider, exchange: Exchange | None) -> Member:
    part = plan.members if plan.way == "shares" else 1
    limits = (plan.requests_per_minute / part, plan.tokens_per_minute / part)
    budget = RateBudget(time, *limits, is_of_workspace=plan.way == "alone")  # type: ignore[arg-type]
    chance = random.Random(plan.seed * 1_000 + n)
    return Member(
        f"member-{n}", time, budget, provider, chance, exchange, plan.latency_s, always_types=plan.always_types
    )


def figures(plan: Plan, members: Sequence[Member], provider: Provider) -> dict[str, object]:
    """Return the figures of a simulation that has ended."""
    wanted, served = sum(it.wanted for it in members), sum(it.served for it in members)
    tokens = sum(it.tokens for it in members)
    shares = sorted(it.served / it.wanted for it in members if it.wanted > 20)
    invoked = sum(it.invoked_wanted for it in members)
    ceiling = min(wanted, plan.minutes * min(plan.requests_per_minute, plan.tokens_per_minute / SMALLEST_TOKENS))
    return {
        "members": plan.members,
        "wanted a minute": round(wanted / plan.minutes),
        "served": round(served / max(1, wanted), 3),
        "… of the arithmetic ceiling": round(served / max(1, ceiling), 3),
        "explicit requests served": round(sum(it.invoked_served for it in members) / max(1, invoked), 3),
        "refusals": len(provider.refused_at),
        "tokens used": round(tokens / (plan.tokens_per_minute * plan.minutes), 3),
        "tokens a request": round(tokens / max(1, served)),
        "tokens in the fullest minute": round(provider.fullest),
        "served, of each: least, a tenth, median, most": [
            round(shares[place], 2) for place in (0, len(shares) // 10, len(shares) // 2, -1)
        ],
        "exchanges a second": round(sum(it.exchanges for it in members) / plan.minutes / 60, 1),
    }
