"""Blocks that are copied with the line that opens them."""

import pytest

from fim_language_server.embedded.answer.blocks import find_block, indentation_unit
from fim_language_server.embedded.candidates.gathering import gather_candidates
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.search.cursor import read_cursor
from fim_language_server.embedded.search.known_words import KnownWords


def block(source: str, text: str, line: str, unit: str = "    ") -> str | None:
    """Return the block below a line that is a candidate at |, copied from a source file; None where there is none."""
    corpus = index_texts([("source", source)])
    cursor = read_cursor(corpus.vocabulary, *text.split("|"))
    words = KnownWords(corpus, cursor)
    candidate = next(one for one in gather_candidates(corpus, cursor, "open", words) if one.text == line)
    found = find_block(candidate, cursor, words)
    return None if found is None else found.text(cursor, unit)


PYTHON = "def go(self):\n  if self.done:\n    log(1)\n    return 2\n  x = 1\n"
BRACES = "f() {\n\tif (a) {\n\t\tfor (b) {\n\t\t\tc()\n\t\t}\n\t\td()\n\t}\n\te()\n}\n"


def test_what_stands_deeper_is_copied_in_the_documents_indentation() -> None:
    """Two spaces there, four here; nothing after the block."""
    assert block(PYTHON, "def go(self):\n    if |\n", "self.done:") == "\n        log(1)\n        return 2"


def test_the_closing_line_belongs_to_the_block() -> None:
    """And blocks within it, whose ends say how deep they are."""
    expected = "\n    for (b) {\n      c()\n    }\n    d()\n  }"
    assert block(BRACES, "f() {\n  if |\n", "(a) {", "  ") == expected


def test_a_closing_line_that_the_document_has_is_not_said_again() -> None:
    """Editors close brackets as they are opened."""
    assert block(BRACES, "f() {\n  if |\n  }\n  x()\n", "(a) {", "  ") == "\n    for (b) {\n      c()\n    }\n    d()"


def test_an_if_goes_on_with_its_else() -> None:
    """As long as the closing line opens another block."""
    source = "go() {\n if (a) {\n  b()\n } else {\n  c()\n }\n d()\n}\n"
    assert block(source, "go() {\n if |\n", "(a) {", " ") == "\n  b()\n } else {\n  c()\n }"


@pytest.mark.parametrize(
    ("source", "text", "line"),
    [
        (PYTHON, "def go(self):\n    if |\n        log(1)\n", "self.done:"),  # there is a block
        (PYTHON, "def go(self):\n    if self.done:\n        log(1)\n        |\n", "return 2"),  # no block
        (BRACES, "f() {\n\tif (|) {\n", "a"),  # something follows on the line
        ("a(x):\n  if b:\n    for c:\n      d()\n  e()\n", "a(x):\n  if |", "b:"),  # e() may close one level or two
        ("a(x):\n  if b:\n" + "    c()\n" * 13, "a(x):\n  if |", "b:"),  # long
    ],
)
def test_what_is_not_clear_is_not_copied(source: str, text: str, line: str) -> None:
    """A block is copied whole or not at all."""
    assert block(source, text, line) is None


def test_names_are_carried_over_into_the_block() -> None:
    """They are learned from what differs before the line."""
    source = "def load_user(user):\n    if not user:\n        raise Missing(user)\n    return 1\n"
    text = "def load_group(group):\n    if |\n    return 1\n"
    assert block(source, text, "not group:") == "\n        raise Missing(group)"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("a\n  b\n    c\n", "  "),
        ("a\n    b\n        c\n", "    "),
        ("a\n\tb\n    c\n", "\t"),
        ("/**\n * x\n */\na\n    b\n", "    "),
        ("a\nb\n", "    "),
    ],
)
def test_the_unit_of_indentation_is_the_documents(text: str, unit: str) -> None:
    """A comment's asterisks are no indentation; where nothing is indented it is four blanks."""
    assert indentation_unit(text) == unit
