"""CPU time and memory of processes, read from Linux' /proc; None elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen


@frozen
class ProcessUsage:
    """CPU seconds of a process and its children so far, and the memory of both in MB."""

    cpu_s: float
    rss_mb: float
    children_rss_mb: float


def usage_of(pid: int) -> ProcessUsage | None:
    """Return the usage of a process and its children; None on systems without /proc."""
    if not Path(f"/proc/{pid}/stat").exists():
        return None
    children = _descendants(pid)
    cpu_s = sum(_cpu_s(each) for each in (pid, *children))
    return ProcessUsage(cpu_s, _rss_mb(pid), sum(_rss_mb(each) for each in children))


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    ticks: int = os.sysconf("SC_CLK_TCK")
    return sum(int(value) for value in fields[11:13]) / ticks  # utime and stime, proc(5) fields 14 and 15


def _rss_mb(pid: int) -> float:
    fields = _stat(pid)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if fields else 0.0


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found
