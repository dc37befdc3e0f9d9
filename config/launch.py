"""Start a program that does not outlive whoever started it.

    python config/launch.py PARENT_PID PROGRAM ARGUMENTS...

asks the kernel to kill this process when its parent dies, and then becomes the program. Run as a file, before the
program's own imports, so that it costs milliseconds and imports nothing of ours.

Invariant: from before the program's first instruction until its end, the death of its parent is its own death. The
kernel sees to it (Linux); elsewhere the program simply starts. SIGKILL and not SIGTERM: a signal that can wait or be
handled can leave an orphan that keeps the port, and losing a process at any instruction is what the rest is built for.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# linux/prctl.h
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` dies.

    Args:
        parent: process id of the parent as the caller knows it. If it is gone already, this process ends here: the
            kernel tells nobody of a death before the request.

    Raises:
        OSError: the kernel refused.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  becoming the program is the point; no shell is involved
