"""Rules that keep the program and its tests running on Windows, checked without one.

Calls that Windows lacks stand behind a question about the system; text has a named encoding and its own line ends; the
tests can be collected where POSIX's modules are missing.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fim_language_server
from tests.fakes.collected_on_windows import FUNCTIONS, MODULES, SIGNALS

PACKAGE = Path(fim_language_server.__file__).parent
ROOT = Path(__file__).parent.parent
PRODUCT = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted(
    path for path in (ROOT / "tests").rglob("*.py") if "editors" not in path.relative_to(ROOT / "tests").parts
)
"""Tests of real editors run on Linux, in a job of their own."""

LOOP = """
    add_signal_handler remove_signal_handler add_reader add_writer create_unix_connection create_unix_server
    open_unix_connection start_unix_server connect_read_pipe connect_write_pipe
""".split()  # noqa: SIM905
"""Methods that the event loop of Windows does not have, or not for what standard input and output are."""
ATTRIBUTES = {
    "os": {*FUNCTIONS, "kill"},
    "signal": {*SIGNALS},
    "socket": {"AF_UNIX", "SO_PEERCRED"},
    "asyncio": {"open_unix_connection", "start_unix_server"},
}
"""POSIX's names, by module. `os.kill` is there, but ends the process whatever the signal is."""
GUARD = re.compile(r"sys\.platform|\bplatform [!=]=|os\.name\b|hasattr\(|\bAttributeError|\bNotImplementedError")
"""A question about the system."""
POSIX_MODULES = {
    "lsp.network.pipe": "serve_pipe, which uses the rest, raises OSError on Windows first",
    "lsp.wire.stdio": "_can_be_polled and _are_one_socket are False on Windows, where threads read and write",
    "lsp.editor.parent_process": "liveness_check asks kernel32 on Windows instead",
    "evaluation.process_usage": "usage_of returns None where there is no /proc",
}
"""Modules whose POSIX part is not reached on Windows, with the reason."""
PLACES = re.compile(r"/(tmp|dev|proc|etc|usr|var|bin|sys|run)(/|$)")
KNOWN_PLACES = {
    "evaluation.process_usage": "/proc is asked for first",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def posix_names(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield (node, name) of what Windows lacks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.partition(".")[0] in MODULES:
                yield node, node.module
            missing = ATTRIBUTES.get(node.module, set())
            yield from ((node, alias.name) for alias in node.names if alias.name in missing)
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in ATTRIBUTES.get(owner, ()) or node.attr in LOOP:
                yield node, f"{owner}.{node.attr}"


def enclosing(tree: ast.AST, wanted: ast.AST) -> list[ast.AST]:
    """Return the nodes around one, the innermost first."""
    around: list[ast.AST] = []
    for node in ast.walk(tree):
        if node is not wanted and any(child is wanted for child in ast.walk(node)):
            around.insert(0, node)
    return around


def is_guarded(source: str, around: list[ast.AST]) -> bool:
    """Does the innermost function, or a decorator around it, ask about the system?"""
    functions = [node for node in around if isinstance(node, Function)]
    if any(GUARD.search(ast.get_source_segment(source, function) or "") for function in functions):
        return True
    statements = [node for node in around if isinstance(node, ast.If | ast.IfExp | ast.Try | ast.With)]
    return any(GUARD.search(ast.get_source_segment(source, node) or "") for node in statements)


def unguarded(module: Path) -> list[str]:
    source = module.read_text(encoding="utf-8")
    tree = ast.parse(source)
    return [
        f"{module.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {name}"
        for node, name in posix_names(tree)
        if not is_guarded(source, enclosing(tree, node))
    ]


@pytest.mark.parametrize("module", PRODUCT, ids=name_of)
def test_posix_stands_behind_a_question_about_the_system(module: Path) -> None:
    """In each function that calls it, but for the modules that are named with their reason."""
    found = unguarded(module)
    if name_of(module) in POSIX_MODULES:
        assert found, "it needs no entry in POSIX_MODULES any more"
    else:
        assert found == []


@pytest.mark.parametrize("module", PRODUCT, ids=name_of)
def test_no_place_of_a_posix_system_is_named(module: Path) -> None:
    """Without a question about the system: on Windows it is a path of the current drive, where others may write."""
    source = module.read_text(encoding="utf-8")
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PLACES.match(node.value)
        if id(node) not in docstrings and not is_guarded(source, enclosing(tree, node))
    ]
    assert bool(found) == (name_of(module) in KNOWN_PLACES), found


POSIX_SUPPORT = {
    "tests/fakes/windows.py": "stands in for Windows, elsewhere",
    "tests/fakes/valkey_server.py": "its tests are marked",
    "tests/soak/loop_hold.py": "its only test is marked",
    "tests/soak/mirror.py": "it reads /proc first, and returns no number where there is none",
    "tests/soak/processes.py": "its only test is marked",
    "tests/soak/timed_server.py": "it is started by loop_hold",
}
"""Modules of tests without a mark of their own, with the reason."""
SKIPS = re.compile(r"skipif\(|pytest\.skip\(|pytestmark")


@pytest.mark.parametrize("module", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tests_that_need_posix_are_marked(module: Path) -> None:
    """By a mark of the test or of the module: CI runs them on Windows."""
    source = module.read_text(encoding="utf-8")
    tree = ast.parse(source)
    top = "\n".join(
        ast.get_source_segment(source, node) or ""
        for node in tree.body
        if isinstance(node, ast.If | ast.Assign | ast.Expr)
    )
    if SKIPS.search(top) and GUARD.search(top):
        return
    found = []
    for node, name in posix_names(tree):
        around = enclosing(tree, node)
        marks = [
            mark
            for function in around
            if isinstance(function, Function | ast.ClassDef)
            for mark in function.decorator_list
        ]
        if not is_guarded(source, around) and not any(has_guard(source, tree, mark) for mark in marks):
            found.append(f"{module.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {name}")
    assert bool(found) == (module.relative_to(ROOT).as_posix() in POSIX_SUPPORT), found


def has_guard(source: str, tree: ast.Module, mark: ast.expr) -> bool:
    """Does a decorator, or what its name was set to, ask about the system?"""
    text = ast.get_source_segment(source, mark) or ""
    named = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == text]
    return any(GUARD.search(each) for each in (text, *(ast.get_source_segment(source, node) or "" for node in named)))


TEXT_CALLS = {"open", "read_text", "write_text", "fdopen", "NamedTemporaryFile", "TemporaryFile", "TextIOWrapper"}
OPENS_A_DOCUMENT = re.compile(r"(editor|session|workspace|notebooks|webbrowser|self(\.\w+)?|Record)\.open$|os\.open$")


def text_calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield (call, mode) of each call that opens text, or talks text with a process."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        keywords = {keyword.arg for keyword in node.keywords}
        if keywords & {"text", "universal_newlines"} and name in {"run", "Popen", "check_output", "check_call", "call"}:
            yield node, "r"
        if name not in TEXT_CALLS or OPENS_A_DOCUMENT.search(called):
            continue
        strings = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        mode = next((value for value in strings if re.fullmatch(r"[rwaxbt+]{1,3}", value)), "r")
        if name == "read_text" and strings:
            continue  # an encoding without its name
        if "b" not in mode and not (name.endswith("TemporaryFile") and mode == "r"):
            yield node, "w" if name == "write_text" else mode


@pytest.mark.parametrize("module", PRODUCT, ids=name_of)
def test_text_is_read_and_written_in_a_named_encoding(module: Path) -> None:
    """Without one it is Windows' code page, which has no emoji and fails on most bytes."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = [
        ast.unparse(call)
        for call, _ in text_calls(tree)
        if "encoding" not in {keyword.arg for keyword in call.keywords} and "buffering" not in ast.unparse(call)
    ]
    assert found == []


@pytest.mark.parametrize("module", PRODUCT, ids=name_of)
def test_text_is_written_with_the_line_ends_it_has(module: Path) -> None:
    r"""Python writes "\n" as "\r\n" on Windows, and so "\r\n" as "\r\r\n", unless `newline` is given."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = [
        ast.unparse(call)
        for call, mode in text_calls(tree)
        if set(mode) & set("wax") and "newline" not in {keyword.arg for keyword in call.keywords}
    ]
    assert found == []


@pytest.mark.skipif(sys.platform == "win32", reason="there it is no pretence: the suite itself is collected")
def test_the_suite_is_collected_where_posix_is_missing() -> None:
    """With a plugin that takes POSIX's modules and functions away before any test is imported."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "tests.fakes.collected_on_windows"]
    result = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-3_000:]
