"""Real code to cut: what is installed beside the tests, this repository's, and samples of our own in tests/corpus."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.damage_places import Code
from fim_language_server.core.language_table import EXTENSIONS

REPOSITORY: Final = Path(__file__).parents[2]
SAMPLES: Final = REPOSITORY / "tests" / "corpus"
_SIZES: Final = range(400, 200_000)
_LEFT_OUT: Final = frozenset({"node_modules", "__pycache__", "dist", "build", ".git", ".venv", ".cache", "page"})
_MOST_FILES: Final = 40
"""Files of one language."""
_LANGUAGES: Final = {"tsx": "typescriptreact", "jsx": "javascriptreact"}


def folders() -> list[Path]:
    """Return the folders that every test environment has."""
    paths = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "include")]
    return [SAMPLES, REPOSITORY / "editors", REPOSITORY / "docs", REPOSITORY / "server", *map(Path, paths)]


def read_corpus(seed: int, places: list[Path] | None = None) -> list[Code]:
    """Return files of every language found in some folders: some of each, which the seed decides."""
    rng = random.Random(seed)
    found: dict[str, list[Path]] = {}
    for folder in places or folders():
        for path in _files(folder):
            language = EXTENSIONS.get(path.suffix[1:].lower(), "")
            if language:
                found.setdefault(_LANGUAGES.get(language, language), []).append(path)
    codes = []
    for language, paths in sorted(found.items()):
        if language in ("plaintext", "json"):
            continue
        for path in rng.sample(paths, min(len(paths), _MOST_FILES)):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            if len(lines) >= 12 and max(map(len, lines)) < 400:
                codes.append(Code(language, path.name, tuple(line.rstrip() for line in lines)))
    return codes


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if not _LEFT_OUT.intersection(inner) and path.suffix and path.is_file() and path.stat().st_size in _SIZES:
            yield path
