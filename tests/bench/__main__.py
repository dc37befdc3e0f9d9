"""`make bench`: how fast leads are accepted, what one costs and how fast values are cleaned, against the floors that we
promised.

    python -m tests.bench [accept] [cpu] [normalize] [--profile] [--seconds N] [--rounds N] [--leads N]

PostgreSQL with fsync and synchronous_commit on, Redis, two web processes; every figure comes from one run on one
machine with one client, and a ratio compares rounds that took turns. One JSON line per figure on standard output:
name, value, unit, floor (`limit` where less is better), ratio; anything else goes to standard error. Exit code 1 when
a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from intake.sources.samples import sample
from tests.bench import normalizing
from tests.bench.client import Round, play
from tests.bench.cpu import seconds_of
from tests.portal import Letter, Portals, request_for
from tests.services import Services, free_port
from tests.stack import Stack, running

CONNECTIONS = (16, 64)
# More than any machine that we know of answers; the requests are made before the clock starts.
MOST_PER_SECOND = 5000
RATIO_FLOOR = 0.80
P99_LIMIT_MS = 250.0
CPU_LIMIT_MS = 20.0
MESSY_FLOOR, CLEAN_FLOOR = 500.0, 1500.0  # contacts a second and core
LIBRARIES_RATIO_FLOOR = 0.40
WORST_TEXT_LIMIT_MS = 100.0
SIX_STEPS = ("RECEIVED", "NORMALIZED", "CRM_CREATED", "ASSIGNED", "EMAIL_SENT", "TASK_CREATED")


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Figures:
    """Prints figures and remembers whether one misses its floor."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def tell(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        floor: float | None = None,
        limit: float | None = None,
        ratio: float | None = None,
    ) -> None:
        """Print one. The floor is for the ratio where there is one, else for the value."""
        judged = value if ratio is None else ratio
        if (floor is not None and judged < floor) or (limit is not None and judged > limit):
            self.missed.append(name)
        line: dict[str, Any] = {"name": name, "value": round(value, 2), "unit": unit, "floor": floor}
        if limit is not None:
            line["limit"] = limit
        print(json.dumps({**line, "ratio": None if ratio is None else round(ratio, 3)}), flush=True)


def accept(figures: Figures, *, seconds: float, rounds: int) -> None:
    """Accepted requests a second against the bare view. No worker runs: this is the door alone."""
    with _stack(workers=0, beat=False, settings_module="tests.bench.settings") as (stack, servers):
        with psycopg.connect(servers.postgresql.url) as line:
            line.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body bytea NOT NULL)")
        maker = _Requests(stack)
        play(stack.port, maker.make("/bare/", MOST_PER_SECOND), connections=16, seconds=1)
        play(stack.port, maker.make("/hooks/website/", MOST_PER_SECOND), connections=16, seconds=1)
        for connections in CONNECTIONS:
            results: dict[str, list[Round]] = {"/bare/": [], "/hooks/website/": []}
            spent: dict[str, list[float]] = {path: [] for path in results}
            for turn in range(rounds):
                for path in results:
                    requests = maker.make(path, int(MOST_PER_SECOND * seconds))
                    before = _door_seconds(stack, servers)
                    done = play(stack.port, requests, connections=connections, seconds=seconds)
                    used = _door_seconds(stack, servers) - before
                    if set(done.statuses) != {200}:
                        raise SystemExit(f"{path} answered {done.statuses}")
                    results[path].append(done)
                    spent[path].append(used * 1000 / done.statuses[200])
                    note(
                        f"c={connections} round {turn + 1} {path}: {done.accepted_per_second:.0f}/s, "
                        f"p50 {done.percentile(0.5):.1f} ms, p99 {done.percentile(0.99):.1f} ms, "
                        f"CPU {spent[path][-1]:.2f} ms"
                    )
            rate = {
                path: statistics.median(done.accepted_per_second for done in dones) for path, dones in results.items()
            }
            bare, ours = rate["/bare/"], rate["/hooks/website/"]
            figures.tell(f"bare view, {connections} connections", bare, "requests/s")
            figures.tell(
                f"accepted, {connections} connections", ours, "requests/s", floor=RATIO_FLOOR, ratio=ours / bare
            )
            # The rate depends on who else uses the machine; the processor time of a request much less.
            cost = {path: statistics.median(each) for path, each in spent.items()}
            figures.tell(
                f"CPU per accepted request (web + PostgreSQL), {connections} connections",
                cost["/hooks/website/"],
                "ms",
                ratio=cost["/hooks/website/"] / cost["/bare/"],
            )
        p99 = statistics.median(done.percentile(0.99) for done in results["/hooks/website/"])
        figures.tell(f"accept p99, {CONNECTIONS[-1]} connections", p99, "ms", limit=P99_LIMIT_MS)


