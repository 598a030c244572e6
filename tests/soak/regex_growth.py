"""How the time of every regular expression of the package grows with the length of a hostile text.

    python -m tests.soak.regex_growth [--most-ms 20]

Each expression that a module keeps is tried, in the ways in which the module asks it, on texts of a repeated unit
behind some beginning, with and without an end that spoils the match, at 2,000 and 8,000 characters, or up to the
length that its callers pass at most (`BOUNDED`). Linear time grows fourfold, the square sixteenfold. One row sums up;
status 1 where an expression takes longer than `--most-ms` for the longer text and grew more than eightfold.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
import time
from collections.abc import Iterator

import fim_language_server

SHORT, LONG = 2_000, 8_000
UNITS = (
    *"ax0_ \t\n\"'`\\/*-=:;.,()[]{}<>|#@!&+~%$^é",
    "ab ",
    "a.",
    "-----",
    "BEGIN ",
    "0x",
    "sk-",
    "//",
    "/*",
    "a=",
    'a="',
)
BOUNDED = {
    "core.secrets.assignments:_OTHER_TAIL": 40,  # the match of `_TAIL`
    "core.secrets.masking:_WORD_BEFORE": 300,  # searched from 300 characters before the cursor on
    "core.secrets.secret_names:_ENDS": 510,  # a name's `LONGEST_NAME` characters from either end
}
"""The longest text, in characters, that the callers of an expression pass to it, where they bound it."""
BEGINNINGS = ("", '"', "<a ", "-----BEGIN ", "https://")
ENDS = ("", "!")


def ways(source: str, name: str) -> tuple[str, ...]:
    """Return how a module asks an expression; `search` stands for all that look for it anywhere."""
    used = set(re.findall(rf"\b{re.escape(name)}(?:\[[^\]]*\])?\.(\w+)\(", source))
    anchored = tuple(sorted(used & {"match", "fullmatch"}))
    return anchored if anchored and used <= set(anchored) else (*anchored, "search")


def expressions() -> Iterator[tuple[str, re.Pattern[str], tuple[str, ...]]]:
    """Yield every expression over text that a module of the package keeps, with its name and how it is asked."""
    for module in pkgutil.walk_packages(fim_language_server.__path__, "fim_language_server."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        source = inspect.getsource(loaded)
        for name, value in vars(loaded).items():
            values = (
                value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            )
            for number, each in enumerate(values):
                if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
                    yield (
                        f"{module.name.removeprefix('fim_language_server.')}:{name}[{number}]",
                        each,
                        ways(source, name),
                    )


def seconds(expression: re.Pattern[str], text: str, asked: tuple[str, ...]) -> float:
    """Return how long the slowest way of asking takes."""
    longest = 0.0
    for way in asked:
        ask = getattr(expression, way)
        began = time.perf_counter()
        ask(text)
        longest = max(longest, time.perf_counter() - began)
    return longest


def main() -> int:
    """Try all and print a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most-ms", type=float, default=20)
    most = parser.parse_args().most_ms / 1_000
    known = {(expression.pattern, asked): (name, expression, asked) for name, expression, asked in expressions()}
    if missing := BOUNDED.keys() - {name.partition("[")[0] for name, _, _ in known.values()}:
        parser.error(f"no such expressions any more: {', '.join(sorted(missing))}")
    slow: dict[str, str] = {}
    for name, expression, asked in known.values():
        longest = BOUNDED.get(name.partition("[")[0], LONG)
        lengths = (min(SHORT, longest // 4), longest)
        for beginning, unit, end in itertools.product(BEGINNINGS, UNITS, ENDS):
            short, long = (beginning + unit * (length // len(unit)) + end for length in lengths)
            before = seconds(expression, short, asked)
            if before < most / 40:
                continue
            after = min(seconds(expression, long, asked) for _ in range(2))
            if after > most and after > 8 * before:
                slow[name] = f"{name} {after * 1_000:.0f} ms on {beginning + unit + '…' + end!r}"
                break
    for line in slow.values():
        print(line, file=sys.stderr)
    print(
        f"regex_growth: {len(known)} expressions, {len(slow)} grow faster than their text: {', '.join(slow) or 'none'}"
    )
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
