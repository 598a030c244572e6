"""A language is known by its id, else by the file's extension; comments and strings are told apart on a line."""

import pytest

from fim_language_server.core.language_table import ALIASES, BY_ID, EXTENSIONS
from fim_language_server.core.languages import GENERIC, find_line_comment, is_in_comment, is_in_string, language_of
from fim_language_server.core.values import CompletionRequest, Document, Position


def at_cursor(text: str, language_id: str) -> CompletionRequest:
    prefix, suffix = text.split("|")
    return CompletionRequest(Document("file:///f", language_id), Position(0, 0), prefix, suffix)


@pytest.mark.parametrize(
    ("language_id", "path", "expected"),
    [
        ("python", "", "python"),
        ("Python", "", "python"),
        ("sh", "", "shell"),
        ("typescriptreact", "a.py", "typescript"),
        ("", "src/a.go", "go"),
        ("something", "a/B.TSX", "typescript"),
        ("something", "", "generic"),
        ("", "go", "go"),
        ("", "Makefile", "generic"),
    ],
)
def test_the_id_decides_and_then_the_extension(language_id: str, path: str, expected: str) -> None:
    assert language_of(Document("file:///f", language_id, path=path)).name == expected


@pytest.mark.parametrize(
    ("text", "language_id"),
    [
        ("# so |", "python"),
        ("x = 1  # so|", "python"),
        ("f(a) // so |", "typescript"),
        ("/* so\n * on |\n */", "c"),
        ("don't() # it's |", "ruby"),
        ("<!-- so |", "html"),
        ("-- so|", "lua"),
    ],
)
def test_a_cursor_in_a_comment_is_seen(text: str, language_id: str) -> None:
    assert is_in_comment(at_cursor(text, language_id))


@pytest.mark.parametrize(
    ("text", "language_id"),
    [
        ("|", "python"),
        ("x = '#' + |", "python"),
        ('url = "http://a/|"', "typescript"),
        ("/* done */ |", "c"),
        ("# done\n|", "python"),
        ('glob("src/**/*.ts") + |', "typescript"),
        ("x // |", "python"),
        ("https://|", "go"),
        ("# Title |", "markdown"),
        ("echo $#|", "shellscript"),
        ("a = b#|", "generic"),
    ],
)
def test_a_cursor_in_code_is_not_in_a_comment(text: str, language_id: str) -> None:
    assert not is_in_comment(at_cursor(text, language_id))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('print("so ', True),
        ('print("so")', False),
        ('print("say \\"so', True),
        ("it's", False),
        ("x = 'a' + b", False),
        ("x = f'{a", True),
        ("", False),
    ],
)
def test_a_string_that_began_on_the_line_is_seen(line: str, expected: bool) -> None:
    assert is_in_string(line, GENERIC) is expected


def test_an_unclosed_comment_out_of_the_window_is_not_looked_for() -> None:
    assert not is_in_comment(at_cursor("/*" + "\nx" * 4000 + "|", "c"))


def test_the_column_of_a_comment_is_where_its_mark_begins() -> None:
    assert find_line_comment("a = '#' # b", GENERIC) == 8


def test_every_alias_and_extension_names_a_language_of_the_table() -> None:
    assert {*ALIASES.values(), *EXTENSIONS.values()} <= BY_ID.keys()
    assert not ALIASES.keys() & BY_ID.keys(), "an alias that never applies"
