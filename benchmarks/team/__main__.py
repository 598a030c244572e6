"""Many people and one limit of requests and tokens a minute.

    python -m benchmarks.team [--members 40] [--tokens 60000] [--minutes 15] [--way shared] [--seeds 1 2 3]
    python -m benchmarks.team --processes 40 --ways unlimited store [--minutes 6]

The first is a simulation in virtual time with the product's own budgets; its ways are `shared` (one ledger), `alone`
(each learns its part of the limit from refusals), `unaware` (each begins with all of it) and `shares` (equal parts).
The second starts real server processes, and for `store` a real Valkey server; its other ways are `alone`, `shares` and
`unlimited`, which says how many requests are wanted. The provider counts requests and tokens in any 60 s, refuses
what is over its limits by a 429, and says nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from benchmarks.team.processes import TeamPlan, run_trials
from benchmarks.team.simulation import Plan, simulate

SIMULATED_MEMBERS, SIMULATED_MINUTES, MINUTES = 40, 15.0, 6.0


def main() -> None:
    """Run what the command line names, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=SIMULATED_MEMBERS)
    parser.add_argument("--requests", type=int, default=500, help="requests a minute that the provider allows")
    parser.add_argument("--tokens", type=int, default=60_000, help="tokens a minute that the provider allows")
    parser.add_argument("--minutes", type=float, help="15 in virtual time, 6 with processes")
    parser.add_argument("--way", choices=("shared", "alone", "unaware", "shares"), default="shared")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--always-types", action="store_true", help="nobody ever pauses for long")
    parser.add_argument("--processes", type=int, metavar="N", help="N real servers instead of a simulation")
    parser.add_argument("--ways", nargs="+", choices=("unlimited", "store", "alone", "shares"), default=["store"])
    it = parser.parse_args()
    if it.processes:
        plans = [
            TeamPlan(it.processes, it.requests, it.tokens, it.minutes or MINUTES, way, seed, it.always_types)
            for seed in it.seeds
            for way in it.ways
        ]
        for found in asyncio.run(run_trials(plans)):
            print(json.dumps(found, indent=2), flush=True)
        return
    for seed in it.seeds:
        minutes = it.minutes or SIMULATED_MINUTES
        plan = Plan(it.members, it.requests, it.tokens, minutes, it.way, seed, always_types=it.always_types)
        print(json.dumps(simulate(plan), indent=2), flush=True)


if __name__ == "__main__":
    main()
