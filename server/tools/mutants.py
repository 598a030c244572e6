"""Mutation tests of `core`: small changes of the code, each of which a test should notice (`make mutants`).

    python server/tools/mutants.py [MODULE …]

A MODULE is a module's name in `core`, such as `pacing` or `shaping.brackets`; without one, `pacing` and
`typing_through` are taken. Its tests are those of the same name in `tests/core`. mutmut wants the package under `src`
and finds it there only, so it works on a copy in `.cache/mutants`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".cache" / "mutants"
USUAL = ("pacing", "typing_through")


def main(modules: list[str]) -> int:
    """Make the mutants of the modules, run their tests, print the survivors; return mutmut's exit code."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    shutil.copytree(ROOT / "server", COPY / "src")
    shutil.copytree(ROOT / "tests", COPY / "tests", ignore=shutil.ignore_patterns("editors"))
    paths = [name.replace(".", "/") for name in modules or USUAL]
    sources = [f"src/fim_language_server/core/{path}.py" for path in paths]
    tests = [f"tests/core/{'/'.join([*path.split('/')[:-1], 'test_' + path.split('/')[-1]])}.py" for path in paths]
    (COPY / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\nasyncio_mode = "auto"\n'
        'addopts = "-q --import-mode=importlib"\n\n'
        f'[tool.mutmut]\npaths_to_mutate = {sources!r}\ntests_dir = {tests!r}\nalso_copy = ["tests", "src"]\n',
        encoding="utf-8",
    )
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    status = subprocess.run([mutmut, "run"], cwd=COPY, check=False).returncode  # noqa: S603 - our own copy
    subprocess.run([mutmut, "results"], cwd=COPY, check=False)  # noqa: S603 - our own copy
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