def _door_seconds(stack: Stack, servers: Services) -> float:
    return seconds_of(stack.pid("web") or 0) + seconds_of(servers.postgresql.pid)


class _Requests:
    """Makes signed requests of the website, each with a body of its own."""

    def __init__(self, stack: Stack) -> None:
        self._secret = stack.secret_of("website")
        self._port = stack.port
        self._rng = random.Random(1)
        self._models = [sample("website", self._rng, datetime.now(UTC), who=n) for n in range(200)]
        self._made = 0

    def make(self, path: str, count: int) -> list[bytes]:
        """`count` requests to `path`, signed now."""
        now = datetime.now(UTC)
        return [self._one(path, now) for _ in range(count)]

    def _one(self, path: str, now: datetime) -> bytes:
        model = self._models[self._made % len(self._models)]
        self._made += 1
        body = model.body.replace(model.record_ids[0].encode(), f"web-{self._made:016x}".encode())
        letter = Letter("website", replace(model, body=body, event_id=f"evt_{self._made:024x}"))
        signed = request_for(letter, secret=self._secret, now=now)
        headers = {**signed.headers, "host": f"127.0.0.1:{self._port}", "content-length": str(len(body))}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return head.encode() + b"\r\n" + body


def cpu(figures: Figures, *, leads: int) -> None:
    """Processor time of one lead's whole way: web + worker + PostgreSQL, from accept to the last step."""
    with _mail() as (mail_port, outside), _stack(mail_port=mail_port, outside=outside) as (stack, servers):
        note("warming up")
        _send(stack, servers, leads=50, first=leads)
        parts = {
            "web": stack.pid("web"),
            "worker": stack.pid("worker1"),
            "postgresql": servers.postgresql.pid,
            "beat": stack.pid("beat"),
        }
        before = {name: seconds_of(pid) for name, pid in parts.items() if pid is not None}
        started = time.monotonic()
        _send(stack, servers, leads=leads, first=0)
        took = time.monotonic() - started
        spent = {name: (seconds_of(parts[name] or 0) - was) * 1000 / leads for name, was in before.items()}
        _check_steps(servers, leads=leads + 50)
        for name, each in spent.items():
            figures.tell(f"CPU per lead, {name}", each, "ms")
        whole = spent["web"] + spent["worker"] + spent["postgresql"]
        figures.tell("CPU per lead, six steps", whole, "ms", limit=CPU_LIMIT_MS)
        figures.tell("leads end to end", leads / took, "leads/s")


def normalize(figures: Figures, *, contacts: int, rounds: int) -> None:
    """Contacts cleaned a second on one core, against the bare libraries in turns, and the slowest text."""
    makers = {
        "bare libraries": (normalizing.libraries, normalizing.messy_records),
        "messy contacts": (normalizing.normalize, normalizing.messy_records),
        "clean contacts": (normalizing.normalize, normalizing.clean_records),
    }
    found: dict[str, list[float]] = {name: [] for name in makers}
    for turn in range(rounds + 1):
        for name, (work, make) in makers.items():
            rate = normalizing.records_per_second(work, make(contacts, seed=turn))
            if turn:  # the first round warms up
                found[name].append(rate)
    bare, messy, clean = (statistics.median(rates) for rates in found.values())
    figures.tell("bare libraries, messy contacts", bare, "contacts/s")
    figures.tell("messy contacts normalized", messy, "contacts/s", floor=MESSY_FLOOR)
    figures.tell(
        "messy contacts normalized, of the bare libraries", messy, "contacts/s", floor=LIBRARIES_RATIO_FLOOR,
        ratio=messy / bare,
    )  # fmt: skip
    figures.tell("clean contacts normalized", clean, "contacts/s", floor=CLEAN_FLOOR)
    slowest, which = normalizing.slowest_ms()
    note(f"slowest: {which}")
    figures.tell(
        "slowest text of 100,000 characters or of the longest allowed", slowest, "ms", limit=WORST_TEXT_LIMIT_MS
    )


