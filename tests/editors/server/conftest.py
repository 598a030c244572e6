"""Installing is tested by `tests/editors/server/run`, which reaches the package index; `make test` leaves it out."""

from __future__ import annotations

import os

if "FIM_EDITORS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]
