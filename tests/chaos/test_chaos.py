"""Nothing lost, nothing doubled, while everything dies: the promise of the house, tried on the real thing.

Real processes on PostgreSQL and Redis, a CRM that has a bad day, a mail server that hangs up, portals that send until
they are told that it arrived, and SIGKILLs at random moments. Every choice follows from one seed, which is printed;
CHAOS_SEED=… makes the same choices again (the moments of the machine remain its own).

    CHAOS=short   a smaller run for the CI;  CHAOS_LEADS, CHAOS_KILLS, CHAOS_REDIS_DOWN set single figures
"""

from __future__ import annotations

import json
import os
import random
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.chaos import sink
from tests.chaos.monkey import Monkey
from tests.portal import Letter, Portals, letters
from tests.services import free_port
from tests.stack import CRM_TIMEOUT, Stack, running

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SHORT = os.environ.get("CHAOS") == "short"
SEED = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(10**9))
LEADS = int(os.environ.get("CHAOS_LEADS") or (250 if SHORT else 1000))
KILLS = int(os.environ.get("CHAOS_KILLS") or (14 if SHORT else 40))
REDIS_DOWN = float(os.environ.get("CHAOS_REDIS_DOWN") or (20 if SHORT else 120))
PACE = 10.0  # letters a second
# How much longer than the portals the CRM goes on failing, seconds; ends early when nothing waits. In that time it asks
# nobody to slow down any more (each 429 rests the whole account), so that the other half of the kills meets a worker
# with its hands full.
BAD_DAY_GOES_ON = 60.0 if SHORT else 180.0
# A push that fails five times waits 341 s in all, half as long again with the worst jitter, and then leases run out.
DRAIN_WITHIN = 540.0

# Who writes how often. Zillow and the forms sign nothing; the board sends several listings at once.
SOURCES = {
    "website": 6,
    "lead_portal": 3,
    "google_lead_form": 3,
    "meta_lead_ads": 3,
    "typeform": 2,
    "webflow": 2,
    "gravity_forms": 2,
    "zillow_rentals": 2,
    "mls_board": 1,
}
FAILING: list[dict[str, Any]] = [
    {"rule": "status", "rate": 0.10, "status": 500},
    {"rule": "stored_timeout", "rate": 0.05, "seconds": CRM_TIMEOUT * 3},
    {"rule": "reset", "rate": 0.02},
]
BAD_DAY: list[dict[str, Any]] = [{"rule": "retry_after", "rate": 0.10, "seconds": 1}, *FAILING]


def say(line: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)


@dataclass(frozen=True, slots=True)
class Books:
    """What Steward's database says, read without Steward."""

    url: str

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        for tries_left in reversed(range(30)):  # the server may be dead just now
            try:
                with psycopg.connect(self.url, connect_timeout=5) as line:
                    return line.execute(sql, values).fetchall()
            except psycopg.OperationalError:
                if not tries_left:
                    raise
                time.sleep(1)
        raise AssertionError("the last try returns or raises")

    def one(self, sql: str, *values: object) -> Any:
        return self.ask(sql, *values)[0][0]

    def backlog(self) -> dict[str, int]:
        found = {
            "deliveries": self.one("SELECT count(*) FROM intake_delivery WHERE state = 'received'"),
            "items": self.one("SELECT count(*) FROM intake_item WHERE state = 'in_progress'"),
            "pushes": self.one("SELECT count(*) FROM crmsync_push WHERE state = 'waiting'"),
        }
        return {name: count for name, count in found.items() if count}


@pytest.fixture(scope="module", autouse=True)
def _seed_is_known() -> None:
    say(f"CHAOS_SEED={SEED} CHAOS_LEADS={LEADS} CHAOS_KILLS={KILLS} CHAOS_REDIS_DOWN={REDIS_DOWN:g}")


