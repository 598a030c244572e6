"""Editing sessions made of real source files: refactorings as a person makes them, and edits that only look like one.

Kinds that repeat something: a name changed where it is declared and then in its uses; an argument's keyword, a called
function or a word before a call changed in all places of one shape. Kinds that do not: one use that names another
thing, a number changed, a copied line of which a word is changed, a name and its type changed together, an unrelated
line written. Files are this project's and those of the packages installed beside it. Deterministic by seed.
"""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.servers import REPOSITORY
from fim_language_server.core.next_edit.minimal import minimal_replacements
from fim_language_server.evaluation.next_edit.sessions import EditSession, EditStep

Edits = list[tuple[int, str]]
"""Lines, each with its new text, in the order in which they are edited."""

PAUSE_S = 5.0
SMALLEST, LARGEST = 2_000, 60_000
EXTENSIONS = (".py", ".ts", ".js", ".mjs", ".lua", ".go", ".rs", ".java", ".c", ".h")
MOST_FILES = 4_000
_WORD = r"(?<![\w.\"'$]){}(?![\w\"'])"


def refactorings(count: int, seed: int) -> Iterator[EditSession]:
    """Yield this many sessions; as many of them repeat something as do not."""
    chance = random.Random(seed)
    files = source_files()
    kinds: tuple[Sequence[Callable[[list[str], random.Random], Edits]], ...] = (
        (rename_declared, change_calls, change_keyword),
        (name_another_thing, change_number, change_copied_line, change_name_and_type, write_line),
    )
    made = tries = 0
    while made < count and tries < count * 60:
        tries += 1
        file = chance.choice(files)
        rows = file.read_text(encoding="utf-8", errors="replace").split("\n")
        kind = chance.choice(kinds[made % 2])
        edits = kind(rows, chance)
        if edits:
            made += 1
            yield as_session(f"{kind.__name__} {file.name} {made}", file.name, rows, edits)


