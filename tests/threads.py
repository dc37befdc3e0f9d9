"""The same work in many threads at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import OperationalError, close_old_connections, connection


def at_once(number: int, work: Callable[[], object]) -> None:
    """Run `work` in so many threads; SQLite's one writer may ask a thread to come again, as the sweep does."""
    failures: list[BaseException] = []
    gate = threading.Barrier(number)

    def run() -> None:
        gate.wait()
        try:
            for _ in range(20):
                try:
                    work()
                    break
                except OperationalError:
                    close_old_connections()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
