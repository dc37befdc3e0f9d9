"""`manage.py send_samples`: be every lead source at once, with invented people, through the real webhook.

Each sample is written as its sender writes, signed with the source's own secret, and sent over HTTP. Invariant: all
chance comes from the seed, which is printed, so that a run can be sent again.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import run_lock
from intake.api.authentication import Door, door
from intake.models import Source
from intake.signatures.base import Secret, SignedRequest, valid_secrets
from intake.sources import samples
from intake.sources.people import PEOPLE, person

# How long a sample is tried again when the answer is "not now", or a server fell silent; then it counts as refused.
PATIENCE_SECONDS = 30.0
# How long a Steward that is just starting is waited for.
STARTING_SECONDS = 10.0
PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 15.0
NOT_NOW = (429, 503)
PROGRESS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the webhook said: the HTTP status (0: nothing at all), and the outcome or the sentence."""

    status: int
    said: str


@dataclass(slots=True)
class Tally:
    """What became of one source's samples."""

    accepted: int = 0
    duplicate: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, answer: Answer) -> None:
        if answer.status == 200 and answer.said == "accepted":
            self.accepted += 1
        elif answer.status == 200 and answer.said == "duplicate":
            self.duplicate += 1
        else:
            self.refused[f"{answer.status or 'no answer'}: {answer.said}"] += 1

    @property
    def sent(self) -> int:
        return self.accepted + self.duplicate + self.refused.total()


class Wire:
    """One kept connection to the webhook's server, patient with a server that is just starting or has no time.

    Waited for once, not with every sample: a server that never answered ends the command, and one that fell silent
    is asked only once for each sample until it answers again.

    Args:
        url: where the server listens.
        starting: seconds that the first answer may take to come; 0 when there is no reason to expect one.
        say: tells people one line.
    """

    def __init__(
        self,
        url: str,
        *,
        starting: float = 0.0,
        say: Callable[[str], object] = print,
        wait: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE_SECONDS,
    ):
        self._url: SplitResult = urlsplit(url)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise CommandError(f"{url} is no address of a server. It reads like http://127.0.0.1:8000.")
        self._starting, self._say, self._wait, self._patience = starting, say, wait, patience
        self._open: http.client.HTTPConnection | None = None
        self._heard = self._silent = False

    def post(self, request: SignedRequest) -> Answer:
        """Send until there is an answer that stands. Sending again is safe: the webhook knows a repeat."""
        waited = 0.0
        while True:
            answer, pause = self._try(request)
            self._heard = self._heard or bool(answer.status)
            patience = self._starting if not self._heard else 0.0 if self._silent else self._patience
            if (answer.status and answer.status not in NOT_NOW) or waited >= patience:
                self._silent = not answer.status
                if not self._heard:
                    raise CommandError(
                        f"Nobody answers at {self._url.geturl()}, so nothing was sent. Start Steward with `make run`, "
                        "or say with --url where it listens; `make run` prints that address."
                    )
                return answer
            if not waited:
                self._say(f"Waiting for {self._url.geturl()} to answer.")
            pause = min(pause, patience - waited) or PAUSE_SECONDS
            self._wait(pause)
            waited += pause

    def _try(self, request: SignedRequest) -> tuple[Answer, float]:
        target = f"{self._url.path.rstrip('/')}{request.path}"
        if request.query:
            target += "?" + urlencode(request.query)
        try:
            if self._open is None:
                kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
                self._open = kind(str(self._url.hostname), self._url.port, timeout=TIMEOUT_SECONDS)
            self._open.request(request.method, target, request.body, dict(request.headers))
            response = self._open.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, f"The server does not answer ({type(error).__name__})."), PAUSE_SECONDS
        if response.will_close:
            self.close()
        after = response.headers.get("Retry-After", "")
        return Answer(response.status, _outcome(body)), float(after) if after.isdecimal() else PAUSE_SECONDS

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None


def _outcome(body: bytes) -> str:
    try:
        answer = json.loads(body)
        return str(answer.get("status") or answer.get("detail") or answer)
    except (ValueError, AttributeError):
        return body[:200].decode("utf-8", "replace")


