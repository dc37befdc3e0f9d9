"""Turn deliveries into items, and items into contacts, properties and leads.

Worked in batches: what is pure (decode, split, map, validate) first and outside the database; then one transaction
that locks the match keys, compares identities, resolves, and writes everything with its trail and audit entries.
Invariant: a delivery is split in the transaction that writes its last items, and an item is unique by source, record id
and version, so a batch that runs twice, or dies in the middle, leaves the same rows as one that ran once. What cannot
be used is kept as a dead letter with every reason in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from intake.dictionaries import published
from intake.mapping.decode import Unreadable, decode
from intake.mapping.engine import split
from intake.mapping.spec import MappingSpec
from intake.models import Delivery, MappingVersion, Source
from intake.services.absorb import Absorbed, Incoming, absorb, understand
from intake.signals import records_changed
from trail.leases import MAX_CRASHES, RELEASED, claim, database_now, release
from trail.transitions import LostRace, Move, apply_moves

log = structlog.get_logger("process")

# Long enough for one part on a slow machine; a dead worker's batch waits this long for another.
LEASE = timedelta(seconds=60)
# Small enough that a lead does not wait for nineteen others to be mapped, large enough to share the statements.
BATCH = 50
# Bytes of a batch: a feed of thousands of records is taken alone, for it needs its worker's whole lease.
BATCH_BYTES = 256 * 1024
# Records written in one transaction. More would hold SQLite's one write lock, and match keys, for too long.
PART = 500
# How long deliveries rest that met a database in trouble.
PUT_OFF = timedelta(seconds=5)


def drain(*, limit: int = BATCH, now: datetime | None = None) -> int:
    """Process what is due, batch by batch, until nothing is.

    Returns:
        How many deliveries were taken up.
    """
    total = 0
    while taken := _drain_once(limit, now or database_now()):
        total += taken
    return total


def _drain_once(limit: int, now: datetime) -> int:
    waiting = (
        Delivery.objects.filter(state=Delivery.State.RECEIVED, source__state=Source.State.ACTIVE)
        .select_related("source")
        .order_by("next_attempt_at")
    )
    claimed = claim(waiting, limit=limit, lease=LEASE, now=now)
    mine = _together(claimed)
    release(claimed[len(mine) :])
    process_claimed(mine)
    return len(mine)


def process_claimed(mine: list[Delivery]) -> None:
    """Process deliveries that share the caller's lease; one of them that fails for a bug holds back no other."""
    if mine and mine[0].crashes >= MAX_CRASHES:
        crashes = mine[0].crashes
        _bury(mine[0], "poison", f"Processing stopped the worker {crashes} times. It is held until a person looks.")
    elif len(mine) == 1:
        _process_alone(mine[0])
    elif mine:
        _process_together(mine)


def _together(claimed: list[Delivery]) -> list[Delivery]:
    """The first of these that may share one worker's lease.

    Whoever has killed a worker before is taken alone, so that it can harm nobody else's lead; so is what is large.
    """
    mine: list[Delivery] = []
    size = 0
    for delivery in claimed:
        size += len(delivery.body)
        if mine and (delivery.crashes or mine[0].crashes or size > BATCH_BYTES):
            break
        mine.append(delivery)
    return mine


def _process_together(deliveries: list[Delivery]) -> None:
    """Process what shares a lease; where that fails for a bug, each of them alone, so that the bad one shows itself."""
    token = deliveries[0].lease_token
    try:
        process_batch(deliveries)
    except OperationalError:
        _put_off(deliveries, token)
        raise
    except Exception:  # noqa: BLE001 - one bad delivery must not hold the others
        log.exception("batch_failed", deliveries=[str(delivery.public_id) for delivery in deliveries])
        # As they stand in the database: what the batch changed in memory was rolled back there.
        ours = Delivery.objects.filter(pk__in=[one.pk for one in deliveries], lease_token=token)
        for delivery in ours.filter(state=Delivery.State.RECEIVED).select_related("source"):
            _process_alone(delivery)


