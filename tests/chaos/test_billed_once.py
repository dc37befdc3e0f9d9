"""A worker that is killed in the middle of a question: the provider bills it once, whoever comes after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import programs
from tests.services import free_port
from tests.stack import get

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
SEED = """
from crmsync.models import Connection, Push
from crmsync.services.ask import Wanted, ask
from django.db import transaction
from intake.models import Contact
from trail.models import Workflow
Workflow.objects.create(slug="w", name="W", purpose="x", required={{"contact": ["phone"]}}, budget_cents=100)
options = {{"budget_cents": 100, "cents": {{"trace": 12}}, "allow_private": True}}
account = Connection.objects.create(slug="data", name="Data", kind="batchdata", base_url="{address}", options=options,
                                    rate_limit=0, secret_reference="env:STEWARD_DATA")
person = Contact.objects.create(street="1 Elm St", state="TX")
with transaction.atomic():
    ask([Wanted("trace", account.pk, contact_id=person.pk, revision=1, workflow="w")])
"""
DRAIN = """
from datetime import timedelta
from crmsync.models import Connection
from crmsync.services import send
from trail.leases import database_now
send.drain(Connection.objects.get().pk, now=database_now() + timedelta(hours={hours}))
"""
TELL = """
import json
from crmsync.models import Push, Spending
push = Push.objects.get()
print(json.dumps([push.state, push.error_code, sum(Spending.objects.values_list("cents", flat=True))]))
"""


class Office:
    """An installation of its own on SQLite, and a sandbox provider as a process beside it."""

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        unset = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        self.environment = {**kept, "STEWARD_VAR": str(var), "STEWARD_DATA": "sandbox-token"}
        self.provider = subprocess.Popen(
            programs.sandbox_provider(port=self.port), cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )
        self.manage("migrate", "--verbosity", "0")
        self.shell(SEED.format(address=f"http://127.0.0.1:{self.port}/api/v1"))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "--verbosity", "0", "-c", code)

    def bill(self) -> int:
        return len(get(self.port, "/_sandbox/state")[1]["billed"])

    def close(self) -> None:
        self.provider.kill()
        self.provider.wait()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    one = Office(tmp_path / "var")
    yield one
    one.close()


def test_a_worker_killed_while_it_waits_for_the_answer_bills_once(office: Office) -> None:
    slow = {"rule": "latency", "seconds": 4, "count": 1}
    get(office.port, "/_sandbox/faults", method="POST", body=slow)
    code = DRAIN.format(hours=0)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code], cwd=ROOT, env=office.environment
    )
    until = time.monotonic() + 60
    # The fault is used up as soon as the question has arrived.
    while get(office.port, "/_sandbox/faults")[1]["faults"][0]["count"] and time.monotonic() < until:
        time.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    while not office.bill() and time.monotonic() < until:
        time.sleep(0.05)

    for hours in (1, 2, 3):
        office.shell(DRAIN.format(hours=hours))

    assert office.bill() == 1
    assert json.loads(office.shell(TELL)) == ["unknown", "worker_died", 12]
