"""An echo of the prompt is left out, and code that merely repeats a line above never is: on code that people wrote."""

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from fim_language_server.core.shaping import ShapingOptions, is_complete, shape
from fim_language_server.core.shaping.cursor_context import CursorContext, read_cursor_context
from fim_language_server.core.shaping.echo import is_bare_echo, skip_echo
from fim_language_server.core.values import CompletionRequest, Document, Position

REPOSITORY = Path(__file__).parents[3]
LANGUAGES = {".py": "python", ".js": "javascript", ".ts": "typescript", ".lua": "lua", ".yaml": "yaml", ".toml": "toml"}
PLACES = 600
WINDOW = 3_000


def real_lines() -> list[tuple[str, list[str]]]:
    """Return the lines of some source files: of the standard library, of an installed package, of the project."""
    standard = Path(sysconfig.get_path("stdlib"))
    files = [*sorted(standard.glob("*.py"))[::4], *sorted((standard / "json").glob("*.py"))]
    files += sorted(Path(sysconfig.get_path("platinclude")).rglob("*.h"))[:40]
    files += [file for file in sorted((REPOSITORY / "editors").rglob("*")) if "node_modules" not in file.parts]
    files += sorted((REPOSITORY / ".github").rglob("*"))
    return [
        (LANGUAGES.get(file.suffix, "c"), file.read_text(encoding="utf-8", errors="replace").splitlines())
        for file in files
        if file.suffix in {*LANGUAGES, ".h"} and 2_000 < file.stat().st_size < 200_000
    ]


def place(language: str, lines: list[str], line: int, column: int) -> tuple[CompletionRequest, CursorContext]:
    prefix = "\n".join([*lines[:line], lines[line][:column]])
    document = Document("file:///f", language)
    request = CompletionRequest(document, Position(line, column), prefix, "\n" + "\n".join(lines[line + 1 :]))
    return request, read_cursor_context(request, ShapingOptions())


def places(seed: int) -> Iterator[tuple[random.Random, str, list[str], int]]:
    chance, files = random.Random(seed), real_lines()
    for _ in range(PLACES):
        language, lines = chance.choice(files)
        if len(lines) < 20:
            continue
        line = chance.randrange(12, len(lines) - 4)
        if lines[line].strip():
            yield chance, language, lines, line


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@pytest.mark.parametrize("seed", [1, 2])
def test_the_code_that_was_written_is_no_echo(seed: int) -> None:
    tried = 0
    for chance, language, lines, line in places(seed):
        _, around = place(language, lines, line, column := indent(lines[line]))
        said = "\n".join([lines[line][column:], *lines[line + 1 : line + chance.choice([1, 2, 4, 12])]])

        assert skip_echo(around, said) == said
        assert not is_bare_echo(around, said)
        tried += 1
    assert tried > PLACES / 2


@pytest.mark.parametrize("seed", [3, 4])
def test_an_echo_of_the_last_lines_and_of_what_is_typed_is_left_out(seed: int) -> None:
    tried = 0
    for chance, language, lines, line in places(seed):
        above = [number for number in range(line) if lines[number].strip()][-chance.randrange(1, 11) :]
        column = chance.randrange(indent(lines[line]) + 1, len(lines[line]) + 1)
        begins = lines[above[0]].strip() if above else ""
        # Where a line stands above twice there is more than one echo, and a short line is none.
        if len(begins) < 8 or [text.strip() for text in lines[:line]].count(begins) > 1:
            continue
        if len("\n".join(lines[above[0] : line])) > WINDOW or len(lines[line][column:].strip()) < 2:
            continue
        _, around = place(language, lines, line, column)
        expected = "\n".join([lines[line][column:], *lines[line + 1 : line + 3]])
        echo = "\n".join([*lines[above[0] : line], lines[line][:column] + expected])

        assert skip_echo(around, echo).lstrip() == expected.lstrip()
        tried += 1
    assert tried > PLACES / 6


@pytest.mark.parametrize("said", ["def f(a):\n    if a > 10:\n        return a", "if a > 10:\n        return a"])
def test_nothing_of_an_echo_that_grows_is_taken_for_the_whole(said: str) -> None:
    request, _ = place("python", ["def f(a):", "    if a > 10:", "        ", "    return 0"], 2, 8)
    echoed = said.index("        return")

    for length in range(8, echoed + 1):
        assert not is_complete(request, said[:length], ShapingOptions())
        assert shape(request, said[:length], ShapingOptions(), finished=False).text == ""
    assert shape(request, said, ShapingOptions(), finished=True).text == "return a"
