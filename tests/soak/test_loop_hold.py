"""The soak of the server's loop, in short: a scene that once held it for ever."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.soak.loop_hold import LONGEST_LAG_MS, exclude_setting, measure


@pytest.mark.skipif(os.name == "nt", reason="the timed server is told by a signal")
def test_a_workspaces_patterns_do_not_hold_the_loop() -> None:
    """Patterns that a workspace's settings bring are judged at each key. (Limits are generous: machines are busy.)"""
    held, lag, what = asyncio.run(measure(exclude_setting, 1))
    assert held < 1_000, what
    assert lag < 4 * LONGEST_LAG_MS
