"""A text's indentation is fitted to the place, and what parsed as the model said it still parses.

Real code, its indentation in steps of 1, 2, 3, 4 and 8 columns and in tabs, cut where a part of a line's indentation
is typed.
"""

from __future__ import annotations

import ast
import random
import re
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fim_language_server.core.shaping import ShapingOptions, shape
from fim_language_server.core.values import CompletionRequest, Document, Position

STEPS = (1, 2, 3, 4, 8, "\t")
OPTIONS = ShapingOptions("always", 12)
INDENT = re.compile(r"[ \t]*")
N_FILES = 30
N_PLACES = 6

YAML = """\
name: build
on:
    push:
        branches:
            - main
            - next
        tags: all
jobs:
    test:
        runs: here
        steps:
            - name: one
              run: make
              env:
                  A: b
            - name: two
    lint:
        needs: test
"""


def in_steps(text: str, step: int | str) -> str:
    """Return code of four-column steps in other steps."""
    unit = step if isinstance(step, str) else " " * step

    def indent(line: str) -> str:
        levels, rest = divmod(len(line) - len(line.lstrip(" ")), 4)
        return unit * levels + " " * rest + line.lstrip(" ")

    return "\n".join(map(indent, text.split("\n")))


def parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return False
    return True


def places(seed: int) -> Iterator[tuple[list[str], int, int, int]]:
    """Yield lines of real code, the index of one, how much of its indentation is typed, and how many lines to say."""
    rng = random.Random(seed)
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(folder.glob("*.py")) if path.stat().st_size < 40_000]
    for path in rng.sample(files, N_FILES):
        text = in_steps(path.read_text(encoding="utf-8"), rng.choice(STEPS))
        if not parses(text):
            continue
        lines = text.split("\n")
        indented = [index for index, line in enumerate(lines) if index > 2 and line.strip() and line[:1] in " \t"]
        for index in rng.sample(indented, min(N_PLACES, len(indented))):
            width = len(lines[index]) - len(lines[index].lstrip())
            yield lines, index, rng.randint(0, width), rng.randint(1, 5)


def with_odd_space(text: str) -> str:
    return " " + text


def all_too_deep(text: str) -> str:
    return " " + text.replace("\n", "\n ")


def in_tabs(text: str) -> str:
    return "\n".join(re.sub(" {4}", "\t", INDENT.match(line)[0]) + line.lstrip(" \t") for line in text.split("\n"))  # type: ignore[index]


def as_it_is(text: str) -> str:
    return text


@pytest.mark.parametrize("say", [as_it_is, with_odd_space, all_too_deep, in_tabs])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_parses_as_the_model_said_it_parses_as_it_is_shown(say, seed: int) -> None:  # type: ignore[no-untyped-def]
    tried = 0
    for lines, index, typed, count in places(seed):
        here = lines[index][:typed]
        if here and here + here == INDENT.match(lines[index])[0]:  # type: ignore[index]
            continue  # What is missing is what stands there: the same as the indentation said again.
        before, after = "\n".join([*lines[:index], here]), lines[index + count :]
        said = say("\n".join([lines[index][typed:], *lines[index + 1 : index + count]]))
        request = CompletionRequest(Document("file:///f", "python"), Position(0, 0), before, "\n" + "\n".join(after))
        shown = shape(request, said, OPTIONS, finished=True).text
        if shown and parses(before + said + request.suffix):
            tried += 1
            rest = lines[index + shown.count("\n") + 1 :]
            assert parses("\n".join([before + shown, *rest])), repr((before[-200:], said, shown, request.suffix[:100]))
    assert tried > 20


@pytest.mark.parametrize("step", [1, 2, 3, 4, 8])
def test_yaml_stays_the_same_whatever_part_of_the_indentation_is_typed(step: int) -> None:
    lines = in_steps(YAML, step).rstrip("\n").split("\n")
    whole = yaml.safe_load("\n".join(lines))
    for index in range(2, len(lines)):
        width = len(lines[index]) - len(lines[index].lstrip())
        for typed in range(width + 1):
            if typed and 2 * typed == width:
                continue
            before, after = "\n".join([*lines[:index], " " * typed]), "\n".join(["", *lines[index + 1 :]])
            request = CompletionRequest(Document("file:///f", "yaml"), Position(0, 0), before, after)
            shown = shape(request, lines[index][typed:], OPTIONS, finished=True).text
            if shown:
                assert yaml.safe_load(before + shown + after) == whole, (before, shown)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("other", ["    ", "\t", " " * 8])
def test_indentation_said_again_in_other_characters_is_left_out(step: int | str, other: str) -> None:
    """At the end of a block, where no line can be deeper."""
    unit = step if isinstance(step, str) else " " * step
    request = CompletionRequest(
        Document("file:///f", "python"), Position(0, 0), f"def f(a):\n{unit}b = a\n{unit}c = b\n{unit}", "\n"
    )
    assert shape(request, f"{other}return c", OPTIONS, finished=True).text == "return c"
