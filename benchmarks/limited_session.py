"""Typing against APIs that allow little, with the settings as shipped.

    python -m benchmarks.limited_session [FILE …]          three sessions side by side, in real time

Two type against an API that allows 30 requests a minute and says so by its 429 alone, or in its headers, too. In the
third three editors, each a process of its own, share one key whose budget is 60,000 tokens a minute; the API counts
what it was sent and what it sent, over every minute. docs/performance.md has the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.fake_api.mistral_dialect import usage_of
from benchmarks.fake_api.provider_server import FimServer, Recorded
from benchmarks.fim_api import Conditions, Pace
from benchmarks.oracle import Oracle
from benchmarks.servers import ours
from benchmarks.tally import Tally
from benchmarks.traces import Trace, make_traces
from benchmarks.typing_session import FILES, KEYS, WARM_UP_S, Plan, run_session
from benchmarks.typist import CLIENTS, Typist

REQUESTS_PER_MINUTE = 30
TOKENS_PER_MINUTE = 60_000
EDITORS = 3
SHOWN = ("keys", "API requests / 100 keys", "pauses >= 0.5 s", "pauses with a suggestion", "keys with a right one")


async def measure(traces: Sequence[Trace], client: str, miss: float, seed: int) -> dict[str, Any]:
    """Run the three sessions at once, and return their figures."""
    limited = [
        run_session(
            Plan(traces, client, Conditions(miss=miss, requests_per_minute=REQUESTS_PER_MINUTE, tells_limits=told)),
            ours(),
        )
        for told in (False, True)
    ]
    silent, told, shared = await asyncio.gather(*limited, share(traces, client, miss, seed))
    return {
        f"{REQUESTS_PER_MINUTE} requests a minute, said by 429": _shown(silent),
        f"{REQUESTS_PER_MINUTE} requests a minute, said in headers": _shown(told),
        f"{TOKENS_PER_MINUTE:,} tokens a minute, {EDITORS} editors": shared,
    }


async def share(traces: Sequence[Trace], client: str, miss: float, seed: int) -> dict[str, Any]:
    """Let three editors type at once on one budget; return what the API counted, and each one's share of pauses."""
    settings = {"budget": {"tokensPerMinute": TOKENS_PER_MINUTE}}
    pace, oracle = Pace(Conditions(miss=miss), random.Random(seed)), Oracle(miss, seed)
    with tempfile.TemporaryDirectory(prefix="fim-bench-") as scratch:
        home = Path(scratch) / "home"
        async with FimServer(oracle, choose=pace.choose) as api:
            typists = []
            for number in range(EDITORS):
                folder = Path(scratch) / f"project-{number}"
                folder.mkdir()
                editor = await ours(settings).start(folder, home, api.url, api.api_key or "")
                typists.append(Typist(editor, api, oracle, folder, CLIENTS[client]))
            await asyncio.sleep(WARM_UP_S)
            await asyncio.gather(*(_type(typist, traces[n:] + traces[:n]) for n, typist in enumerate(typists)))  # type: ignore[operator]
            for typist in typists:
                await typist.editor.close()
            return {
                "keys": sum(typist.tally.keys for typist in typists),
                "API requests": len(api.completions),
                "tokens in the fullest minute": most_tokens_a_minute(api.completions),
                "pauses with a suggestion, each": [round(_share(typist.tally), 3) for typist in typists],
                "pauses >= 0.5 s, each": [len(typist.tally.pauses) for typist in typists],
            }


def most_tokens_a_minute(requests: Sequence[Recorded]) -> int:
    """Return the most tokens, prompts and answers, that any 60 seconds held."""
    spent = [(it.arrived_at, usage_of(it.body, it.n_sent)["total_tokens"]) for it in requests]
    return max((sum(n for at, n in spent if begin <= at < begin + 60) for begin, _ in spent), default=0)


async def _type(typist: Typist, traces: Sequence[Trace]) -> None:
    for trace in traces:
        await typist.type(trace)
    await typist.finish()


def _share(tally: Tally) -> float:
    served = sum(pause.was_there or pause.shown_at is not None for pause in tally.pauses)
    return served / max(1, len(tally.pauses))


def _shown(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in SHOWN} | {"API refusals": figures.get("API refusals", "none")}


def main() -> None:
    """Run the sessions and print their figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="source files to type (default: three that are at hand)")
    parser.add_argument("--client", choices=CLIENTS, default="raw")
    parser.add_argument("--miss", type=float, default=0.08, help="chance per token that the model goes wrong")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keys", type=int, default=KEYS, help="keys per file")
    arguments = parser.parse_args()
    files = {path.name: path.read_text(encoding="utf-8") for path in arguments.files or FILES}
    traces = make_traces(files, seed=arguments.seed, keys=arguments.keys)
    print(json.dumps(asyncio.run(measure(traces, arguments.client, arguments.miss, arguments.seed)), indent=2))


if __name__ == "__main__":
    main()
