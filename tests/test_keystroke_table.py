"""The table "One keystroke" of ARCHITECTURE.md names functions that exist."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import fim_language_server

PACKAGE = Path(fim_language_server.__file__).parent
PAGE = (Path(__file__).parent.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## One keystroke")[2].partition("\n\nIf the model")[0]
NAMES = sorted(
    {name for row in TABLE.splitlines() for name in re.findall(r"`([\w.]+)`", (row.split("|") + 4 * [""])[3])}
)


def methods() -> set[str]:
    """Return "Class.method" for each class of the package."""
    classes = (
        node
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return {f"{each.name}.{inner.name}" for each in classes for inner in each.body if isinstance(inner, functions)}


def test_the_table_has_steps() -> None:
    """An empty list of names would make the next test pass."""
    assert len(NAMES) > 15


@pytest.mark.parametrize("name", NAMES)
def test_each_step_names_a_function_that_exists(name: str) -> None:
    """A method is named with its class, a function with its module under the package, a room by its path."""
    if name[0].isupper():
        assert name in methods()
        return
    module, _, function = name.rpartition(".")
    found = importlib.import_module(f"fim_language_server.{module}")
    assert hasattr(found, function) or importlib.import_module(f"fim_language_server.{name}")
