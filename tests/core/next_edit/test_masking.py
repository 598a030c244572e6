"""Secrets in a question about a next edit: no part of one is sent, also none that was cut, half typed or deleted."""

import random
import string

import pytest

from fim_language_server.core.next_edit.focus import QuestionLimits, focus
from fim_language_server.core.next_edit.history import EditHistory
from fim_language_server.core.next_edit.line_change import change_of
from fim_language_server.core.next_edit.masking import MaskedQuestion, mask_question
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, Replacement
from fim_language_server.core.secrets.masking import MARGIN
from fim_language_server.core.secrets.placeholders import Placeholders

URI = "file:///a.py"
LIMITS = QuestionLimits(6_000, 6_000, 8_000, 4_000)
COMMON = 14
"""Code points of a secret that make a leak."""
LETTERS = string.ascii_letters + string.digits


class Editing:
    """A document that is edited, and the history of its edits."""

    def __init__(self, text: str) -> None:
        self.text, self.now, self.history = text, 0.0, EditHistory()

    def edit(self, start: int, end: int, text: str, pause: float = 2.0) -> None:
        """Replace a part of the text some seconds after the edit before."""
        self.now += pause
        change = change_of(self.text, Replacement(start, end, text))
        self.history.record(URI, "/a.py", change, self.now)
        self.text = self.text[:start] + text + self.text[end:]

    def masked(self, cursor: int = 0) -> MaskedQuestion | None:
        """Return what may be sent of the document and its history."""
        document = DocumentText(URI, "/a.py", "python", self.text)
        question = NextEditQuestion(document, 1, cursor, self.history.edits(self.now))
        part = focus(question, LIMITS, MARGIN)
        assert part is not None
        return mask_question(part, Placeholders(b"0" * 16))

    def sent(self, cursor: int = 0) -> str:
        """Return all texts that may be sent; "" where nothing may be."""
        masked = self.masked(cursor)
        if masked is None:
            return ""
        edits = masked.question.history
        lines = [line for it in edits for line in (*it.above, *it.old_lines, *it.new_lines, *it.below)]
        return "\n".join([masked.question.document.text, *lines])


def leaks(secret: str, sent: str) -> bool:
    """Say whether a long part of a secret's line is in a text."""
    return any(line[at : at + COMMON] in sent for line in secret.split("\n") for at in range(len(line) - COMMON + 1))


def chosen(chance: random.Random, size: int, letters: str = LETTERS) -> str:
    """Return random letters, a digit among them."""
    return "".join(chance.choice(letters) for _ in range(size - 1)) + "7"


def private_key(chance: random.Random) -> tuple[str, str]:
    """Return lines with a key, and its body."""
    body = "\n".join(chosen(chance, 64, LETTERS + "+/") for _ in range(9))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n", body


def token(chance: random.Random) -> tuple[str, str]:
    """Return a line with a token, and the token."""
    value = f"ghp_{chosen(chance, 36)}"
    return f'token = "{value}"\n', value


def password(chance: random.Random) -> tuple[str, str]:
    """Return a line with a password, and the password."""
    value = chosen(chance, 24)
    return f'password = "{value}"\n', value


CODE = "def f(a):\n    return g(a)\n\nx = compute()\n"


@pytest.mark.parametrize("make", [private_key, token, password])
@pytest.mark.parametrize("seed", range(12))
def test_no_part_of_a_secret_is_sent_while_it_is_deleted(make, seed: int) -> None:  # type: ignore[no-untyped-def]
    """In parts from its beginning, with pauses, and with the cursor elsewhere."""
    chance = random.Random(seed)
    lines, secret = make(chance)
    editing = Editing(CODE + lines + CODE)
    size = len(lines)
    while size:
        n = min(size, chance.randrange(1, 70))
        editing.edit(len(CODE), len(CODE) + n, "", chance.choice([0.2, 2.0, 31.0]))
        size -= n
        assert not leaks(secret, editing.sent())
    editing.edit(0, 0, "import os\n")
    assert not leaks(secret, editing.sent())


@pytest.mark.parametrize("make", [private_key, token, password])
@pytest.mark.parametrize("seed", range(12))
def test_no_part_of_a_secret_is_sent_once_it_was_cut_in_two(make, seed: int) -> None:  # type: ignore[no-untyped-def]
    """A line end typed into it leaves a half that no rule knows by itself; the history knows the whole."""
    chance = random.Random(seed)
    lines, secret = make(chance)
    editing = Editing(CODE + lines + CODE)
    at = editing.text.index(secret) + chance.randrange(5, len(secret.partition("\n")[0]) - 2)
    editing.edit(at, at, "\n")
    assert not leaks(secret, editing.sent())
    editing.edit(at, at + 1, "")
    assert not leaks(secret, editing.sent())


@pytest.mark.parametrize("seed", range(12))
def test_lines_of_a_key_beside_an_edit_are_not_sent(seed: int) -> None:
    """The key's marks are farther from the edit than the lines that are kept with it."""
    chance = random.Random(seed)
    lines, secret = private_key(chance)
    editing = Editing(CODE + CODE)
    at = len(CODE)
    for line in lines.splitlines(keepends=True):
        editing.edit(at, at, line)
        at += len(line)
        assert not leaks(secret, editing.sent())


def test_an_ordinary_edit_is_sent_with_the_key_of_its_document_masked() -> None:
    """Nothing is held back that has no part of a secret."""
    lines, secret = token(random.Random(1))
    editing = Editing(lines + CODE)
    editing.edit(editing.text.index("compute"), editing.text.index("compute") + 7, "compile")
    masked = editing.masked()
    assert masked is not None
    assert [edit.new_lines for edit in masked.question.history] == [("x = compile()",)]
    assert not leaks(secret, editing.sent())
