"""Lead sources as they behave: they sign, send, and send again until they are told that it arrived.

Invariant: what a portal was told is `accepted` is remembered, and nothing else is; that is what may never be lost.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from intake.signatures.base import Secret, SignedRequest
from intake.signatures.registry import scheme
from intake.sources.presets import preset
from intake.sources.samples import Sample, sample

# A real sender waits longer; what is tested here is what happens when it comes back.
FIRST_WAIT, LONGEST_WAIT = 0.2, 3.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery to send. `repeats`: it was sent before, by a sender that is not sure."""

    source: str
    sample: Sample
    repeats: bool = False


@dataclass(slots=True)
class Told:
    """What portals were told."""

    accepted: dict[str, Letter] = field(default_factory=dict)  # by the delivery's public id
    refused: list[tuple[int, str]] = field(default_factory=list)  # a 4xx: would be a lost lead
    duplicates: int = 0
    retries: int = 0
    milliseconds: list[float] = field(default_factory=list)


def letters(
    sources: Mapping[str, int],
    *,
    count: int,
    rng: random.Random,
    now: datetime,
    repeated: float = 0.2,
    late: float = 0.1,
) -> list[Letter]:
    """Deliveries in the order they are sent.

    Args:
        sources: how often each sender writes, as weights.
        count: different deliveries.
        rng: all chance.
        now: the newest of them was made then, the others in the hour before.
        repeated: share that is sent once more, some time later.
        late: share that arrives after younger ones.
    """
    names = rng.choices(list(sources), list(sources.values()), k=count)
    # Whole seconds apart, since that is how most senders write the time.
    ordered: list[tuple[float, Letter]] = [
        (n, Letter(name, sample(name, rng, now - timedelta(seconds=2 * (count - n))))) for n, name in enumerate(names)
    ]
    placed = [(n + rng.uniform(5, 60) if rng.random() < late else n, letter) for n, letter in ordered]
    again = [
        (n + rng.uniform(1, 100), Letter(letter.source, letter.sample, repeats=True))
        for n, letter in rng.sample(placed, round(count * repeated))
    ]
    return [letter for _, letter in sorted([*placed, *again], key=lambda pair: pair[0])]


@cache
def _preset(source: str) -> dict[str, Any]:
    return preset(source)


def request_for(letter: Letter, *, secret: str, now: datetime) -> SignedRequest:
    """The signed HTTP request of a letter, as its sender would write it at `now`."""
    settings = _preset(letter.source)
    unsigned = SignedRequest(
        method="POST",
        path=f"/hooks/{letter.source}/",
        headers={"content-type": letter.sample.content_type},
        query={},
        body=letter.sample.body,
    )
    return scheme(settings["scheme"]).sign(
        unsigned,
        secret=Secret("main", secret.encode()),
        options=settings["scheme_options"],
        now=now,
        event_id=letter.sample.event_id,
    )


class Portals:
    """Sends letters with a few threads, at a pace, until each is accepted.

    Args:
        port: of the web server.
        secrets: each source's secret.
        pace: letters a second, all threads together.
    """

    def __init__(self, port: int, secrets: Mapping[str, str], *, pace: float, threads: int = 8) -> None:
        self.told = Told()
        self._port, self._secrets, self._pace = port, secrets, pace
        self._threads = threads
        self._lock = threading.Lock()
        self._queue: deque[tuple[float, Letter]] = deque()
        self._running: list[threading.Thread] = []
        self._gave_up = threading.Event()
        self._failure: Exception | None = None

    def start(self, post: list[Letter]) -> None:
        """Begin sending."""
        begin = time.monotonic()
        self._queue.extend((begin + n / self._pace, letter) for n, letter in enumerate(post))
        self._running = [threading.Thread(target=self._work, daemon=True) for _ in range(self._threads)]
        for thread in self._running:
            thread.start()

    def wait(self, patience: float) -> None:
        """Until everything is accepted.

        Raises:
            AssertionError: some of it is still not accepted after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        for thread in self._running:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = sum(thread.is_alive() for thread in self._running)
        self._gave_up.set()
        if self._failure is not None:
            raise self._failure
        assert not left, f"{len(self._queue) + left} letters were still not accepted after {patience:g} s"

    @property
    def done(self) -> bool:
        return not any(thread.is_alive() for thread in self._running)

    def _work(self) -> None:
        caller = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        try:
            while not self._gave_up.is_set():
                with self._lock:
                    if not self._queue:
                        return
                    due, letter = self._queue.popleft()
                time.sleep(max(0.0, due - time.monotonic()))
                self._deliver(caller, letter)
        except Exception as error:  # noqa: BLE001 - told by `wait`, on the test's own thread
            self._failure = error
        finally:
            caller.close()

    def _deliver(self, caller: http.client.HTTPConnection, letter: Letter) -> None:
        wait = FIRST_WAIT
        while not self._gave_up.is_set():
            started = time.monotonic()
            status, answer = self._try(caller, letter)
            took = (time.monotonic() - started) * 1000
            with self._lock:
                if status == 200:
                    self.told.milliseconds.append(took)
                    self.told.duplicates += answer["status"] == "duplicate"
                    self.told.accepted.setdefault(answer["delivery"], letter)
                    return
                if 400 <= status < 500:
                    self.told.refused.append((status, str(answer)))
                    return
                self.told.retries += 1
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def _try(self, caller: http.client.HTTPConnection, letter: Letter) -> tuple[int, dict[str, str]]:
        request = request_for(letter, secret=self._secrets[letter.source], now=datetime.now(UTC))
        try:
            caller.request("POST", request.path, body=request.body, headers=dict(request.headers))
            answer = caller.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if answer.status == 200 else {"body": raw.decode(errors="replace")}
        except (OSError, http.client.HTTPException):
            caller.close()
            return 0, {}
