"""A process that is gone is noticed, with no real waiting."""

import os
import subprocess
import sys

from fim_language_server.lsp.editor.parent_process import POLL_S, liveness_check, wait_until_gone


async def test_a_process_is_asked_for_until_it_is_gone() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    await wait_until_gone(7, sleep, lambda process_id: process_id == 7 and len(slept) < 3)
    assert slept == [POLL_S] * 3


def test_this_process_and_its_parent_are_alive() -> None:
    assert liveness_check(os.getpid())(os.getpid())
    assert liveness_check(os.getppid())(os.getppid())


def test_a_process_that_has_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not liveness_check(child.pid)(child.pid)
