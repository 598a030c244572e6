"""Vim with ALE is tested by `tests/editors/vim/run`, which gets it; `make test` leaves these tests out."""

from __future__ import annotations

import os

if "FIM_EDITORS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]
