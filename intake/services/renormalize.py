"""Normalize past records again from their raw bytes, under any version of their source's mapping.

First the difference is shown; a person applies it. Invariant: batches of items, each one transaction with the run's
position under a lease, so that a killed worker's run goes on where it was and nothing is done twice. A field changes
only as its owner order allows, so what a person edited stays; only records whose values changed get a new revision,
and only those are pushed. A record that could no longer be used, or would be matched by other keys, stays as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from intake.dictionaries import compiled
from intake.locks import lock_keys
from intake.mapping.difference import Difference, Understood
from intake.mapping.engine import Mapped, RawItem, output_hash
from intake.mapping.spec import MappingSpec
from intake.models import Item, Lead, MappingVersion, Renormalization
from intake.records import CleanRecord
from intake.services.absorb import lead_columns, provenance_of, shown_values
from intake.services.read_again import Reading, read, records_of
from intake.services.resolve import Resolver, match_keys
from intake.signals import records_changed
from trail.bell import ring
from trail.leases import MAX_CRASHES, claim, database_now, release
from trail.record import STEWARD, Actor, entry, record, write
from trail.transitions import LostRace

BATCH = 100
LEASE = timedelta(seconds=60)
# How long one call of `drain` works before it gives the worker back to leads.
SECONDS = 20.0
TASK = "intake.tasks.normalize_again"


class CannotRenormalize(Exception):
    """It cannot be begun or applied; the message says why. Nothing changed."""


@dataclass(slots=True)
class _Again:
    """One item, as its own version and as the run's version read it; None where that version does not find it.

    reproduced: does its own version give the hash that was stored? True where none was.
    """

    item: Item
    old: Reading | None
    new: Reading | None
    reproduced: bool

    @property
    def name(self) -> str:
        return f"{self.item.delivery.public_id}/{self.item.position}"

    @property
    def sides(self) -> tuple[Understood | None, Understood | None]:
        return self.old.understood if self.old else None, self.new.understood if self.new else None


def begin(mapping_id: int, *, by: Actor) -> Renormalization:
    """Begin to compare what a version would make of the past records of its source.

    Raises:
        CannotRenormalize: it is a draft, or another run of this source is not finished.
    """
    mapping = MappingVersion.objects.select_related("source").get(pk=mapping_id)
    if mapping.state == MappingVersion.State.DRAFT:
        raise CannotRenormalize("A draft may still change. Publish it first; a dry run shows what it would do.")
    items = _items(mapping.source_id)
    newest = items.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        with transaction.atomic():
            run = Renormalization.objects.create(
                source=mapping.source,
                mapping=mapping,
                last_item=newest,
                total=items.count(),
                result=Difference().counts(),
                created_by=by.name,
            )
            record(run, "renormalization.begun", by=by, detail={"mapping": str(mapping), "items": run.total})
            ring(TASK)
    except IntegrityError as error:
        raise CannotRenormalize(
            f"Another run over the records of {mapping.source.name} is not finished. Apply or stop it first."
        ) from error
    return run


def apply_difference(run_id: int, *, by: Actor, reason: str = "") -> None:
    """Let a compared run change the records."""
    with transaction.atomic():
        Renormalization.objects.get(pk=run_id).start_applying(by=by, reason=reason)
        ring(TASK)


def drain(*, seconds: float = SECONDS) -> int:
    """Work on one run for a while; whoever is rung next goes on.

    Returns:
        How many items were worked.
    """
    waiting = Renormalization.objects.filter(state__in=Renormalization.WORKING).select_related("source", "mapping")
    claimed = claim(waiting.order_by("next_attempt_at", "pk"), limit=1, lease=LEASE, now=database_now())
    if not claimed:
        return 0
    [run] = claimed
    if run.crashes >= MAX_CRASHES:
        run.stop(reason=f"It stopped {run.crashes} workers after item {run.position}. Tell your developer.")
        return 0
    end, total = time.monotonic() + seconds, 0
    try:
        while run.state in Renormalization.WORKING and (not total or time.monotonic() < end):
            total += _work_batch(run)
    except LostRace:
        return total  # somebody stopped it, or has taken it over; what this worker had not written is not written
    release([run])
    if run.state in Renormalization.WORKING:
        ring(TASK)
    return total


def _work_batch(run: Renormalization) -> int:
    items = list(
        _items(run.source_id)
        .filter(pk__gt=run.position, pk__lte=run.last_item)
        .select_related("delivery", "mapping__source")
        .order_by("pk")[:BATCH]
    )
    if not items:
        run.compared() if run.state == Renormalization.State.COMPARING else run.finish()
        return 0
    again = _read_again(items, compiled(run.mapping))
    if run.state == Renormalization.State.COMPARING:
        with transaction.atomic():
            difference = Difference.resumed(run.result, run.samples)
            differing = sum([difference.add(one.name, *one.sides) for one in again])
            _advance(
                run,
                items,
                result=difference.counts(),
                samples=difference.samples,
                differing=run.differing + differing,
                unreproduced=run.unreproduced + sum(not one.reproduced for one in again),
            )
        return len(items)
    with transaction.atomic():
        done, resolver = _apply_batch(run, again)
        done.update(contacts=len(resolver.changed_contacts), properties=len(resolver.changed_properties))
        _advance(run, items, applied=dict(Counter(run.applied) + done))
    records_changed.send(
        sender=None,
        contact_ids=resolver.changed_contacts,
        property_ids=resolver.changed_properties,
        lead_ids=[],
    )
    return len(items)


def _advance(run: Renormalization, items: list[Item], **columns: Any) -> None:
    """Note how far the run has come, and hold it for another lease.

    Raises:
        LostRace: it is somebody else's by now, or was stopped; the caller's transaction must not stand.
    """
    # It moves forward, so it is not this run that kills workers.
    columns |= {"position": items[-1].pk, "worked": run.worked + len(items), "crashes": 0}
    mine = Renormalization.objects.filter(pk=run.pk, lease_token=run.lease_token, state=run.state)
    if not mine.update(lease_until=Now() + LEASE, **columns):
        raise LostRace("the run is somebody else's by now")
    for name, value in columns.items():
        setattr(run, name, value)


def _items(source_id: int) -> Any:
    """The items that became a record. Dead letters of intake are redriven instead, and what was erased is gone."""
    became = Q(contact__isnull=False) | Q(property__isnull=False)
    kept = Item.objects.filter(became, source_id=source_id)
    return kept.exclude(state__in=[Item.State.ERASED, Item.State.MERGED, Item.State.DISCARDED])


def _read_again(items: Iterable[Item], spec: MappingSpec) -> list[_Again]:
    """Read each item's record by its own version and by `spec`; a delivery of many is split once by each."""
    split: dict[tuple[int, int | None], list[RawItem]] = {}

    def reading(item: Item, by: MappingSpec, version: int | None) -> Reading | None:
        key = (item.delivery_id, version)
        if key not in split:
            split[key] = records_of(item.delivery, by)
        return read(split[key][item.position], by) if item.position < len(split[key]) else None

    again = []
    for item in items:
        old = reading(item, compiled(item.mapping), item.mapping_id) if item.mapping else None
        given = output_hash(old.mapped) if old else None
        again.append(_Again(item, old, reading(item, spec, None), item.output_hash in (None, given)))
    return again


