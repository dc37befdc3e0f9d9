"""Turn deliveries into items, and items into contacts, properties and leads.

Worked in batches: what is pure (decode, split, map, validate) first and outside the database; then one transaction
that locks the match keys, compares identities, resolves, and writes everything with its trail and audit entries.
Invariant: a delivery is split in the transaction that writes all its items, and an item is unique by source, record id
and version, so a batch that runs twice, or dies in the middle, leaves the same rows as one that ran once. What cannot
be used is kept as a dead letter with every reason in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from intake.dictionaries import published
from intake.mapping.decode import Unreadable, decode
from intake.mapping.engine import split
from intake.mapping.spec import MappingSpec
from intake.models import Delivery, MappingVersion, Source
from intake.services.absorb import Absorbed, Incoming, absorb, understand
from intake.signals import records_changed
from trail.leases import MAX_CRASHES, claim, database_now, release
from trail.transitions import LostRace, Move, apply_moves

log = structlog.get_logger("process")

# Long enough for the largest delivery on a slow machine; a dead worker's batch waits this long for another.
LEASE = timedelta(seconds=60)
# Small enough that a lead does not wait for nineteen others to be mapped, large enough to share the statements.
BATCH = 20


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
    # Whoever has killed a worker before is taken alone, so that it can harm nobody else's lead.
    suspects = [delivery for delivery in claimed if delivery.crashes]
    for delivery in suspects:
        if delivery.crashes >= MAX_CRASHES:
            _bury(
                delivery, "poison", f"Processing stopped the worker {delivery.crashes} times. Nothing of it was used."
            )
        else:
            _process_alone(delivery)
    calm = [delivery for delivery in claimed if not delivery.crashes]
    if calm:
        try:
            process_batch(calm)
        except OperationalError:
            release(calm)  # the database's trouble, not the deliveries'
            raise
        except Exception:  # noqa: BLE001 - one bad delivery must not hold the others; alone, it shows itself
            log.exception("batch_failed", deliveries=[str(delivery.public_id) for delivery in calm])
            for delivery in calm:
                _process_alone(delivery)
    return len(claimed)


def _process_alone(delivery: Delivery) -> None:
    """Process one delivery; a bug is logged and leaves its lease to run out, which counts as a crash."""
    try:
        process_batch([delivery])
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - reported here; the row is found again and becomes poison if it persists
        log.exception("delivery_failed", delivery=str(delivery.public_id))


def process_batch(deliveries: Iterable[Delivery]) -> Absorbed:
    """Process claimed deliveries in one transaction, then tell whoever listens that records changed."""
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
    with transaction.atomic():
        absorbed = absorb(incoming)
        won = apply_moves(
            Move(
                delivery,
                Delivery.State.SPLIT,
                "delivery.split",
                changes={
                    "repeats": absorbed.repeats[delivery.pk],
                    "error_code": "",
                    "error_message": "",
                    "lease_until": None,
                    "lease_token": None,
                },
                guard={"lease_token": delivery.lease_token},
                detail={"items": absorbed.items[delivery.pk], "repeats": absorbed.repeats[delivery.pk]},
            )
            for delivery in readable
        )
        if len(won) != len(readable):
            # A lease ran out under us: somebody else has the delivery now, and nothing of ours may stand.
            raise LostRace("a lease ran out while its delivery was processed")
    records_changed.send(
        sender=None,
        contact_ids=absorbed.contact_ids,
        property_ids=absorbed.property_ids,
        lead_ids=absorbed.lead_ids,
    )
    return absorbed


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
