"""The rules of the house, as tests: layers, homes of libraries, frozen values, sizes, names, sentences."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import fim_language_server
from fim_language_server.core import values

PACKAGE = Path(fim_language_server.__file__).parent
ROOT = Path(__file__).parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
TOOLS = sorted((ROOT / "server" / "tools").rglob("*.py"))

LONGEST_MODULE = 320
LONGEST_FUNCTION = 60

HOMES = {
    "attrs": [""],
    "pygls": ["lsp"],
    "lsprotocol": ["lsp"],
    "cattrs": ["lsp.wire"],
    "aiohttp": ["providers.transport", "web"],
    "yarl": ["providers.hosts"],
    "pydantic": ["settings"],
    "cachetools": ["engine.cache"],
    "numpy": ["embedded", "cli.doctor"],
    "rich": ["cli"],
    "yaml": ["cli"],
    "prometheus_client": ["web.fim_metrics"],
    "opentelemetry": ["usage.metrics_export"],
    "valkey": ["spending.shared.valkey_store"],
    "google": ["providers.credentials"],
}
"""Where each library may be imported: modules and rooms under the package. A library that is not listed has no home."""

HEADLESS = re.compile(
    r"(who|whom|whose|whoever|what|whatever|which|nobody|somebody|anybody|the same|so many|how)\b", re.IGNORECASE
)
"""Beginnings of sentences that leave their subject out, or hide it."""

STUBS = re.compile(r"(to be written|todo|tbd|fixme|xxx|placeholder|stub)\b", re.IGNORECASE)


def name_of(module: Path) -> str:
    """Return a module's dotted name under the package, such as `core.values`."""
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports_of(module: Path) -> Iterator[str]:
    """Yield the dotted names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def documented(module: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, docstring) of a module and of the classes and functions in it that have one."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            text := ast.get_docstring(node)
        ):
            yield getattr(node, "name", module.stem), text


def test_the_import_contracts_hold() -> None:
    """Layers look down only, and a module that belongs to none breaks them: [tool.importlinter] in pyproject.toml."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_libraries_stay_at_home(module: Path) -> None:
    """Each third-party library is imported in the few places that HOMES names; a new one has to be entered there."""
    name = name_of(module)
    for imported in imports_of(module):
        library = imported.partition(".")[0]
        if library in sys.stdlib_module_names or library == "fim_language_server":
            continue
        homes = HOMES.get(library, [])
        assert any(home in ("", name) or name.startswith(f"{home}.") for home in homes), f"{name} imports {library}"


@pytest.mark.parametrize("module", [*MODULES, *BENCHMARKS, *TOOLS], ids=lambda path: str(path.relative_to(ROOT)))
def test_product_tools_and_benchmarks_do_not_import_tests(module: Path) -> None:
    """Tests import the rest of the project; nothing of it imports them, or finds modules by changing `sys.path`."""
    source = module.read_text(encoding="utf-8")
    assert not [name for name in imports_of(module) if name.partition(".")[0] in ("tests", "conftest")]
    assert not re.search(r"^\s*sys\.path(\.insert|\.append|\[|\s*[+=])", source, re.MULTILINE)


@pytest.mark.parametrize(
    "value",
    [value for value in vars(values).values() if isinstance(value, type) and attrs.has(value)],
    ids=lambda value: value.__name__,
)
def test_values_are_frozen(value: type) -> None:
    """A value that could change would change while a coroutine awaits."""
    assert value.__setattr__ is not object.__setattr__  # type: ignore[comparison-overlap]
    instance = object.__new__(value)  # type: ignore[var-annotated]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        instance.anything = 1


def test_the_reply_to_initialize_waits_for_no_heavy_import() -> None:
    """Pydantic, aiohttp, cachetools and numpy cost more than the reply; they are imported after it."""
    code = (
        "import sys; import fim_language_server.cli.serve, fim_language_server.lsp.server; "
        "print(sorted({'pydantic', 'aiohttp', 'cachetools', 'numpy', 'rich'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_and_functions_stay_readable(module: Path) -> None:
    """One screen for a function, a few for a module; what outgrows them wants to be two things."""
    source = module.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_say_what_they_hold_and_are_named_in_the_fields_words(module: Path) -> None:
    """A module's docstring says what lives there; a name like utils says that nobody knows."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert not {"utils", "helpers", "manager", "common", "misc"} & set(module.stem.split("_"))


@pytest.mark.parametrize("module", [*MODULES, *BENCHMARKS, *TOOLS], ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_begin_with_their_subject(module: Path) -> None:
    """A docstring begins with a noun or a verb, and is no stub; see "Sentences" in CONTRIBUTING.md."""
    for name, text in documented(module):
        assert not HEADLESS.match(text), f"{name}: {text.splitlines()[0]}"
        assert not STUBS.match(text), f"{name}: {text.splitlines()[0]}"


def test_a_class_name_stands_once() -> None:
    """One name, one thing: a reader who searches for a class finds one definition."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name_of(module))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_provider_modules_do_no_io() -> None:
    """A wire API is described, not spoken: only transport and credentials may wait for anything."""
    for module in sorted((PACKAGE / "providers").rglob("*.py")):
        if {"transport", "credentials"} & set(module.parts):
            continue
        tree = ast.parse(module.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)], module


def test_the_map_names_every_room() -> None:
    """ARCHITECTURE.md names each package and each module at the top of the package, so that the map stays complete."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {name_of(module) for module in MODULES if module.name == "__init__.py"} - {"", "__init__"}
    top = {module.stem for module in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    missing = [
        room
        for room in sorted(rooms | top)
        if not re.search(rf"`(?:[\w./]*/)?{room.replace('.', '/')}(?:/|\.py)?`", page)
    ]
    assert missing == []