def profile(*, leads: int) -> None:
    """Where the worker's processor time goes: the same work, drained in one process under cProfile."""
    with (
        _mail() as (mail_port, outside),
        _stack(mail_port=mail_port, outside=outside, workers=0, beat=False) as (
            stack,
            servers,
        ),
    ):
        _post(stack, leads=leads, first=0)
        note(stack.run(sys.executable, "-m", "tests.bench.drain"))
        _check_steps(servers, leads=leads)


def _send(stack: Stack, servers: Services, *, leads: int, first: int) -> None:
    _post(stack, leads=leads, first=first)
    deadline = time.monotonic() + 600
    with psycopg.connect(servers.postgresql.url, autocommit=True) as line:
        while True:
            row = line.execute(
                "SELECT (SELECT count(*) FROM intake_delivery WHERE state = 'received'),"
                " (SELECT count(*) FROM crmsync_push WHERE state = 'waiting')"
            ).fetchone()
            if row == (0, 0):
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"not drained: {row} deliveries and pushes wait")
            time.sleep(1)


def _post(stack: Stack, *, leads: int, first: int) -> None:
    rng, now = random.Random(first), datetime.now(UTC)
    portals = Portals(stack.port, {"website": stack.secret_of("website")}, pace=1000)
    # Somebody else each time: a second enquiry of one person gets no second e-mail, and would be cheaper.
    portals.start([Letter("website", sample("website", rng, now, who=first + n)) for n in range(leads)])
    portals.wait(300)
    if len(portals.told.accepted) != leads or portals.told.refused:
        raise SystemExit(f"accepted {len(portals.told.accepted)} of {leads}; refused {portals.told.refused[:3]}")


def _check_steps(servers: Services, *, leads: int) -> None:
    """A lead that skipped a step would make the others look cheap."""
    with psycopg.connect(servers.postgresql.url) as line:
        rows = line.execute("SELECT step, count(*) FROM intake_trailstep GROUP BY step").fetchall()
    found: dict[str, int] = dict(rows)
    if missing := {step: found.get(step, 0) for step in SIX_STEPS if found.get(step, 0) != leads}:
        raise SystemExit(f"of {leads} leads only these went through: {missing} (all: {found})")


@contextmanager
def _stack(**options: Any) -> Iterator[tuple[Stack, Services]]:
    with (
        tempfile.TemporaryDirectory(prefix="steward-bench-") as directory,
        running(Path(directory) / "stack", durable=True, **options) as both,
    ):
        yield both


@contextmanager
def _mail() -> Iterator[tuple[int, dict[str, list[str]]]]:
    with tempfile.TemporaryDirectory(prefix="steward-bench-mail-") as directory:
        port = free_port()
        yield port, {"mail": [sys.executable, "-m", "tests.chaos.sink", str(port), f"{directory}/mails.jsonl"]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="*", choices=["accept", "cpu", "normalize", []], help="default: all")
    parser.add_argument("--profile", action="store_true", help="only show where the worker's processor time goes")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each round of accept")
    parser.add_argument("--rounds", type=int, default=3, help="of each view; the median counts")
    parser.add_argument("--contacts", type=int, default=1500, help="of each round of normalize")
    parser.add_argument("--leads", type=int, default=1000, help="of cpu and --profile")
    chosen = parser.parse_args()
    figures = Figures()
    if chosen.profile:
        profile(leads=chosen.leads)
        return 0
    wanted = chosen.what or ["accept", "cpu", "normalize"]
    if "accept" in wanted:
        accept(figures, seconds=chosen.seconds, rounds=chosen.rounds)
    if "cpu" in wanted:
        cpu(figures, leads=chosen.leads)
    if "normalize" in wanted:
        normalize(figures, contacts=chosen.contacts, rounds=chosen.rounds)
    if figures.missed:
        note(f"Missed: {', '.join(figures.missed)}")
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