def _apply_batch(run: Renormalization, again: list[_Again]) -> tuple[Counter[str], Resolver]:
    """Write what differs; call it inside a transaction."""
    done: Counter[str] = Counter()
    ready: list[tuple[Item, Mapped, CleanRecord]] = []
    for one in again:
        if one.new is None or one.new.clean is None or one.new.understood.stops:
            done["kept"] += 1
        elif one.old is None or one.old.understood.keys != one.new.understood.keys:
            done["rekeyed"] += 1
        elif output_hash(one.new.mapped) != one.item.output_hash or one.item.mapping_id != run.mapping_id:
            ready.append((one.item, one.new.mapped, one.new.clean))
    lock_keys(key for _, _, clean in ready for key in match_keys(clean))
    still = set(
        _items(run.source_id)
        .filter(pk__in=[item.pk for item, _, _ in ready])
        .select_for_update(of=("self",))
        .values_list("pk", flat=True)
    )
    ready = [one for one in ready if one[0].pk in still]
    resolver = Resolver(clean for _, _, clean in ready)
    leads = {lead.item_id: lead for lead in Lead.objects.filter(item__in=still)}
    items, changed_leads = [], []
    for item, mapped, clean in ready:
        said = provenance_of(item.delivery, item.position, run.source.origin, run.mapping, item.occurred_at, mapped)
        if clean.contact and item.contact_id and resolver.again(item.contact_id, clean.contact, said) is None:
            done["rekeyed"] += 1  # its contact no longer has any of these keys
            continue
        home = resolver.property(clean.property, said) if clean.property and item.property_id else None
        lead = leads.get(item.pk)
        if lead and clean.lead:
            facts = clean.property if home is None else None
            columns = lead_columns(clean.lead, facts)
            if any(getattr(lead, name) != value for name, value in columns.items()):
                for name, value in columns.items():
                    setattr(lead, name, value)
                changed_leads.append(lead)
        done["changed"] += item.output_hash != output_hash(mapped)
        item.values, item.unmapped = shown_values(mapped), mapped.unmapped
        item.mapping, item.output_hash = run.mapping, output_hash(mapped)
        items.append(item)
    entries = resolver.save(STEWARD)
    Item.objects.bulk_update(items, ["values", "unmapped", "mapping", "output_hash"])
    if changed_leads:
        Lead.objects.bulk_update(changed_leads, list(columns))
    detail = {"mapping": str(run.mapping), "run": run.pk}
    write([*entries, *(entry(item, "item.renormalized", detail=detail) for item in items)])
    return done, resolver


def unfinished(source_id: int) -> Renormalization | None:
    """The run of this source that waits for work or for a person, if there is one."""
    ended = [Renormalization.State.DONE, Renormalization.State.STOPPED]
    return Renormalization.objects.filter(source_id=source_id).exclude(state__in=ended).first()
