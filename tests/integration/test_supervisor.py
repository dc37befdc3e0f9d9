"""The supervisor keeps real processes running, and takes them down. (The whole of `manage.py run`: tests/chaos.)"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config import supervisor
from config.supervisor import Child, Supervisor

PATIENCE = 20.0
# Writes its process id, then waits; on SIGTERM it says goodbye in the same file.
POLITE = """
import os, signal, sys, time
with open(sys.argv[1], "a") as book: book.write(f"{os.getpid()}\\n")
def leave(*_):
    with open(sys.argv[1], "a") as book: book.write("bye\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
while True: time.sleep(1)
"""
# Ignores a polite end, and starts a process of its own that does so too.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
own = subprocess.Popen(["sleep", "600"])
with open(sys.argv[1], "a") as book: book.write(f"{os.getpid()}\\n{own.pid}\\n")
while True: time.sleep(1)
"""


def python(script: str, book: Path) -> list[str]:
    return [sys.executable, "-c", script, str(book)]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def lines(book: Path) -> list[str]:
    return book.read_text().split() if book.exists() else []


def gone(pid: str) -> bool:
    """No such process, or one that only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def said() -> list[str]:
    return []


def test_children_are_told_to_finish_and_do(tmp_path: Path, said: list[str]) -> None:
    book = tmp_path / "book"
    office = Supervisor([Child("clerk", python(POLITE, book))], say=said.append)
    office.start()
    office.watch(until=lambda: len(lines(book)) == 1)

    assert office.stop() is True

    pid, *rest = lines(book)
    assert rest == ["bye"]
    assert gone(pid)
    assert said == []


def test_a_killed_child_is_started_again_and_people_are_told(tmp_path: Path, said: list[str]) -> None:
    book = tmp_path / "book"
    office = Supervisor([Child("clerk", python(POLITE, book))], say=said.append, backoff=(0.1,))
    office.start()
    office.watch(until=lambda: len(lines(book)) == 1)

    os.kill(int(lines(book)[0]), signal.SIGKILL)
    office.watch(until=lambda: len(lines(book)) == 2)
    office.stop()

    assert said == ["clerk ended (killed by SIGKILL). Starting it again in 0.1 s."]
    assert all(gone(pid) for pid in lines(book)[:2])


def test_each_early_death_waits_longer(tmp_path: Path, said: list[str]) -> None:
    log = tmp_path / "clerk.log"
    office = Supervisor(
        [Child("clerk", [sys.executable, "-c", "exit(3)"], log=log)], say=said.append, backoff=(0.01, 0.02, 0.03)
    )
    office.start()
    office.watch(until=lambda: len(said) == 4)
    office.stop()

    waits = ["0.01", "0.02", "0.03", "0.03"]
    assert said == [f"clerk ended (exit code 3). Starting it again in {w} s. Its last words: {log}." for w in waits]


def test_what_will_not_finish_is_killed_with_all_that_it_started(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.3)
    book = tmp_path / "book"
    office = Supervisor([Child("mule", python(STUBBORN, book))], say=said.append)
    office.start()
    office.watch(until=lambda: len(lines(book)) == 2)

    assert office.stop() is False

    assert said == ["Did not finish in time, killed: mule. Their work is found at the next start."]
    wait_for(lambda: all(gone(pid) for pid in lines(book)))


def test_a_lower_stage_outlives_a_higher_one(tmp_path: Path, said: list[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    base = Child("base", python(POLITE, first), stage=0)
    top = Child("top", python(POLITE, second), stage=1)
    office = Supervisor([top, base], say=said.append)
    office.start()
    office.watch(until=lambda: len(lines(first)) == 1 and len(lines(second)) == 1)

    assert office.stop() is True

    assert second.stat().st_mtime_ns <= first.stat().st_mtime_ns


def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    book = tmp_path / "book"
    script = f"""
import sys
from config.supervisor import Child, Supervisor
office = Supervisor([Child("clerk", {python(POLITE, book)!r})], say=print)
office.start()
office.watch()
"""
    parent = subprocess.Popen([sys.executable, "-c", script])
    wait_for(lambda: len(lines(book)) == 1)

    parent.kill()
    parent.wait()

    wait_for(lambda: gone(lines(book)[0]))
    assert lines(book)[1:] == []
