"""Try a mapping draft on the records that came last, and write down what would be otherwise.

Invariant: no record, item, delivery or push is written, and nothing is asked for outside; all that is left is one
DryRun row. The code that maps is the code that maps leads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import transaction

from intake.dictionaries import published
from intake.mapping.difference import Difference, Understood
from intake.mapping.document import MappingInvalid
from intake.mapping.engine import content_hash
from intake.mapping.spec import MappingSpec
from intake.models import DryRun, MappingVersion
from intake.services.read_again import last_deliveries, read, records_of
from trail.record import Actor, record

# A board's feed may hold thousands of records in one payload, so both are bounded.
PAYLOADS = 1000
RECORDS = 1000


class CannotDryRun(Exception):
    """The draft has problems; the message lists each with its place and the fix."""


def dry_run(mapping_id: int, *, by: Actor) -> DryRun:
    """Compare what a draft and the published version make of the last records of their source.

    Raises:
        CannotDryRun: the draft cannot be used as it is.
    """
    started = time.monotonic()
    mapping = MappingVersion.objects.select_related("source").get(pk=mapping_id)
    try:
        spec = mapping.compiled()
    except MappingInvalid as error:
        raise CannotDryRun(str(error)) from error
    base, base_spec = published([mapping.source_id]).get(mapping.source_id, (None, None))
    difference = Difference()
    for name, old, new in _both_ways(mapping.source_id, base_spec, spec):
        difference.add(name, old, new)
    with transaction.atomic():
        run = DryRun.objects.create(
            mapping=mapping,
            content_hash=tried_hash(mapping, spec),
            base=base,
            result=difference.counts(),
            samples=difference.samples,
            milliseconds=round((time.monotonic() - started) * 1000),
            created_by=by.name,
        )
        record(mapping, "mapping.tried", by=by, detail={"records": difference.records, "stopped": difference.stopped})
    return run


def tried_hash(mapping: MappingVersion, spec: MappingSpec) -> str:
    """What was tried, in one word: the draft's content and the versions of its normalizers."""
    return content_hash({"document": mapping.document(), "normalizers": spec.normalizers})


def _both_ways(
    source_id: int, old: MappingSpec | None, new: MappingSpec
) -> Iterator[tuple[str, Understood | None, Understood | None]]:
    count = 0
    for delivery in last_deliveries(source_id, PAYLOADS):
        before = records_of(delivery, old) if old else []
        after = records_of(delivery, new)
        for position in range(max(len(before), len(after))):
            if count == RECORDS:
                return
            count += 1
            yield (
                f"{delivery.public_id}/{position}",
                read(before[position], old).understood if old and position < len(before) else None,
                read(after[position], new).understood if position < len(after) else None,
            )