def set_faults(stack: Stack, faults: list[dict[str, Any]]) -> None:
    stack.crm("/_sandbox/faults", method="DELETE")
    stack.crm("/_sandbox/faults", method="POST", body=[{**one, "seed": SEED + n} for n, one in enumerate(faults)])


def waited(books: Books, *, seconds: float) -> dict[str, int]:
    """What still waits after this long, or nothing as soon as nothing does."""
    deadline, told = time.monotonic() + seconds, 0.0
    while (left := books.backlog()) and time.monotonic() < deadline:
        if time.monotonic() - told > 15:
            told = time.monotonic()
            say(f"waiting: {left}")
        time.sleep(1)
    return left


def drained(books: Books, *, within: float) -> None:
    """Wait until nothing waits any more."""
    left = waited(books, seconds=within)
    assert not left, f"not drained after {within:g} s: {left}"


def redrive_dead_letters(stack: Stack) -> int:
    """What a person does after a CRM's bad day: redrive every dead letter."""
    printed = stack.manage(
        "shell",
        "-v0",
        "-c",
        "from crmsync.models import Push\n"
        "from crmsync.services.redrive import redrive\n"
        "from trail.record import Actor\n"
        "dead = list(Push.objects.filter(state='dead').values_list('pk', flat=True))\n"
        "print('redriven', redrive(dead, by=Actor.person('chaos'), reason='the CRM is well again') if dead else 0)\n",
    )
    return int(printed.split()[-1])


def assert_nothing_lost(books: Books, told: list[dict[str, Letter]]) -> None:
    """Every delivery that a portal was told is accepted stands there, and so does every record in it."""
    deliveries = {str(row[0]) for row in books.ask("SELECT public_id FROM intake_delivery")}
    items = {
        (slug, record)
        for slug, record in books.ask(
            "SELECT s.slug, i.record_id FROM intake_item i JOIN intake_source s ON s.id = i.source_id"
        )
    }
    for accepted in told:
        assert set(accepted) - deliveries == set()
        records = {(letter.source, record) for letter in accepted.values() for record in letter.sample.record_ids}
        assert records - items == set()
    unfinished = books.ask("SELECT state, count(*) FROM intake_item WHERE state NOT IN ('in_crm', 'test') GROUP BY 1")
    assert unfinished == []


def assert_nothing_doubled(books: Books, stack: Stack, mails: list[dict[str, Any]]) -> None:
    """The CRM has each contact, listing and task once; nobody got an e-mail twice."""
    crm = stack.crm("/_sandbox/state")
    assert {what: found for what, found in crm["duplicates"].items() if found} == {}
    assert crm["contacts"] == books.one("SELECT count(*) FROM intake_contact")
    assert crm["listings"] == books.one("SELECT count(*) FROM intake_property")
    assert crm["tasks"] == books.one("SELECT count(*) FROM crmsync_push WHERE kind = 'task' AND state = 'done'")
    assert crm["tasks"] == books.one("SELECT count(*) FROM intake_lead")

    assert {name: n for name, n in Counter(mail["message_id"] for mail in mails).items() if n > 1} == {}
    agents = {row[0] for row in books.ask("SELECT email FROM crmsync_agent")}
    to_people = Counter(address for mail in mails for address in mail["to"] if address not in agents)
    assert {address: n for address, n in to_people.items() if n > 1} == {}
    assert to_people.total() > 0


def reconciled(stack: Stack) -> dict[str, int]:
    found: dict[str, int] = json.loads(stack.manage("reconcile", "--json"))
    say(f"reconcile: {found}")
    return found


