"""What is made from the settings is fresh."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def test_generated_files_are_fresh() -> None:
    """Settings and registry are the only places to edit; the rest follows from them."""
    path = Path(__file__).parent.parent / "server" / "tools" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale_files() == [], "run `make generate` and commit what it wrote"
