"""What a process remembers of a database that just failed: whoever queues behind the one who waited need not wait too.

Without it, as many requests as there are threads wait out the deadline, and the next as many after them; the last of a
burst would have its answer long after the five seconds that we promise. Invariant: it lasts a moment only, and the
first request after it tries the database again.
"""

from __future__ import annotations

import time

# Seconds: long enough to empty a queue of senders, short enough that a server which is back takes leads at once.
LASTS = 1.0

_until = 0.0


def begin() -> None:
    """A request just found the database away."""
    global _until
    _until = time.monotonic() + LASTS


def end() -> None:
    """A request just stored something."""
    global _until
    _until = 0.0


def lasts() -> bool:
    """Did one fail a moment ago?"""
    return time.monotonic() < _until