def test_nothing_is_lost_or_doubled_while_everything_dies(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    post = letters(SOURCES, count=LEADS, rng=rng, now=datetime.now(UTC))
    mail_port, mail_file = free_port(), tmp_path / "mails.jsonl"
    outside = {"mail": [sys.executable, "-m", "tests.chaos.sink", str(mail_port), str(mail_file), "0.02"]}
    with running(tmp_path / "stack", mail_port=mail_port, workers=2, outside=outside) as (stack, servers):
        books = Books(servers.postgresql.url)
        set_faults(stack, BAD_DAY)
        portals = Portals(stack.port, {name: stack.secret_of(name) for name in SOURCES}, pace=PACE)
        sending = len(post) / PACE
        monkey = Monkey(stack, servers, rng=rng, kills=KILLS // 2, seconds=sending, say=say)

        say(f"sending {len(post)} letters ({LEADS} different) in about {sending:.0f} s")
        portals.start(post)
        monkey.start()
        portals.wait(sending * 2 + 120)
        monkey.wait(sending + 120)
        told = portals.told
        say(f"accepted {len(told.accepted)}, repeats {told.duplicates}, sent again {told.retries}")
        assert told.refused == []

        set_faults(stack, FAILING)
        busy = Monkey(stack, servers, rng=rng, kills=KILLS - KILLS // 2, seconds=BAD_DAY_GOES_ON, door=False, say=say)
        busy.start()
        waited(books, seconds=BAD_DAY_GOES_ON)
        busy.wait(BAD_DAY_GOES_ON)
        killed = monkey.killed + busy.killed
        say(f"killed {killed.total()}: {dict(killed)}")
        assert killed.total() == KILLS

        # The bad day ends; what gave up meanwhile is a dead letter, and a person redrives it.
        say(f"bad day: {stack.crm('/_sandbox/state')['calls']} calls by status (0: no answer)")
        stack.crm("/_sandbox/faults", method="DELETE")
        drained(books, within=DRAIN_WITHIN)
        dead = books.ask("SELECT kind, error_code, count(*) FROM crmsync_push WHERE state = 'dead' GROUP BY 1, 2")
        say(f"dead letters: {dead}; redriven {redrive_dead_letters(stack)}")
        drained(books, within=120)

        counts = reconciled(stack)
        unknown = books.ask("SELECT kind, count(*) FROM crmsync_push WHERE state = 'unknown' GROUP BY 1")
        mails = sink.read(mail_file)
        say(f"e-mails: {len(mails)}; outcome unknown, never sent again: {dict(unknown)}")
        assert (counts["lost"], counts["in_progress"], counts["dead_letter"]) == (0, 0, 0)
        assert_nothing_lost(books, [told.accepted])
        assert_nothing_doubled(books, stack, mails)


def test_without_redis_leads_are_accepted_and_none_is_lost(tmp_path: Path) -> None:
    rng = random.Random(SEED + 1)
    pace = 5.0
    post = letters(
        {"website": 1, "lead_portal": 1},
        count=round(REDIS_DOWN * pace),
        rng=rng,
        now=datetime.now(UTC),
        repeated=0,
        late=0,
    )
    with running(tmp_path / "stack") as (stack, servers):
        books = Books(servers.postgresql.url)
        portals = Portals(stack.port, {name: stack.secret_of(name) for name in SOURCES}, pace=pace)

        servers.redis.kill()
        say(f"redis is down; sending {len(post)} letters in {REDIS_DOWN:g} s")
        portals.start(post)
        portals.wait(REDIS_DOWN + 30)
        told = portals.told
        slowest = sorted(told.milliseconds)[-1 - len(told.milliseconds) // 100]
        say(f"accepted {len(told.accepted)}, sent again {told.retries}, p99 {slowest:.0f} ms")
        assert told.refused == []
        assert told.retries == 0
        assert len(told.accepted) == len(post)
        assert slowest < 1000

        servers.redis.start()
        say("redis is back")
        drained(books, within=180)
        counts = reconciled(stack)
        assert (counts["lost"], counts["in_progress"], counts["dead_letter"]) == (0, 0, 0)
        assert_nothing_lost(books, [told.accepted])
        crm = stack.crm("/_sandbox/state")
        assert crm["tasks"] == books.one("SELECT count(*) FROM intake_lead")
        assert {what: found for what, found in crm["duplicates"].items() if found} == {}
