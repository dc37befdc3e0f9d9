"""The bell: tells a worker that there is work. It carries no truth and may be lost, doubled or late.

Ringing never waits and never fails: one thread per process publishes, at most five times a second for the same work,
and the last ring of a burst is always published. A broker that is down is mentioned once a minute; the sweeps find
the work meanwhile.
"""

from __future__ import annotations

import os
import threading
import time

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction

log = structlog.get_logger("bell")

# A burst of a hundred leads needs a handful of bells, not a hundred.
QUIET_SECONDS = 0.2
# How long a broker that refused is left alone; the sweeps run every five seconds anyway.
BROKER_REST_SECONDS = 5.0


class _Ringer:
    """The one publishing thread of a process."""

    def __init__(self) -> None:
        self._wanted: set[tuple[str, tuple[int, ...]]] = set()
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._process = 0
        self._complained_at = 0.0

    def want(self, task: str, args: tuple[int, ...]) -> None:
        with self._lock:
            self._wanted.add((task, args))
            if self._process != os.getpid():  # a forked child has no thread yet
                self._process = os.getpid()
                threading.Thread(target=self._run, name="bell", daemon=True).start()
        self._work.set()

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            with self._lock:
                wanted, self._wanted = self._wanted, set()
            rest = QUIET_SECONDS
            for task, args in wanted:
                if not self._publish(task, args):
                    rest = BROKER_REST_SECONDS
                    break
            time.sleep(rest)

    def _publish(self, task: str, args: tuple[int, ...]) -> bool:
        try:
            current_app.send_task(task, args=args, ignore_result=True, expires=30, retry=False)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe without it
            if time.monotonic() - self._complained_at > 60:
                self._complained_at = time.monotonic()
                log.warning("bell_not_rung", error=type(error).__name__, message="The sweeps find the work instead.")
            return False
        return True


_ringer = _Ringer()


def ring_in(seconds: float, task: str, *args: int) -> None:
    """Ring for `task` in a while, when it is known that nothing can be done before; lost if this process dies."""
    if settings.BELLS:
        later = threading.Timer(seconds, _ringer.want, (task, args))
        later.daemon = True
        later.start()


def ring(task: str, *args: int) -> None:
    """Ring for `task` once the current transaction is committed (at once when there is none).

    Args:
        task: dotted name of a Celery task that drains work.
        args: ids that say where the work is; the same ring twice is one.
    """
    if settings.BELLS:
        transaction.on_commit(lambda: _ringer.want(task, args))