class Command(BaseCommand):
    """Sends samples and says what became of them."""

    help = "Send correctly signed sample leads of every known sender through the webhook."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", default="all", help="a source's slug, or all")
        parser.add_argument("--count", type=int, default=3, help="samples of each source")
        parser.add_argument("--twice", action="store_true", help="send each one a second time, as portals do")
        parser.add_argument("--url", help="where Steward listens; by default where `make run` runs it")
        parser.add_argument("--seed", type=int, help="for the same people again; by default another each time")

    def handle(self, *args: Any, **options: Any) -> None:
        seed = options["seed"] if options["seed"] is not None else random.SystemRandom().randrange(10**6)
        running = run_lock.running_at()
        url = options["url"] or running or "http://127.0.0.1:8000"
        wire = Wire(url, starting=STARTING_SECONDS if url == running else 0.0, say=self._say)
        doors = self._doors(options["source"])
        somebody = random.Random(seed).randrange(PEOPLE)  # noqa: S311
        name = f"{person(somebody).first} {person(somebody).last}"
        self._say(
            f"Sending {options['count']} of each of {len(doors)} sources, seed {seed}; the first lead is {name}'s."
        )
        tallies: dict[str, Tally] = {opened.source.slug: Tally() for opened in doors}
        total = len(doors) * options["count"] * (2 if options["twice"] else 1)
        told = time.monotonic()
        for done, (slug, request) in enumerate(
            _requests(doors, options["count"], seed, somebody, twice=options["twice"])
        ):
            tallies[slug].count(wire.post(request))
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self._say(f"  {done + 1:,} of {total:,} sent")
        wire.close()
        self._tell(tallies)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _doors(self, wanted: str) -> list[Door]:
        known = set(samples.names())
        slugs = list(Source.objects.order_by("slug").values_list("slug", flat=True))
        if wanted != "all" and wanted not in slugs:
            raise CommandError(f"There is no source {wanted!r}. There are: {', '.join(slugs) or 'none'}.")
        chosen = [slug for slug in slugs if slug in known] if wanted == "all" else [wanted]
        if not chosen or chosen[0] not in known:
            raise CommandError(
                f"There are samples only of {', '.join(sorted(known))}, by the source's slug. "
                "Load the demo with: manage.py configure apply config/demo.yaml"
            )
        doors = [door(slug) for slug in chosen]
        closed = [opened.source.slug for opened in doors if not valid_secrets(opened.secrets, timezone.now())]
        if closed:
            raise CommandError(
                f"No secret is at hand to sign for {', '.join(closed)}. `manage.py run` makes the demo's; "
                "other secrets must be in this environment."
            )
        return doors

    def _tell(self, tallies: dict[str, Tally]) -> None:
        width = max(map(len, tallies))
        self.stdout.write(f"{'':{width}}  {'sent':>7}{'accepted':>10}{'duplicate':>11}{'refused':>9}")
        for slug, tally in tallies.items():
            refused = tally.refused.total()
            counts = f"{tally.sent:>7,}{tally.accepted:>10,}{tally.duplicate:>11,}{refused:>9,}"
            self.stdout.write(f"{slug:{width}}  {counts}")
            for sentence, times in tally.refused.items():
                self.stdout.write(f"{'':{width}}  {times:,} times {sentence}")
        refused = sum(tally.refused.total() for tally in tallies.values())
        if refused:
            raise CommandError(f"{refused:,} of {sum(tally.sent for tally in tallies.values()):,} were refused.")


def _requests(
    doors: list[Door], count: int, seed: int, somebody: int, *, twice: bool
) -> Iterator[tuple[str, SignedRequest]]:
    """Signed requests, source by turns. The first of every source is the same person, who should be one contact."""
    chances = {opened.source.slug: random.Random(f"{seed} {opened.source.slug}") for opened in doors}  # noqa: S311
    for number in range(count):
        for opened in doors:
            slug = opened.source.slug
            now = timezone.now()
            sample = samples.sample(slug, chances[slug], now, who=somebody if number == 0 else None)
            secret = valid_secrets(opened.secrets, now)[0]
            for _ in range(2 if twice else 1):
                yield slug, _signed(opened, sample, secret, timezone.now())


def _signed(opened: Door, sample: samples.Sample, secret: Secret, now: datetime) -> SignedRequest:
    unsigned = SignedRequest(
        method="POST",
        path=f"/hooks/{opened.source.slug}/",
        headers={"content-type": sample.content_type, "user-agent": "steward-samples"},
        query={},
        body=sample.body,
    )
    return opened.scheme.sign(
        unsigned, secret=secret, options=opened.source.scheme_options, now=now, event_id=sample.event_id
    )
