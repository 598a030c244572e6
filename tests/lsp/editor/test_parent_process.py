"""A process that is gone is noticed, with no real waiting: here, and on a Windows that a fake stands in for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.lsp.editor.parent_process import POLL_S, liveness_check, wait_until_gone
from fim_language_server.lsp.editor.windows_processes import watched
from tests.fakes.windows import FakeKernel

EDITOR = 4_321


def test_this_process_and_its_parent_are_alive() -> None:
    for process_id in (os.getpid(), os.getppid()):
        with liveness_check(process_id) as is_alive:
            assert is_alive()


def test_a_process_that_has_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with liveness_check(child.pid) as is_alive:
        assert not is_alive()


@pytest.mark.parametrize("number", [0, -1, -(2**31) + 1, -(2**70), 2**70])
def test_a_number_that_is_no_process_id_ends_nothing(number: int) -> None:
    with liveness_check(number) as is_alive:
        assert is_alive()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    """The kernel of a Windows on which the editor runs."""
    monkeypatch.setattr("sys.platform", "win32")
    kernel = FakeKernel()
    kernel.start(EDITOR)
    return kernel


async def test_on_windows_a_process_is_asked_for_until_it_is_gone(kernel: FakeKernel) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            kernel.end(EDITOR)

    await wait_until_gone(EDITOR, sleep, lambda: kernel)
    assert slept == [POLL_S] * 3
    assert not kernel.opened


async def test_on_windows_another_process_with_the_same_id_is_not_taken_for_it(kernel: FakeKernel) -> None:
    async def sleep(_seconds: float) -> None:
        kernel.end(EDITOR)
        kernel.start(EDITOR)

    await wait_until_gone(EDITOR, sleep, lambda: kernel)
    assert not kernel.opened


async def test_on_windows_the_handle_is_given_back_when_the_session_ends_first(kernel: FakeKernel) -> None:
    async def sleep(_seconds: float) -> None:
        raise TimeoutError  # as a cancellation would

    with pytest.raises(TimeoutError):
        await wait_until_gone(EDITOR, sleep, lambda: kernel)
    assert not kernel.opened


@given(st.integers(-(2**40), 2**40) | st.sampled_from([EDITOR, 0, 2**32 - 1, 2**32]), st.booleans(), st.booleans())
def test_on_windows_only_a_process_that_is_surely_gone_counts_as_gone(
    process_id: int, is_protected: bool, cannot_wait: bool
) -> None:
    """One that may not be opened, or not be waited for, may be the editor of an administrator."""
    kernel = FakeKernel(cannot_wait=cannot_wait)
    kernel.start(EDITOR)
    if is_protected:
        kernel.protected.add(EDITOR)
    is_id = 0 < process_id < 2**32
    with watched(process_id, kernel) as process:
        assert process.is_alive() == (process_id == EDITOR or not is_id)
    assert not kernel.opened