def source_files() -> list[Path]:
    """Return source files of this project and of the packages installed beside it, in a fixed order."""
    folders = [REPOSITORY / "server", REPOSITORY / "editors", Path(sysconfig.get_paths()["purelib"])]
    found = [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.suffix in EXTENSIONS and ".min." not in file.name and "node_modules" not in file.parts
        if file.is_file() and SMALLEST <= file.stat().st_size <= LARGEST
    ]
    step = max(1, len(found) // MOST_FILES)
    return found[::step]


def as_session(name: str, path: str, rows: Sequence[str], edits: Edits) -> EditSession:
    """Return the session of editing these lines one after the other."""
    uri, lines, steps = f"file:///{path}", list(rows), list[EditStep]()
    for number, (line, text) in enumerate(edits):
        start = sum(len(row) + 1 for row in lines[:line])
        parts = minimal_replacements(lines[line], text)
        shifted = tuple(type(part)(start + part.start, start + part.end, part.text) for part in parts)
        if shifted:
            steps.append(EditStep(uri, shifted, number * PAUSE_S, start + len(text)))
            lines[line : line + 1] = text.split("\n")
    return EditSession(name, {uri: "\n".join(rows)}, tuple(steps))


def rename_declared(rows: list[str], chance: random.Random) -> Edits:
    """Rename a function's variable or parameter in its declaration, then in its uses below in the function."""
    heads = [line for line, row in enumerate(rows) if re.match(r"\s*(?:async )?(?:def|function|func|fn) \w+", row)]
    if not heads:
        return []
    head = chance.choice(heads)
    end = _end_of(rows, head)
    body = range(head, end)
    names = re.findall(r"(?:let|const|var|mut|local) (\w{3,})", "\n".join(rows[head:end]))
    names += re.findall(r"^\s+(\w{3,}) :?= ", "\n".join(rows[head:end]), re.MULTILINE)
    names += re.findall(r"[(,] ?(\w{3,})(?=[:,)= ])", rows[head])
    names = [name for name in names if name not in ("self", "cls", "None", "True", "False", "this", "null")]
    if not names:
        return []
    name = chance.choice(names)
    new = f"{chance.choice(('new', 'other', 'raw', 'current'))}_{name}"
    pattern = re.compile(_WORD.format(re.escape(name)))
    if new in "\n".join(rows) or any(re.search(rf"[\"'#].*\b{name}\b", rows[line]) for line in body):
        return []
    places = [line for line in body if pattern.search(rows[line])]
    return [(line, pattern.sub(new, rows[line])) for line in places] if 1 < len(places) < 30 else []


def change_calls(rows: list[str], chance: random.Random) -> Edits:
    """Call another function wherever one is called with a receiver."""
    calls = re.findall(r"\b\w+\.\w{3,}(?=\()", "\n".join(rows))
    often = sorted({call for call in calls if 3 <= calls.count(call) <= 15})
    if not often:
        return []
    call = chance.choice(often)
    new = f"{call}_{chance.choice(('now', 'all', 'safely'))}"
    pattern = re.compile(rf"(?<![\w.]){re.escape(call)}(?=\()")
    return [(line, pattern.sub(new, row)) for line, row in enumerate(rows) if pattern.search(row)]


def change_keyword(rows: list[str], chance: random.Random) -> Edits:
    """Rename a keyword argument in all calls of one function."""
    pairs = re.findall(r"(\b\w{3,})\((?:[^()\n]*, ?)?(\w{3,})=(?!=)", "\n".join(rows))
    often = sorted({pair for pair in pairs if 3 <= pairs.count(pair) <= 15})
    if not often:
        return []
    function, keyword = chance.choice(often)
    pattern = re.compile(rf"(\b{function}\((?:[^()\n]*, ?)?){keyword}=")
    return [(line, pattern.sub(rf"\g<1>{keyword}_value=", row)) for line, row in enumerate(rows) if pattern.search(row)]


def name_another_thing(rows: list[str], chance: random.Random) -> Edits:
    """Use another name of the file in one place, and write an unrelated line afterwards."""
    words = sorted(set(re.findall(r"\b[a-z_]{4,}\b", "\n".join(rows))))
    places = [line for line, row in enumerate(rows) if re.search(r"\(\w{4,}\)", row)]
    if not places or len(words) < 5:
        return []
    line = chance.choice(places)
    changed = re.sub(r"\(\w{4,}\)", f"({chance.choice(words)})", rows[line], count=1)
    return [(line, changed), *write_line(rows, chance)]


def change_number(rows: list[str], chance: random.Random) -> Edits:
    """Change two numbers in the same way, of which nothing follows."""
    places = [line for line, row in enumerate(rows) if re.search(r"= \d+\b", row)]
    if len(places) < 3:
        return []
    chosen = chance.sample(places, 2)
    return [(line, re.sub(r"= \d+\b", "= 48", rows[line], count=1)) for line in chosen]


def change_copied_line(rows: list[str], chance: random.Random) -> Edits:
    """Copy a line below itself and change a name in the copy."""
    places = [line for line, row in enumerate(rows) if re.match(r"\s+(?:const |let )?\w{3,} = \w", row)]
    if not places:
        return []
    line = chance.choice(places)
    copied = re.sub(r"\w{3,}(?= = )", "another_one", rows[line], count=1)
    return [(line, f"{rows[line]}\n{rows[line]}"), (line + 1, copied)]


def change_name_and_type(rows: list[str], chance: random.Random) -> Edits:
    """Change a parameter and its type together: its uses will be other ones."""
    places = [line for line, row in enumerate(rows) if re.search(r"def .*\b\w{3,}: \w{3,}\b", row)]
    if not places:
        return []
    line = chance.choice(places)
    changed = re.sub(r"\b\w{3,}: \w{3,}\b", "source: SourceKind", rows[line], count=1)
    return [(line, changed), *write_line(rows, chance)]


def write_line(rows: list[str], chance: random.Random) -> Edits:
    """Write a new line somewhere."""
    line = chance.randrange(len(rows))
    indent = rows[line][: len(rows[line]) - len(rows[line].lstrip())]
    return [(line, f"{rows[line]}\n{indent}prepare_{chance.randrange(1_000)}()")]


def _end_of(rows: Sequence[str], head: int) -> int:
    indent = len(rows[head]) - len(rows[head].lstrip())
    for line in range(head + 1, len(rows)):
        row = rows[line]
        if row.strip() and len(row) - len(row.lstrip()) <= indent and row.strip()[0] not in ")]}":
            return line
    return len(rows)
