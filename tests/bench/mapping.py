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
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

settings.BELLS = False
settings.ALLOWED_HOSTS = ["testserver"]

from intake.models import Contact, MappingVersion, Source  # noqa: E402
from intake.services import process  # noqa: E402
from intake.services.dry_run import dry_run  # noqa: E402
from intake.services.publish_mapping import fill, new_draft, publish, roll_back  # noqa: E402
from intake.services.receive import receive  # noqa: E402
from intake.services.renormalize import apply_difference, begin, drain  # noqa: E402
from intake.sources.presets import preset  # noqa: E402
from intake.sources.samples import sample  # noqa: E402
from trail.record import STEWARD  # noqa: E402

DRY_RUN_LIMIT_S = 5.0
PREVIEW_LIMIT_MS = 300.0


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


def preview_times(draft: MappingVersion, times: int = 21) -> list[float]:
    """Milliseconds of whole preview requests, as the editor sends them."""
    user = User.objects.create_superuser("bench", password="bench")
    client = Client()
    client.force_login(user)
    page = client.get(f"/admin/intake/mappingversion/{draft.pk}/edit/").context
    data: dict[str, Any] = {"shown": page["shown"], "everything": "on"}
    for form in [page["dictionary"].reading, page["dictionary"].rules.management_form, *page["dictionary"].rules.forms]:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = "\n".join(value) if isinstance(value, list) else value

    def ask() -> None:
        answer = client.post(f"/admin/intake/mappingversion/{draft.pk}/preview/", data)
        if answer.status_code != 200 or len(answer.context["records"]) != 5:
            raise SystemExit("the preview does not show five records")

    return sorted(timed(ask) * 1000 for _ in range(times))


def normalize_again(count: int) -> None:
    """Publish, normalize `count` records again, roll back, normalize them again; a person's edit stays."""
    source = published_source("again")
    send(source, count)
    first = source.mappings.get(number=1)
    document: dict[str, Any] = preset("website")["mapping"]
    swapped = {"contact.first_name": ["last_name"], "contact.last_name": ["first_name"]}
    rules = [{**rule, "first_of": swapped.get(rule["to"], rule.get("first_of", []))} for rule in document["fields"]]
    second = new_draft(source, by=STEWARD)
    fill(second, {**document, "fields": rules})
    items = source.items.exclude(contact=None)
    edited = Contact.objects.get(pk=items.values_list("contact", flat=True)[count // 2])
    person = {**edited.provenance["first_name"], "origin": "person", "by": "dana"}
    Contact.objects.filter(pk=edited.pk).update(
        first_name="Edited", provenance={**edited.provenance, "first_name": person}
    )
    before = dict(Contact.objects.filter(items__source=source).values_list("pk", "first_name"))
    dry_run(second.pk, by=STEWARD)
    publish(second.pk, by=STEWARD, reason="bench")
    for version, name in ((second, "after publishing"), (first, "after rolling back")):
        if version == first:
            roll_back(first.pk, by=STEWARD)
        run = begin(version.pk, by=STEWARD)
        compare = timed(lambda: drain(seconds=3600))
        apply_difference(run.pk, by=STEWARD, reason="bench")
        change = timed(lambda: drain(seconds=3600))
        run.refresh_from_db()
        edited.refresh_from_db()
        if run.state != "done" or run.unreproduced or edited.first_name != "Edited":
            raise SystemExit(f"the run did not end well: {run.state}, {run.unreproduced}, {edited.first_name}")
        tell(f"compare {run.total:,} past records {name}", compare, "s", None)
        tell(
            f"apply {name}: {run.applied['changed']:,} records, {run.applied['contacts']:,} contacts",
            change,
            "s",
            None,
        )
    if dict(Contact.objects.filter(items__source=source).values_list("pk", "first_name")) != before:
        raise SystemExit("publishing and rolling back did not give the same contacts again")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mapping")
    parser.add_argument("--payloads", type=int, default=1000, help="of the dry run")
    parser.add_argument("--records", type=int, default=10_000, help="to normalize again; 0 leaves it out")
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0)
    setup_test_environment()  # so that a page tells what its form holds
    met = True
    source = published_source("bench")
    send(source, chosen.payloads)
    draft = changed_draft(source)
    runs = sorted(timed(lambda: dry_run(draft.pk, by=STEWARD)) for _ in range(3))
    met &= tell(f"dry run of {chosen.payloads:,} payloads", runs[1], "s", DRY_RUN_LIMIT_S)
    times = preview_times(draft)
    met &= tell("preview of 5 payloads, median", times[len(times) // 2], "ms", PREVIEW_LIMIT_MS)
    met &= tell("preview of 5 payloads, slowest of 21", times[-1], "ms", PREVIEW_LIMIT_MS)
    if chosen.records:
        normalize_again(chosen.records)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
