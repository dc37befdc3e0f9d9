"""Keeps a handful of processes running, and takes them down together.

Invariants: a child that dies is started again, a little later each time it dies young; after `stop` no process of
any child's group is left; children die with the supervisor whatever kills it (config/launch.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config import launch

# Seconds before a dead child is started again: the n-th death in a row waits the n-th of these.
BACKOFF: Sequence[float] = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# A child that lived this long, seconds, did not die of how it was started.
SETTLED = 60.0
# How long children may take to finish what they do, seconds, before they are killed.
GRACE = 20.0
_LOOK_EVERY = 0.1


@dataclass(slots=True)
class Child:
    """A process to keep running.

    Attributes:
        name: as people read it.
        command: program and arguments; the program is a path.
        environment: added to the supervisor's own.
        log: file that gets what it prints; None leaves it on the terminal.
        stage: children of a lower stage start first and are stopped last.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    stage: int = 0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own, so that a Ctrl-C reaches the supervisor alone."""
        with contextlib.ExitStack() as opened:
            output = opened.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *self.command],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                process_group=0,
            )
        self.started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Tell the child itself; it tells its own."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """End whatever is left of it and of what it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Runs children until it is told to stop.

    Args:
        children: what to run.
        say: tells people one line.
        backoff: see `BACKOFF`.
    """

    def __init__(
        self, children: Sequence[Child], *, say: Callable[[str], None], backoff: Sequence[float] = BACKOFF
    ) -> None:
        self.children = sorted(children, key=lambda child: child.stage)
        self._say = say
        self._backoff = backoff
        self._stopping = threading.Event()
        self._hurry = False

    def handle_signals(self) -> None:
        """Ctrl-C, a closed terminal and a polite kill all mean: finish and go. A second one means: now."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._hurry = self._stopping.is_set()
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            child.start()

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Keep the children running until told to stop, or until `until()` says that it is enough."""
        while not self._stopping.is_set() and not until():
            for child in self.children:
                self._look_after(child)
            self._stopping.wait(_LOOK_EVERY)

    def _look_after(self, child: Child) -> None:
        if child.alive:
            return
        now = time.monotonic()
        if child.process is not None:
            code = child.process.returncode
            child.kill_group()
            child.process = None
            child.deaths = 1 if now - child.started_at > SETTLED else child.deaths + 1
            wait = self._backoff[min(child.deaths, len(self._backoff)) - 1]
            child.due_at = now + wait
            where = f" Its last words: {child.log}." if child.log else ""
            self._say(f"{child.name} ended ({_in_words(code)}). Starting it again in {wait:g} s.{where}")
        elif now >= child.due_at:
            child.start()

    def stop(self) -> bool:
        """Ask every child to finish, the highest stage first; kill what is left after `GRACE`.

        Returns:
            True when every child ended by itself.
        """
        deadline = time.monotonic() + GRACE
        clean = True
        for stage in sorted({child.stage for child in self.children}, reverse=True):
            group = [child for child in self.children if child.stage == stage]
            for child in group:
                child.signal(signal.SIGTERM)
            while any(child.alive for child in group) and time.monotonic() < deadline and not self._hurry:
                time.sleep(0.05)
            late = [child.name for child in group if child.alive]
            if late:
                clean = False
                self._say(f"Did not finish in time, killed: {', '.join(late)}. Their work is found at the next start.")
            for child in group:
                child.kill_group()
        return clean


def _in_words(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
