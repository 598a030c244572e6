"""Only code is asked for: never comments, docstrings or blank lines, in any language of the table."""

from __future__ import annotations

import pytest

from fim_language_server.evaluation.code_lines import code_lines, is_code_file


def check(path: str, text: str, expected: list[str]) -> None:
    assert [text[start:end] for _, start, end in code_lines(path, text)] == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", "x = 1\n\n   \n  y = 2\n", ["x = 1", "y = 2"]),
        ("a.py", "# no\nx = 1  # no\ny = '# yes'\n", ["y = '# yes'"]),
        ("a.py", 'def f():\n    """Doc."""\n    return 1\n', ["def f():", "return 1"]),
        ("a.py", 'def f():\n    r"""Doc.\n\n    More.\n    """\n    return 1\n', ["def f():", "return 1"]),
        ("a.py", 'def f():\n    "Doc."\n    return 1\n', ["def f():", "return 1"]),
        ("a.py", 'x = """\ntext\n"""\ny = """one line"""\n', ['y = """one line"""']),
        ("a.py", "x = [\n    'a',\n    'b'\n]\n", ["x = [", "'a',", "'b'", "]"]),
        ("a.c", "/* no\n * no\n */\nint x; // no\n#include <x.h>\n*p = 1;\n", ["#include <x.h>", "*p = 1;"]),
        ("a.c", "int x; /* no */\nint y;\n/* no */ int z;\n", ["int y;"]),
        ("a.c", 'f("/* yes");\ng("// yes");\n', ['f("/* yes");', 'g("// yes");']),
        ("a.c", "/* one\n*/ /* two\n*/\nx;\n", ["x;"]),
        ("a.ts", "const a = `\n  text ${b}\n`;\nconst c = `d`;\n", ["const c = `d`;"]),
        ("a.ts", "// see `this\nlet x = 1;\n", ["let x = 1;"]),
        ("a.go", "s := `\nraw // text\n`\nt := 1\n", ["t := 1"]),
        ("a.lua", "--[[ no\nno\n]]\nlocal x = 1 -- no\nlocal y = 2\n", ["local y = 2"]),
        ("a.sql", "-- no\nSELECT 1;\n", ["SELECT 1;"]),
        ("a.rs", "fn f<'a>(x: &'a str) {}\n/// no\n", ["fn f<'a>(x: &'a str) {}"]),
        ("a.hs", "{- no\nno -}\nmain = pure ()\n", ["main = pure ()"]),
    ],
)
def test_lines_of_code(path: str, text: str, expected: list[str]) -> None:
    check(path, text, expected)


def test_rows_count_from_zero() -> None:
    assert [row for row, _, _ in code_lines("a.py", "\nx = 1\n# no\ny = 2")] == [1, 3]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.py", True), ("src/a.tsx", True), ("a.go", True), ("a.md", False), ("a.json", False), ("a.toml", False),
     ("Makefile", False), ("a.unknown", False), ("a.html", False)],
)  # fmt: skip
def test_files_of_code(path: str, expected: bool) -> None:
    """Data, markup and prose are not asked about, nor languages whose comments are not known."""
    assert is_code_file(path) is expected
