"""The house's rules, as tests: layers, frozen values, sizes, what is imported when."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import fim_language_server
from fim_language_server.core import values

PACKAGE = Path(fim_language_server.__file__).parent
ROOT = Path(__file__).parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))

LONGEST_MODULE = 320
LONGEST_FUNCTION = 60


def test_the_import_contracts_hold() -> None:
    """Layers may only look down; see [tool.importlinter] in pyproject.toml."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "value",
    [value for value in vars(values).values() if isinstance(value, type) and attrs.has(value)],
    ids=lambda value: value.__name__,
)
def test_values_are_frozen(value: type) -> None:
    """A value that could change would change under somebody's await."""
    assert value.__setattr__ is not object.__setattr__
    instance = object.__new__(value)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        instance.anything = 1  # type: ignore[attr-defined]


def test_the_reply_to_initialize_waits_for_no_heavy_import() -> None:
    """Pydantic, aiohttp, cachetools and numpy cost more than the reply; they are imported after it."""
    code = (
        "import sys; import fim_language_server.cli.serve, fim_language_server.lsp.server; "
        "print(sorted({'pydantic', 'aiohttp', 'cachetools', 'numpy', 'rich'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_readable(module: Path) -> None:
    """One screen for a function, a few for a module; what outgrows them wants to be two things."""
    source = module.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_say_what_they_are_and_are_named_in_the_fields_words(module: Path) -> None:
    """A module's docstring says what lives there; a name like utils says that nobody knows."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert not {"utils", "helpers", "manager", "common", "misc"} & set(module.stem.split("_"))


def test_provider_modules_do_no_io() -> None:
    """A wire API is described, not spoken: only transport and credentials may wait for anything."""
    for module in sorted((PACKAGE / "providers").glob("*.py")):
        if module.stem in {"transport", "credentials"}:
            continue
        tree = ast.parse(module.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)], module
