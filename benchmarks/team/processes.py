"""Laptops of a team, each a real server process with folders of its own, and one API with one limit for all.

Each laptop has a typist of its own. `store`: they share the limit by a real Valkey server; `alone`: they know nothing
of each other; `shares`: each is set to an equal part; `unlimited`: the API has no limit, which says how many requests
are wanted. Time is real.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from attrs import define, evolve, field, frozen

from benchmarks.fake_api.provider_server import Recorded
from benchmarks.fake_api.scripted_answer import Script
from benchmarks.oracle import Oracle
from benchmarks.servers import merged, ours
from benchmarks.tally import Tally
from benchmarks.team.limited_host import WINDOW_S, LimitedHost, tokens_of
from benchmarks.team.simulation import ACTIVE_SHARE, TYPING_S
from benchmarks.team.valkey_server import real_valkey
from benchmarks.traces import Trace, make_traces
from benchmarks.typing_session import FILES
from benchmarks.typist import CLIENTS, Typist
from fim_language_server.cli.editor import Editor

KEY_S = 0.16
"""Mean seconds between two keys of a trace."""
FEWEST_KEYS = 30
STARTS_AT_ONCE = 4
FIRST_TOKEN_S, TOKEN_S = 0.18, 0.008
MISS = 0.08
SEEDS = 100_000
CLIENT = "vscode"
UNLIMITED = {"requestsPerMinute": 100_000, "tokensPerMinute": 100_000_000}
"""Limits of a laptop's own that are never met."""


@frozen
class TeamPlan:
    """A trial: people, the host's limits, minutes, and the way in which the limit is shared."""

    members: int = 40
    requests_per_minute: int = 500
    tokens_per_minute: int = 60_000
    minutes: float = 6
    way: str = "store"
    seed: int = 1
    always_types: bool = False
    store: str = ""


@define(eq=False)
class Seen:
    """One laptop's requests, for its typist, which looks at nobody else's."""

    requests: list[Recorded] = field(factory=list)

    @property
    def completions(self) -> list[Recorded]:
        """The requests; all are completions."""
        return self.requests


@define(eq=False)
class TeamHost(LimitedHost):
    """The API, with each laptop's requests by its key, and each laptop's oracle."""

    seen: dict[str, Seen] = field(factory=dict)
    oracles: list[Oracle] = field(factory=list)

    def answer_of_any(self, body: Mapping[str, Any]) -> str:
        """Return what the model says: it knows what everybody will write."""
        return next((text for oracle in self.oracles if (text := oracle(body))), "")

    async def _respond(self, request: Any, recorded: Recorded, script: Any) -> Any:
        key = recorded.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen[key].requests.append(recorded)
        return await LimitedHost._respond(self, request, recorded, script)


def sessions(plan: TeamPlan, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Yield when a member's sessions begin and how long they last, in seconds."""
    end = plan.minutes * 60
    if plan.always_types:
        yield chance.uniform(0, 5), end
        return
    at = 0.0 if chance.random() < ACTIVE_SHARE else chance.expovariate(ACTIVE_SHARE / (TYPING_S * (1 - ACTIVE_SHARE)))
    while at < end:
        seconds = chance.expovariate(1 / TYPING_S)
        yield at, min(seconds, end - at)
        at += seconds + chance.expovariate(ACTIVE_SHARE / (TYPING_S * (1 - ACTIVE_SHARE)))


@define(eq=False)
class Laptop:
    """One laptop: a home folder, a server process, and a typist who types now and then."""

    number: int
    plan: TeamPlan
    typist: Typist
    _began: float = 0.0

    @classmethod
    async def start(cls, number: int, plan: TeamPlan, host: TeamHost, base: Path) -> Self:
        """Make its folders, and start its server there."""
        home, folder, key = base / f"home-{number}", base / f"work-{number}", f"key-{number}"
        home.mkdir()
        folder.mkdir()
        server = ours(_settings(plan, host.url))
        server = evolve(server, environ={**server.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)})
        host.seen[key] = seen = Seen()
        oracle = Oracle(MISS, plan.seed)
        host.oracles.append(oracle)
        editor: Editor = await server.start(folder, home, host.url, key)
        return cls(number, plan, Typist(editor, seen, oracle, folder, CLIENTS[CLIENT]))  # type: ignore[arg-type]

    async def type(self) -> None:
        """Type all sessions, at their times."""
        chance = random.Random(self.plan.seed * 1_000 + self.number)
        began = time.monotonic()
        for number, (at, seconds) in enumerate(sessions(self.plan, chance)):
            trace = _trace(chance, f"s{number}", max(FEWEST_KEYS, int(seconds / KEY_S)))
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            await self.typist.type(trace)
        await asyncio.sleep(max(0.0, began + self.plan.minutes * 60 - time.monotonic()))

    async def close(self) -> None:
        """End the session and the server."""
        await self.typist.finish()
        await self.typist.editor.close()


