"""Random documents, cursors, histories and edits for tests of next edits."""

from __future__ import annotations

import random

from attrs import evolve

from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit

NAMES = ("total", "count", "area", "width", "数える", "naïve", "résumé", "x1", "_y", "items")
TEXTS = (
    "{a} = {b}({c}, {a})",
    "    if {a} and {b}:",
    "\treturn {a} + {b}",
    "",
    "",
    "        {a}.{b}[{c}] = '🙂🧑‍💻'",
    "}}",
    "// {a}: {b} 🏳️‍🌈 e\u0301",
    '    print("{a}", {b})   ',
    "    \t ",
    "{a}",
)
URI, OTHER = "file:///work/src/a.py", "file:///work/src/b.py"


def random_line(dice: random.Random) -> str:
    if dice.random() < 0.01:
        return "data = [" + ", ".join(str(dice.randint(0, 999)) for _ in range(dice.randint(50, 400))) + "]"
    names = dict(zip("abc", dice.choices(NAMES, k=3), strict=True))
    return dice.choice(TEXTS).format(**names)


def random_text(dice: random.Random) -> str:
    lines = [random_line(dice) for _ in range(dice.choice((0, 1, 2, 5, 20, 40, 90)))]
    end = dice.choice(("\n", "\n", "\n", "\r\n", "\r\n", "\r"))
    text = "".join(line + (end if dice.random() < 0.995 else "\n") for line in lines)
    return text.rstrip("\r\n") if dice.random() < 0.3 else text


def random_question(dice: random.Random) -> NextEditQuestion:
    text = random_text(dice)
    cursor = dice.choice((0, len(text), dice.randint(0, len(text)), dice.randint(0, len(text))))
    if text[cursor - 1 : cursor + 1] == "\r\n":
        cursor -= 1
    others = tuple(
        DocumentText(OTHER, dice.choice(("src/b.py", "", "データ.py")), "python", random_text(dice))
        for _ in range(dice.choice((0, 0, 1, 2)))
    )
    history = tuple(random_edit(dice, text) for _ in range(dice.choice((0, 1, 2, 8, 40))))
    return NextEditQuestion(DocumentText(URI, "src/a.py", "python", text), 7, cursor, history, others)


def random_edit(dice: random.Random, text: str) -> PastEdit:
    """An edit of the text that stands there, or one of another document, or one that nothing is left of."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line, n_lines = dice.randrange(len(lines)), dice.choice((0, 1, 1, 2, 5))
    edit = PastEdit(
        URI,
        "src/a.py",
        line,
        tuple(random_line(dice) for _ in range(dice.choice((0, 1, 1, 3)))),
        tuple(lines[line : line + n_lines]),
        tuple(lines[max(0, line - 3) : line]),
        tuple(lines[line + n_lines : line + n_lines + 3]),
        was_accepted=dice.random() < 0.1,
    )
    return evolve(edit, uri=OTHER, path="src/b.py") if dice.random() < 0.2 else edit


def edited(dice: random.Random, window: str) -> str:
    """A window's text with a few edits such as people make."""
    lines = window.split("\n")
    for _ in range(dice.choice((1, 1, 2, 3))):
        kind, at = dice.randrange(6), dice.randrange(len(lines))
        if kind == 0:
            old, new = dice.choice(NAMES), dice.choice((*NAMES, "renamed", "été"))
            lines = [line.replace(old, new) for line in lines]
        elif kind == 1:
            lines.insert(dice.randint(0, len(lines)), random_line(dice) or "added")
        elif kind == 2 and len(lines) > 4:
            del lines[at]
        elif kind == 3:
            lines[at] += dice.choice((" # 🙂", ")", "  ", "e\u0301"))
        elif kind == 4:
            lines[at] = dice.choice(("    ", "\t", "")) + lines[at].lstrip()
        else:
            places = [n for n in range(len(lines[at]) + 1) if lines[at][max(0, n - 1) : n + 1].isascii()]
            place = dice.choice(places or [0])
            lines[at] = lines[at][:place] + dice.choice(("a", ", b", "🙂", "(", " ")) + lines[at][place:]
    return "\n".join(lines)
