"""Several processes spend one budget: the sum keeps within the limit, whoever asks, and whoever dies."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from attrs import define, field, frozen

from fim_language_server.core.values import Trigger
from fim_language_server.spending.budget import RateBudget
from fim_language_server.spending.own_part import SMALLEST
from fim_language_server.spending.rate_limits import RateLimits
from fim_language_server.spending.shared.ledger import IDLE_LEASE_S, MINUTE_S, Ledger, scope_of
from fim_language_server.spending.shared_values import (
    Amount,
    LearnedLimits,
    Refusal,
    ReportedLimits,
    SpendingReport,
    Spent,
)

NOW = 1_800_000_000.0
SCOPE = b"scope"


@define
class Time:
    """One time for the machine and for every process."""

    at: float = NOW

    def now(self) -> float:
        return self.at

    def call_later(self, seconds: float, callback: object) -> object:
        raise NotImplementedError


@frozen
class Process:
    """A budget in one process, and its way to the file."""

    name: str
    ledger: Ledger
    budget: RateBudget

    def exchange(self) -> None:
        self.budget.settle_up(self.ledger.exchange(SCOPE, self.name, self.budget.account()))


@define
class Machine:
    """Processes of one user, and what all of them sent: (when, tokens)."""

    folder: Path
    time: Time = field(factory=Time)
    sent: list[tuple[float, float]] = field(factory=list)

    def start(self, name: str, requests: float = 0, tokens: float = 0) -> Process:
        ledger = Ledger(self.folder / "budget", self.time.now)
        ledger.open()
        process = Process(name, ledger, RateBudget(self.time, requests, tokens))  # type: ignore[arg-type]
        process.exchange()
        return process

    def ask(self, process: Process, tokens: float) -> bool:
        permit = process.budget.reserve_nowait(tokens, Trigger.INVOKED)
        if permit is not None:
            self.sent.append((self.time.at, tokens))
        return permit is not None

    def most_in_a_minute(self) -> tuple[int, float]:
        minutes = [[n for at, n in self.sent if start <= at < start + 60] for start, _ in self.sent]
        return max(map(len, minutes)), max(map(sum, minutes))


@pytest.mark.parametrize(("requests", "tokens"), [(0, 60_000), (30, 0), (40, 60_000)])
def test_the_sum_of_three_keeps_within_the_limit_and_each_is_served(
    tmp_path: Path, requests: float, tokens: float
) -> None:
    """However greedily they ask, and although each hears of the others a second late."""
    machine, chance = Machine(tmp_path), random.Random(1)
    processes = [machine.start(name, requests, tokens) for name in "abc"]
    served = dict.fromkeys("abc", 0)
    for step in range(3_000):  # five minutes
        machine.time.at += 0.1
        process = chance.choice(processes)
        served[process.name] += machine.ask(process, chance.uniform(600, 2_000))
        if step % 10 == 0 or process.budget.is_short:
            process.exchange()
    n, total = machine.most_in_a_minute()
    assert n <= (requests or n)
    assert total <= (tokens or total)
    if tokens:
        assert total >= 0.8 * tokens or n >= 0.8 * requests  # what is there is used
    assert min(served.values()) >= 0.7 * max(served.values())


def test_one_alone_has_all_of_it(tmp_path: Path) -> None:
    """A second window that is not typed in costs but its lease."""
    machine = Machine(tmp_path)
    busy, _ = machine.start("a", 60), machine.start("b", 60)
    for _ in range(1_200):
        machine.time.at += 0.1
        machine.ask(busy, 10)
        busy.exchange()
    assert len(machine.sent) >= 2 * 60 * 0.9


def test_what_a_dead_process_had_set_aside_comes_back(tmp_path: Path) -> None:
    """Its lease ends by itself, and what it spent once its minute is over."""
    machine = Machine(tmp_path)
    dead = machine.start("dead", 2)
    assert machine.ask(dead, 1)
    dead.exchange()
    alive = machine.start("alive", 2)
    assert not machine.ask(alive, 1)
    machine.time.at += max(IDLE_LEASE_S, MINUTE_S) + 1
    alive.exchange()
    assert machine.ask(alive, 1)


def test_a_process_that_leaves_gives_its_lease_back_at_once(tmp_path: Path) -> None:
    """Closing an editor frees what it had not spent."""
    machine = Machine(tmp_path)
    first, second = machine.start("a", 1), machine.start("b", 1)
    assert not machine.ask(second, 1)
    first.ledger.leave("a")
    second.exchange()
    assert machine.ask(second, 1)


def test_what_one_learns_holds_for_all(tmp_path: Path) -> None:
    """Limits from headers, a refusal, and how long the provider wants to be left alone."""
    machine = Machine(tmp_path)
    first, second = machine.start("a"), machine.start("b")
    first.budget.learn(RateLimits(requests_per_minute=60, requests_left=2))
    first.exchange()
    second.exchange()
    assert second.budget.requests_left() == pytest.approx(0.2)
    machine.time.at += 5
    first.budget.refused(retry_after=20)
    first.exchange()
    second.exchange()
    assert not second.budget.holds(1, Trigger.INVOKED)
    machine.time.at += 19
    assert not second.budget.holds(1, Trigger.INVOKED)
    machine.time.at += 13
    second.exchange()
    assert second.budget.holds(1, Trigger.INVOKED)
    assert second.budget._limits.requests == 60 * SMALLEST  # far less than the headers said


def test_scopes_are_kept_apart_and_tell_nothing(tmp_path: Path) -> None:
    """Another key or model has a budget of its own; the file names neither."""
    ledger = Ledger(tmp_path / "budget", lambda: NOW)
    salt = ledger.open()
    names = [scope_of(salt, "api.example", key, "model") for key in ("key-1", "key-2")]
    account = SpendingReport((Spent(0, Amount(1, 100)),), Amount(), Amount(1, 100), Amount(0, 150))
    assert ledger.exchange(names[0], "a", account).granted.tokens == 50
    assert ledger.exchange(names[1], "b", account).granted.tokens == 50
    assert names == [scope_of(salt, "api.example", key, "model") for key in ("key-1", "key-2")]
    assert scope_of(b"other salt", "api.example", "key-1", "model") != names[0]
    ledger.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(word in kept for word in (b"key-1", b"api.example", b"model"))


def test_of_what_several_learned_the_newest_is_believed(tmp_path: Path) -> None:
    """A limit that was raised is not lowered again by who heard of it before."""
    ledger = Ledger(tmp_path / "budget", lambda: NOW)
    ledger.open()

    def say(process: str, learned: LearnedLimits) -> LearnedLimits:
        return ledger.exchange(SCOPE, process, SpendingReport((), Amount(), Amount(), Amount(), learned)).learned

    new = ReportedLimits(RateLimits(requests_per_minute=60), 1.0)
    say("a", LearnedLimits(new, Refusal(10, 20, 50.0)))
    found = say(
        "b", LearnedLimits(ReportedLimits(RateLimits(requests_per_minute=30), 9.0), Refusal(8, float("inf"), 5.0), 7.0)
    )
    assert found.told == new
    assert found.refusal == Refusal(8, float("inf"), 5.0)
    assert found.closed_for_s == 7.0


def test_a_clock_that_was_set_back_frees_what_was_entered_before(tmp_path: Path) -> None:
    """Else it would count for as long as the clock was wrong."""
    machine = Machine(tmp_path)
    early = machine.start("a", 1)
    assert machine.ask(early, 1)
    early.exchange()
    machine.time.at -= 7_200
    later = machine.start("b", 1)
    assert machine.ask(later, 1)
