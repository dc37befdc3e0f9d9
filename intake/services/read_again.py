"""Read kept deliveries again: what any dictionary makes of the raw bytes, by the code that maps leads.

Invariant: reads only, and never raises for what a delivery holds; one that cannot be read has no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intake.mapping.decode import Unreadable, decode
from intake.mapping.difference import Understood, understood
from intake.mapping.engine import Mapped, RawItem, apply, split
from intake.mapping.spec import MappingSpec
from intake.models import Delivery
from intake.records import CleanRecord, build
from intake.services.resolve import match_keys


@dataclass(frozen=True, slots=True)
class Reading:
    """One record as a dictionary reads it; `clean` is None where it could not be used."""

    mapped: Mapped
    clean: CleanRecord | None
    understood: Understood


def last_deliveries(source_id: int, limit: int) -> Iterator[Delivery]:
    """The deliveries that came last from a source and were not thrown away, the newest first."""
    kept = Delivery.objects.filter(source_id=source_id).exclude(state=Delivery.State.DISCARDED)
    return kept.only("pk", "public_id", "body", "content_type", "received_at").order_by("-pk")[:limit].iterator(50)


def records_of(delivery: Delivery, spec: MappingSpec) -> list[RawItem]:
    """The records in it as this dictionary finds them; none where it cannot be read."""
    try:
        return split(decode(bytes(delivery.body), delivery.content_type, spec.decode), spec)
    except Unreadable:
        return []


def read(raw: RawItem, spec: MappingSpec) -> Reading:
    """What a dictionary makes of one record, with the keys by which it would be matched and known."""
    mapped = apply(spec, raw.record)
    built = build(spec.kind, mapped.plain())
    if not isinstance(built, CleanRecord):
        return Reading(mapped, None, understood(mapped, built, ()))
    keys = match_keys(built)
    if raw.record_id:
        keys.append(f"id:{raw.record_id}")
    return Reading(mapped, built, understood(mapped, built, keys))
