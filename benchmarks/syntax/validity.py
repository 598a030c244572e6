"""Worth of a parser as a gate: texts withheld because the file parses worse with them, right ones and wrong ones.

    python -m benchmarks.syntax.validity [DIRECTORY...] [--seed 1] [--count 15] [--model FILE.gguf]

At places as those of `block_ends` the text shown is judged by the errors of the parse with it and without it. The text
is that of a model that says the truth and goes on, and with `--model` that of a real model, which llama.cpp runs on
the last 1,500 characters before the cursor (no suffix). Right is a text of which the first line is the true one's,
and that is the truth as far as it goes.
"""

from __future__ import annotations

import argparse
import json
import random
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Final

from benchmarks.llama_server import llama_server
from benchmarks.syntax.block_ends import COUNT, request_of
from benchmarks.syntax.grammars import count_errors, is_installed
from benchmarks.syntax.places import Place, plain, read_places, say
from fim_language_server.core.shaping import ShapingOptions, shape

_PROMPT: Final = 1_500
_TOKENS: Final = 48
_EVERY: Final = 25
"""Places after which the results so far are printed."""
_OPTIONS: Final = ShapingOptions()


def is_worse(place: Place, shown: str) -> bool:
    """Say whether the file has more errors with a text than without it."""
    without = count_errors(place.language, place.prefix + place.suffix)
    return count_errors(place.language, place.prefix + shown + place.suffix) > without


def ask(url: str, place: Place) -> str:
    """Return what a llama.cpp server goes on to say at a place."""
    words = {"prompt": place.prefix[-_PROMPT:], "max_tokens": _TOKENS, "temperature": 0}
    request = urllib.request.Request(
        f"{url}/v1/completions", json.dumps(words).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return str(json.load(answer)["choices"][0]["text"])


def judge(place: Place, said: str, *, finished: bool) -> str:
    """Return whether what is shown is right, and whether the gate withholds it."""
    shown = shape(request_of(place, place.suffix), said, _OPTIONS, finished).text
    if not shown:
        return "nothing shown"
    is_right = f"{plain(place.truth)}\n".startswith(f"{plain(shown)}\n")
    return f"{'right' if is_right else 'wrong'}, {'withheld' if is_worse(place, shown) else 'shown'}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", type=Path, nargs="*", help="code, instead of what is installed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT, help="places of each kind and language")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a GGUF file")
    arguments = parser.parse_args()
    if not is_installed():
        parser.error("tree-sitter and its grammars are not installed: pip install -e .[syntax]")
    rng = random.Random(arguments.seed)
    places = list(read_places(arguments.seed, arguments.count, arguments.directories or None))
    said = [(place, one.text) for place, others in places for one in say(place, others, rng) if one.suffix]
    print("truth, and goes on:", dict(Counter(judge(place, text, finished=True) for place, text in said)))
    if arguments.model:
        with llama_server(arguments.model, context=4_096) as url:
            results: Counter[str] = Counter()
            for number, (place, _) in enumerate(places, start=1):
                results[judge(place, ask(url, place), finished=False)] += 1
                if number % _EVERY == 0 or number == len(places):
                    print(f"{arguments.model.stem}, {number} places:", dict(results), flush=True)


if __name__ == "__main__":
    main()
