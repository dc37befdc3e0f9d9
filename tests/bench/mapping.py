"""How long the mapping screens keep people waiting, and how long a whole source takes to be normalized again.

    python -m tests.bench.mapping [--payloads 1000] [--records 10000]

On SQLite, in a database of its own, with the samples of the website preset. One JSON line per figure: name, value,
unit, limit, met. Exit code 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

DIRECTORY = tempfile.mkdtemp(prefix="steward-bench-mapping-")
os.environ["STEWARD_VAR"] = DIRECTORY
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only-for-the-bench-" + "x" * 40)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

settings.BELLS = False

from intake.models import MappingVersion, Source  # noqa: E402
from intake.services import process  # noqa: E402
from intake.services.dry_run import dry_run  # noqa: E402
from intake.services.publish_mapping import fill, new_draft, publish  # noqa: E402
from intake.services.receive import receive  # noqa: E402
from intake.sources.presets import preset  # noqa: E402
from intake.sources.samples import sample  # noqa: E402
from trail.record import STEWARD  # noqa: E402

DRY_RUN_LIMIT_S = 5.0


def tell(name: str, value: float, unit: str, limit: float | None) -> bool:
    """Print one figure; whether it keeps its limit."""
    met = limit is None or value <= limit
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "limit": limit, "met": met}), flush=True)
    return met


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def published_source(slug: str) -> Source:
    """A source of the website's kind, whose dictionary is the preset's."""
    source = Source.objects.create(slug=slug, name=slug, scheme="standard_webhooks")
    draft = new_draft(source, by=STEWARD)
    fill(draft, preset("website")["mapping"])
    dry_run(draft.pk, by=STEWARD)
    publish(draft.pk, by=STEWARD, reason="bench")
    return source


def send(source: Source, count: int) -> None:
    """Let a source send that many leads of different people, and process them."""
    rng, now = random.Random(7), datetime.now(UTC)
    for number in range(count):
        one = sample("website", rng, now, who=number)
        receive(source, one.body, content_type=one.content_type, event_id=f"{source.slug}-{number}")
    while process.drain():
        pass


def changed_draft(source: Source) -> MappingVersion:
    """A draft that reads one more path and another field otherwise."""
    document: dict[str, Any] = preset("website")["mapping"]
    rules = [rule for rule in document["fields"] if rule["to"] not in ("contact.language", "lead.financing")]
    rules += [
        {"to": "contact.language", "constant": "English"},
        {"to": "lead.source_detail", "first_of": ["utm_source"]},
        {"to": "lead.financing", "first_of": ["financing", "preferred_contact"], "concat": ", "},
    ]
    draft = new_draft(source, by=STEWARD)
    fill(draft, {**document, "fields": rules})
    return draft


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mapping")
    parser.add_argument("--payloads", type=int, default=1000)
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    met = True
    source = published_source("bench")
    send(source, chosen.payloads)
    draft = changed_draft(source)
    runs = sorted(timed(lambda: dry_run(draft.pk, by=STEWARD)) for _ in range(3))
    met &= tell(f"dry run of {chosen.payloads:,} payloads", runs[1], "s", DRY_RUN_LIMIT_S)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
