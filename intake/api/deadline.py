"""A deadline for the database: whoever waits at the door has an answer within seconds, also when the server hangs.

PostgreSQL's own timeouts do not fire while the server itself is stopped, and the kernel keeps acknowledging for it.
So one watchdog thread per process shuts the socket of a connection whose deadline has passed; the waiting query then
ends with an ordinary `OperationalError`. SQLite needs none of this: its busy timeout ends every wait.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# The promise is five; connecting may take three by itself (settings), and the watchdog looks four times a second.
ANSWER_WITHIN_SECONDS = 3.0


class _Watchdog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadlines: dict[int, tuple[float, BaseDatabaseWrapper]] = {}
        self._process = 0

    def watch(self, wrapper: BaseDatabaseWrapper, seconds: float) -> int:
        """Shut the socket that `wrapper` then has, in `seconds`, unless `forget` comes first."""
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._deadlines.clear()
                threading.Thread(target=self._run, name="database-deadline", daemon=True).start()
            ticket = threading.get_ident()
            self._deadlines[ticket] = (time.monotonic() + seconds, wrapper)
            return ticket

    def forget(self, ticket: int) -> None:
        with self._lock:
            self._deadlines.pop(ticket, None)

    def _run(self) -> None:
        while True:
            time.sleep(0.25)
            now = time.monotonic()
            with self._lock:
                for ticket, (deadline, wrapper) in list(self._deadlines.items()):
                    if deadline <= now:
                        del self._deadlines[ticket]
                        _shut(wrapper.connection)


def _shut(raw: Any) -> None:
    try:
        with socket.socket(fileno=os.dup(raw.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    except Exception:  # noqa: BLE001, S110 - already closed, which is what was wanted
        pass


_watchdog = _Watchdog()


@contextmanager
def database_deadline(seconds: float) -> Iterator[None]:
    """Let nothing in this block wait longer than `seconds` for PostgreSQL; connecting has its own limit.

    Raises:
        django.db.OperationalError: from the query that was cut off.
    """
    if connection.vendor != "postgresql":
        yield
        return
    ticket = _watchdog.watch(connections["default"], seconds)
    try:
        yield
    finally:
        _watchdog.forget(ticket)
