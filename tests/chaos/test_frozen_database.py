"""PostgreSQL hangs, with its connections open: senders are told within seconds to come again, and lose nothing.

A stopped server is worse than a dead one. The kernel goes on acknowledging for it, so no timeout of its own fires.
"""

from __future__ import annotations

import http.client
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.api.outage import LASTS
from tests.chaos.test_chaos import Books, assert_nothing_lost, drained, reconciled, say
from tests.portal import Letter, Portals, letters, request_for
from tests.stack import Stack, running

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SOURCES = {"website": 1, "lead_portal": 1}
ANSWER_WITHIN = 5.0  # seconds; the promise
AT_ONCE = 8  # as many as all threads of the two web processes
BURST = 22  # so that most queue behind those who wait


def send(stack: Stack, letter: Letter) -> tuple[int, str, float]:
    """Status, Retry-After, and seconds until the answer."""
    request = request_for(letter, secret=stack.secret_of(letter.source), now=datetime.now(UTC))
    caller = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    started = time.monotonic()
    try:
        caller.request("POST", request.path, body=request.body, headers=dict(request.headers))
        answer = caller.getresponse()
        answer.read()
        return answer.status, answer.getheader("Retry-After", ""), time.monotonic() - started
    finally:
        caller.close()


def test_a_database_that_hangs_is_503_within_seconds_and_afterwards_everything_is_accepted(tmp_path: Path) -> None:
    post = letters(SOURCES, count=30, rng=random.Random(1), now=datetime.now(UTC), repeated=0, late=0)
    with running(tmp_path / "stack") as (stack, servers), ThreadPoolExecutor(BURST) as senders:
        before = list(senders.map(lambda letter: send(stack, letter), post[:AT_ONCE]))
        assert [status for status, _, _ in before] == [200] * AT_ONCE

        with servers.postgresql.frozen():
            # Twice: the first round loses its connections, the second cannot make new ones.
            for _ in range(2):
                answers = list(senders.map(lambda letter: send(stack, letter), post[AT_ONCE : AT_ONCE + BURST]))
                slowest = max(seconds for _, _, seconds in answers)
                say(f"frozen: {[status for status, _, _ in answers]}, slowest {slowest:.1f} s")
                assert {(status, retry_after) for status, retry_after, _ in answers} == {(503, "5")}
                assert slowest < ANSWER_WITHIN
                time.sleep(1.5 * LASTS)  # else the next round is refused for what this one met

        portals = Portals(stack.port, {name: stack.secret_of(name) for name in SOURCES}, pace=20.0)
        portals.start(post)
        portals.wait(60)
        assert portals.told.refused == []
        assert len(portals.told.accepted) == len(post)

        books = Books(servers.postgresql.url)
        drained(books, within=120)
        counts = reconciled(stack)
        assert (counts["lost"], counts["in_progress"], counts["dead_letter"]) == (0, 0, 0)
        assert_nothing_lost(books, [portals.told.accepted])
