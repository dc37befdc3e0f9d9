"""Count the requests that are turned away at the door. The counts are all that is kept of them.

A flood of them must not become a flood of writes: each process adds up, and writes at the end of a request (of any,
a health check too), once a second at most. What was added since is lost when the process ends.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date

from django.db import DatabaseError, InterfaceError
from django.db.models import F
from django.utils import timezone

from intake.models import Refusal

WRITE_EVERY = 1.0  # seconds


class Tally:
    """What one process counted and has not written yet.

    Args:
        timer: seconds, from any beginning.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._counts: Counter[tuple[date, str, str]] = Counter()
        self._write_from = float("-inf")

    def add(self, source: str, code: str) -> None:
        """One more of today."""
        with self._lock:
            self._counts[timezone.now().date(), source[:60], code[:40]] += 1

    def holds_any(self) -> bool:
        return bool(self._counts)

    def write_if_due(self) -> None:
        """Write what there is, unless that was done within the last second. What the database does not take waits."""
        if not self._counts:
            return
        with self._lock:
            now = self._timer()
            if now < self._write_from:
                return
            counts, self._counts, self._write_from = self._counts, Counter(), now + WRITE_EVERY
        while counts:
            key, count = counts.popitem()
            try:
                _write(*key, count)
            except (DatabaseError, InterfaceError):
                counts[key] = count
                break
        with self._lock:
            self._counts += counts


def _write(day: date, source: str, code: str, count: int) -> None:
    row = Refusal.objects.filter(day=day, source=source, code=code)
    if not row.update(count=F("count") + count):
        Refusal.objects.bulk_create([Refusal(day=day, source=source, code=code)], ignore_conflicts=True)
        row.update(count=F("count") + count)


_tally = Tally()


def count_refusal(*, source: str, code: str) -> None:
    """Add one to today's count of this source and reason."""
    _tally.add(source, code)


def refusals_wait() -> bool:
    """Did this process count any that it has not written?"""
    return _tally.holds_any()


def write_refusals() -> None:
    """Write what this process counted, if that is due."""
    _tally.write_if_due()


def forget_refusals(timer: Callable[[], float] = time.monotonic) -> None:
    """Begin anew, by this timer; for tests."""
    global _tally
    _tally = Tally(timer)