def _process_alone(delivery: Delivery) -> None:
    """Process one delivery; a bug is logged and leaves its lease to run out, which counts as a crash."""
    token = delivery.lease_token
    try:
        process_batch([delivery])
    except OperationalError:
        _put_off([delivery], token)
        raise
    except Exception:  # noqa: BLE001 - reported here; the row is found again and becomes poison if it persists
        log.exception("delivery_failed", delivery=str(delivery.public_id))


def _put_off(deliveries: list[Delivery], token: int | None) -> None:
    """The database's trouble, not the deliveries': no crash is counted, and what can be processed goes first."""
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries], lease_token=token).update(
        next_attempt_at=Now() + PUT_OFF, **RELEASED
    )


def process_batch(deliveries: Iterable[Delivery]) -> Absorbed:
    """Process claimed deliveries, and tell whoever listens that records changed."""
    deliveries = list(deliveries)
    dictionaries = published(delivery.source_id for delivery in deliveries)
    incoming: list[Incoming] = []
    readable: list[Delivery] = []
    for delivery in deliveries:
        if delivery.source_id not in dictionaries:
            _bury(
                delivery, "no_mapping", f"{delivery.source.name} has no published mapping. Publish one, then redrive."
            )
            continue
        version, spec = dictionaries[delivery.source_id]
        try:
            incoming.extend(_read(delivery, version, spec))
            readable.append(delivery)
        except Unreadable as error:
            _bury(delivery, error.code, f"{error} Its bytes are kept. Mend the source or its mapping, then redrive.")
    absorbed = Absorbed()
    # A feed of thousands is written part by part, each part a renewed lease; should the worker die between two of
    # them, the next one finds its items as ours and goes on. The last part splits the deliveries.
    last = max(len(incoming) - 1, 0) // PART * PART
    for start in range(0, last, PART):
        with transaction.atomic():
            _renew(readable)
            part = absorb(incoming[start : start + PART])
        absorbed.add(part)
        _tell(part)
    with transaction.atomic():
        part = absorb(incoming[last:])
        absorbed.add(part)
        _finish(readable, absorbed)
    _tell(part)
    return absorbed


def _renew(deliveries: list[Delivery]) -> None:
    """Hold the deliveries for another lease.

    Raises:
        LostRace: one of them is somebody else's by now.
    """
    ours = Delivery.objects.filter(
        pk__in=[one.pk for one in deliveries], lease_token=deliveries[0].lease_token, state=Delivery.State.RECEIVED
    )
    if ours.update(lease_until=Now() + LEASE) != len(deliveries):
        raise LostRace("a lease ran out while its delivery was processed")


def _finish(deliveries: list[Delivery], absorbed: Absorbed) -> None:
    """Mark the deliveries as split.

    Raises:
        LostRace: one of them is somebody else's by now, and nothing of ours may stand.
    """
    won = apply_moves(
        Move(
            delivery,
            Delivery.State.SPLIT,
            "delivery.split",
            changes={"repeats": absorbed.repeats[delivery.pk], "error_code": "", "error_message": "", **RELEASED},
            guard={"lease_token": delivery.lease_token},
            detail={"items": absorbed.items[delivery.pk], "repeats": absorbed.repeats[delivery.pk]},
        )
        for delivery in deliveries
    )
    if len(won) != len(deliveries):
        raise LostRace("a lease ran out while its delivery was processed")


def _tell(absorbed: Absorbed) -> None:
    records_changed.send(
        sender=None,
        contact_ids=absorbed.contact_ids,
        property_ids=absorbed.property_ids,
        lead_ids=absorbed.lead_ids,
    )


def _read(delivery: Delivery, version: MappingVersion, spec: MappingSpec) -> list[Incoming]:
    """Decode, split, map and validate: all that needs no database."""
    payload = decode(bytes(delivery.body), delivery.content_type, spec.decode)
    raw_items = split(payload, spec)
    if not raw_items:
        raise Unreadable("no_items", "The mapping finds no record in this delivery.")
    return [understand(delivery, raw, version, spec) for raw in raw_items]


def _bury(delivery: Delivery, code: str, message: str) -> None:
    try:
        delivery.bury(code=code, message=message)
    except LostRace:
        log.info("bury_lost_race", delivery=str(delivery.public_id))
