"""Processor time of a process and all that it started, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(root: int) -> float:
    """User and system seconds of `root` and every descendant, the finished ones that were waited for included."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        children.setdefault(int(fields[1]), []).append(pid)
        used[pid] = sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        total += used.get(pid, 0)
        queue += children.get(pid, [])
    return total / _TICKS