def _settings(plan: TeamPlan, url: str) -> dict[str, Any]:
    provider: dict[str, Any] = {"kind": "langdock", "url": url, "model": "codestral-2501"}
    settings: dict[str, Any] = {"provider": provider}
    if plan.way == "store":
        return merged(settings, {"budget": {"store": plan.store}})
    if plan.way == "shares":
        return merged(settings, {"budget": {"tokensPerMinute": plan.tokens_per_minute // plan.members}})
    if plan.way == "unlimited":
        return merged(settings, {"budget": UNLIMITED})
    return settings


def _trace(chance: random.Random, name: str, keys: int) -> Trace:
    """Return so many keys in one of the files that are at hand, at other places for each `chance`."""
    path = chance.choice(FILES)
    text = path.read_text(encoding="utf-8")
    return make_traces({f"{name}_{path.name}": text}, seed=chance.randrange(SEEDS), keys=keys)[0]


async def run_trials(plans: Sequence[TeamPlan]) -> list[dict[str, Any]]:
    """Run trials one after the other; each with a store gets a Valkey server of its own."""
    found: list[dict[str, Any]] = []
    for plan in plans:
        if plan.way != "store":
            found.append(await run_trial(plan))
            continue
        with tempfile.TemporaryDirectory(prefix="fim-valkey-") as folder:
            async with real_valkey(Path(folder)) as server:
                found.append(await run_trial(evolve(plan, store=server.url)))
    return found


async def run_trial(plan: TeamPlan) -> dict[str, Any]:
    """Start the laptops, let their people type, and return the figures."""
    is_limited = plan.way != "unlimited"
    limits = (plan.requests_per_minute, plan.tokens_per_minute) if is_limited else (0, 0)
    host = TeamHost(
        api_key=None, any_model=True, requests_per_minute=limits[0], tokens_per_minute=limits[1],
        script=Script(first_byte_after=FIRST_TOKEN_S, per_token=TOKEN_S),
    )  # fmt: skip
    host.answer = host.answer_of_any
    with tempfile.TemporaryDirectory(prefix="fim-team-") as base:
        async with host:
            laptops = await _start_all(plan, host, Path(base))
            began = time.monotonic()
            try:
                await asyncio.gather(*(laptop.type() for laptop in laptops))
            finally:
                ended = time.monotonic()
                await asyncio.gather(*(laptop.close() for laptop in laptops), return_exceptions=True)
    return figures(plan, host, [it.typist.tally for it in laptops], ended - began)


async def _start_all(plan: TeamPlan, host: TeamHost, base: Path) -> list[Laptop]:
    turn = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start(number: int) -> Laptop:
        async with turn:
            return await Laptop.start(number, plan, host, base)

    laptops = await asyncio.gather(*(start(number) for number in range(plan.members)))
    print(f"{plan.way}: {len(laptops)} servers run", file=sys.stderr, flush=True)
    return laptops


def figures(plan: TeamPlan, host: TeamHost, tallies: Sequence[Tally], seconds: float) -> dict[str, Any]:
    """Return the figures of a trial."""
    minutes = seconds / 60
    served = Counter(it.headers.get("Authorization", "") for it in host.served)
    spent = [(it.arrived_at, tokens_of(it)) for it in host.served]
    keys = sum(it.keys for it in tallies)
    pauses = [pause for it in tallies for pause in it.pauses]
    tokens = sum(n for _, n in spent)
    return {
        "way": plan.way,
        "members": plan.members,
        "minutes": round(minutes, 1),
        "keys": keys,
        "requests": len(host.served) + len(host.refused),
        "refusals": len(host.refused),
        "tokens used": round(tokens / (plan.tokens_per_minute * minutes), 3),
        "tokens a request": round(tokens / max(1, len(spent))),
        "tokens in the fullest minute": fullest(spent),
        "keys with text": _share(sum(it.shown for it in tallies), keys),
        "keys with the right text": _share(sum(it.right for it in tallies), keys),
        "pauses with text": _share(sum(it.was_there or it.shown_at is not None for it in pauses), len(pauses)),
        "requests of each": {str(n): served[f"Bearer key-{n}"] for n in range(plan.members)},
        "keys of each": {str(n): it.keys for n, it in enumerate(tallies)},
    }


def fullest(spent: Sequence[tuple[float, int]]) -> int:
    """Return the most tokens that any 60 s held; `spent` has the times, ascending, and the tokens."""
    most = total = first = 0
    for at, tokens in spent:
        total += tokens
        while spent[first][0] <= at - WINDOW_S:
            total -= spent[first][1]
            first += 1
        most = max(most, total)
    return most


def _share(part: float, whole: float) -> float:
    return round(part / max(1, whole), 3)
