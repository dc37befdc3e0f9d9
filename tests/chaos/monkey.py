"""Kills processes at random moments: web, workers, beat, Redis, PostgreSQL, always with SIGKILL.

Invariant: every kill hits a process that was alive, and every server killed is started again; Steward's own
processes are started again by their supervisor.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.services import Services, processes_of
from tests.stack import Stack

# The most a killed server stays away, seconds.
LONGEST_AWAY = 2.0


class Monkey:
    """One killer thread.

    Args:
        kills: how many, spread over about `seconds`.
        door: kill web processes too, which says little while nobody sends.
        say: gets a line per kill.
    """

    def __init__(
        self,
        stack: Stack,
        servers: Services,
        *,
        rng: random.Random,
        kills: int,
        seconds: float,
        door: bool = True,
        say: Callable[[str], None],
    ) -> None:
        self.killed: Counter[str] = Counter()
        self._stack, self._servers, self._rng, self._say = stack, servers, rng, say
        self._pause = seconds / kills
        workers = [name for name in stack.children if name.startswith("worker")]
        kinds = [*workers, "beat", "redis", "postgresql"]
        if door:
            kinds += ["web", "web process"]
        # Each kind as often as the others, in random order.
        self._plan = [kinds[n % len(kinds)] for n in range(kills)]
        rng.shuffle(self._plan)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="monkey", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, patience: float) -> None:
        """Until every planned kill has happened."""
        self._thread.join(patience)
        if self._failure is not None:
            raise self._failure
        assert not self._thread.is_alive(), f"only {sum(self.killed.values())} kills within {patience:g} s"

    def _run(self) -> None:
        try:
            for kind in self._plan:
                time.sleep(self._rng.uniform(0.3, 1.7) * self._pause)
                self._kill(kind)
        except Exception as error:  # noqa: BLE001 - told by `wait`, on the test's own thread
            self._failure = error

    def _kill(self, kind: str) -> None:
        away = self._rng.uniform(0.1, LONGEST_AWAY)
        if kind == "redis":
            self._servers.redis.kill()
            self._count(kind, f"away {away:.1f} s")
            time.sleep(away)
            self._servers.redis.start()
        elif kind == "postgresql":
            self._servers.postgresql.kill()
            self._count(kind, f"away {away:.1f} s")
            time.sleep(away)
            self._servers.postgresql.start()
        else:
            self._kill_ours(kind)

    def _kill_ours(self, kind: str) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            pid = self._stack.pid("web" if kind == "web process" else kind)
            if pid is not None and kind == "web process":
                pid = self._rng.choice(sorted(_serving(pid)) or [None])
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                self._count(kind, f"process {pid}")
                return
            time.sleep(0.1)
        raise AssertionError(f"{kind} did not come back within 30 s")

    def _count(self, kind: str, detail: str) -> None:
        self.killed[kind] += 1
        self._say(f"kill {sum(self.killed.values()):>2}: {kind} ({detail})")


def _serving(parent: int) -> list[int]:
    """The web server's own processes: children of `parent` that serve."""
    found = []
    for child in processes_of(parent):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found
