"""`manage.py run` as people meet it: real processes, killed in every way that a machine knows."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services import free_port
from tests.stack import get

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
WORK_DONE = """
from crmsync.models import Push
print("waiting" if Push.objects.filter(state="waiting").exists() else "done")
"""
# An e-mail goes to a person once a day, and never from a workflow that sends none.
INCOMPLETE_TRAILS = """
from intake.models import Lead, TrailStep
wanted = [{"RECEIVED"}, {"NORMALIZED"}, {"CRM_CREATED", "CRM_UPDATED"}, {"ASSIGNED"}, {"TASK_CREATED"}]
steps = {}
for lead, step in TrailStep.objects.values_list("lead_id", "step"):
    steps.setdefault(lead, set()).add(step)
print([(lead, steps.get(lead)) for lead in Lead.objects.values_list("pk", flat=True)
       if not all(any_of & steps.get(lead, set()) for any_of in wanted)])
"""


class Office:
    """One `manage.py run` on the embedded default, in a directory of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port, self.sandbox_port, self.provider_port = free_port(), free_port(), free_port()
        self._said = var.parent / "said"
        self.process = self.run()

    @property
    def environment(self) -> dict[str, str]:
        unset = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PUBLIC_URL")
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        return {**kept, "STEWARD_VAR": str(self.var)}

    def manage(self, *arguments: str) -> str:
        """What a command prints in this installation."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask_sandbox(self, path: str) -> Any:
        status, answer = get(self.sandbox_port, path)
        assert status == 200
        return answer

    def run(self) -> subprocess.Popen[bytes]:
        with self._said.open("ab") as said:
            return subprocess.Popen(
                [
                    *(sys.executable, "manage.py", "run"),
                    *("--port", str(self.port), "--sandbox-port", str(self.sandbox_port)),
                    *("--provider-port", str(self.provider_port)),
                ],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def get(self, path: str) -> int:
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            caller.request("GET", path)
            return caller.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            caller.close()

    def wait_until_told(self) -> None:
        wait_for(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said

    def family(self) -> dict[int, str]:
        """Every process that descends from it, with its command line."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                children.setdefault(int(parent), []).append(int(stat.parent.name))
        found: dict[int, str] = {}
        queue = list(children.get(self.process.pid, []))
        while queue:
            pid = queue.pop()
            found[pid] = command_line(pid)
            queue += children.get(pid, [])
        return found

    def child(self, words: str) -> int:
        """The process started by the supervisor itself whose command line has these words."""
        [pid] = [pid for pid, line in self.family().items() if words in line and parent_of(pid) == self.process.pid]
        return pid

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def running(pids: dict[int, str]) -> dict[int, str]:
    """Those that still run the command they ran then (a process id may have been given to another)."""
    return {pid: line for pid, line in pids.items() if line and command_line(pid) == line}


def wait_for(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    one = Office(tmp_path / "var")
    try:
        one.wait_until_told()
        yield one
    finally:
        one.end()


def test_it_starts_answers_and_tells_people_where_everything_is(office: Office) -> None:
    assert office.get("/healthz") == 200
    assert office.get("/readyz") == 200
    assert office.get("/admin/login/") == 200
    assert f"http://127.0.0.1:{office.port}/admin/" in office.said
    assert f"http://127.0.0.1:{office.sandbox_port}/" in office.said
    assert "manage.py send_samples --twice" in office.said
    logins = office.var / "logins.txt"
    assert [line.split()[0] for line in logins.read_text().splitlines()] == [
        "admin",
        "reviewer",
        "manager",
        "integrations",
        "auditor",
    ]
    assert all(line.split()[1] in office.said for line in logins.read_text().splitlines())
    private = [path for path in (logins, office.var / "demo.env", office.var / "secret_key") if path.exists()]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_samples_sent_twice_are_in_the_crm_once_with_every_step(office: Office) -> None:
    sent = office.manage("send_samples", "--twice", "--count", "2", "--url", f"http://127.0.0.1:{office.port}")
    assert " 0\n" in sent

    def counts() -> dict[str, int]:
        found: dict[str, int] = json.loads(office.manage("reconcile", "--json"))
        return found

    wait_for(lambda: counts()["in_progress"] == 0)
    wait_for(lambda: "done" in office.manage("shell", "-v0", "-c", WORK_DONE))
    assert {name: counts()[name] for name in ("lost", "dead_letter", "conflict")} == dict.fromkeys(
        ("lost", "dead_letter", "conflict"), 0
    )
    crm = office.ask_sandbox("/_sandbox/state")
    assert crm["contacts"] > 0
    assert {what: found for what, found in crm["duplicates"].items() if found} == {}
    incomplete = office.manage("shell", "-v0", "-c", INCOMPLETE_TRAILS)
    assert incomplete.strip() == "[]"


def test_a_polite_end_stops_all_of_it_and_leaves_nothing(office: Office) -> None:
    family = office.family()
    assert len(family) >= 4

    office.process.send_signal(signal.SIGINT)
    assert office.process.wait(40) == 0

    assert running(family) == {}
    assert office.said.rstrip().endswith("Stopped.")
    assert "Traceback" not in office.said


def test_whatever_is_killed_comes_back_with_none_of_its_own_left(office: Office) -> None:
    for deaths, words in enumerate(["granian", "celery -A config worker", "celery -A config beat", "sandbox_crm"], 1):
        killed = office.child(words)
        own = {pid: line for pid, line in office.family().items() if parent_of(pid) == killed}

        os.kill(killed, signal.SIGKILL)

        wait_for(lambda seen=deaths: office.said.count("killed by SIGKILL") == seen)
        wait_for(lambda words=words: any(words in line for line in office.family().values()))
        wait_for(lambda own=own: running(own) == {}, 10)
        assert not running({killed: words})
    wait_for(lambda: office.get("/readyz") == 200)


def test_a_killed_web_process_is_replaced(office: Office) -> None:
    server = office.child("granian")
    [worker] = [pid for pid, line in office.family().items() if parent_of(pid) == server and "tracker" not in line]

    os.kill(worker, signal.SIGKILL)

    wait_for(lambda: worker not in office.family())
    wait_for(lambda: office.get("/readyz") == 200)


def test_a_kill_of_the_parent_leaves_no_orphan_and_frees_the_port(office: Office) -> None:
    family = office.family()

    office.process.kill()
    office.process.wait()

    wait_for(lambda: running(family) == {}, 10)
    office.process = office.run()
    wait_for(lambda: office.said.count("Ctrl-C stops everything") == 2 or office.process.poll() is not None)
    assert office.process.poll() is None, office.said
    assert office.get("/readyz") == 200


def test_a_second_one_in_the_same_place_is_refused_in_plain_words(office: Office) -> None:
    second = office.run()
    assert second.wait(30) == 1

    assert f"Steward is already running in {office.var}." in office.said
    assert "cannot be used" not in office.said
    assert "Traceback" not in office.said
    assert office.get("/readyz") == 200
