"""Who runs in a var directory: a lock that goes with the process that holds it, and the address it answers at.

Invariant: an address is read only while its writer lives; what a killed process left behind is nobody's.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from django.conf import settings

NAME = "run.lock"


class AlreadyHeld(Exception):
    """Another process runs in this directory."""


def hold(address: str) -> IO[str]:
    """Take the var directory, for as long as the returned file stays open.

    Args:
        address: where the web server will answer.

    Raises:
        AlreadyHeld: two would share one schedule and one set of logs. Nothing changed.
    """
    lock = _path().open("a+")  # not "w": the address in it may be somebody else's
    if not _taken(lock):
        lock.close()
        raise AlreadyHeld
    lock.truncate(0)
    lock.write(address)
    lock.flush()
    return lock


def running_at() -> str:
    """The address of the Steward that runs in this var directory, or is just starting; "" when none does."""
    if not _path().exists():
        return ""
    with _path().open("r") as lock:
        return "" if _taken(lock) else lock.read().strip()


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _path() -> Path:
    path: Path = settings.VAR_DIR / NAME
    return path
