"""Identifiers of lines of code."""

from __future__ import annotations

import pytest

from fim_language_server.evaluation.prompts.identifiers import identifiers_in, identifiers_of_code, is_import


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.py", "    total = sum_of(invoice.lines, 'not this')  # nor that", {"total", "sum_of", "invoice", "lines"}),
        ("a.ts", 'const user = await findUser(`name`, "text") // note', {"user", "findUser"}),
        ("a.rs", "let width = self.columns as usize;", {"width", "columns"}),
        ("a.go", 'return fmt.Errorf("no %s", größe)', {"fmt", "Errorf", "größe"}),
        ("a.js", "$scope.items = x1y", {"scope", "items", "x1y"}),
        ("a.py", "if x is not None:", set()),
    ],
)
def test_identifiers_of_code_leave_out_keywords_strings_comments_and_short_words(
    path: str, line: str, expected: set[str]
) -> None:
    assert identifiers_of_code(line, path) == expected


def test_identifiers_of_a_text_include_strings_and_comments() -> None:
    """A name in a comment is a name that a model has seen."""
    assert identifiers_in("# see Ledger\nraise Error('post_invoice')") == {"see", "Ledger", "Error", "post_invoice"}


@pytest.mark.parametrize(
    "line",
    [
        "import os", "from a.b import c", "  import {", "use crate::x;", "pub(crate) use a::b;", "package main",
        "using System;", "export * from './a'", "export { a } from './a'", "export type { A } from './a'",
        "} from './a'", "#include <a.h>", "mod lexer;", "require 'a'", "extern crate serde;",
    ],
)  # fmt: skip
def test_imports_are_known(line: str) -> None:
    assert is_import(line)


@pytest.mark.parametrize(
    "line", ["importance = 1", "from_date = 1", "user = 1", "packages()", "export const a = 1", "mod_x()", "used()"]
)
def test_other_lines_are_no_imports(line: str) -> None:
    assert not is_import(line)
