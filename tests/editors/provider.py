"""A FIM server for tests that drive an editor from outside: the fake of `tests/fakes`, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = str(Path(sys.executable).with_name("fim-language-server"))
"""The program as users start it, of the environment that runs the tests."""


@contextmanager
def serve(*arguments: str) -> Iterator[dict[str, str]]:
    """Serve until left; gives the environment variables and settings by which the real server finds it."""
    command = [sys.executable, "-m", "benchmarks.fake_api.provider_server", "--key", "test-key", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield {"kind": "mistral", "url": process.stdout.readline().strip()}
        finally:
            process.terminate()
