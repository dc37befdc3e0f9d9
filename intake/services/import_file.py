"""Import files: each row becomes a delivery of the file's source and goes the way of every lead.

Worked in batches: a batch of rows is stored as deliveries that this worker holds by lease, processed at once by the
code that processes webhooks, and then the import moves forward by that many rows, in one guarded write. Invariant: a
row is a delivery by its source and content, so whoever dies in the middle of a batch is followed by somebody who finds
the same deliveries and counts them as this import's own; a row that was there before is a repeat and changes nothing.

Leads that arrive by webhook do not wait behind a file: its rows are never left in the queue.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.db import OperationalError, models, transaction
from django.db.models import F
from django.db.models.functions import Now

from intake.models import Delivery, FileImport, Item, RefusedRow, Source
from intake.models.delivery import BROUGHT_BY
from intake.services.map_file import BODY_TYPE, body_of
from intake.services.process import process_claimed
from intake.tables import Row, Shape, TableUnreadable, rows
from trail.leases import MAX_CRASHES, RELEASED, claim, database_now
from trail.transitions import LostRace

log = structlog.get_logger("import")

# Longer than twice the slowest batch, and than reading past the rows that were taken before.
LEASE = timedelta(seconds=60)
# Large enough to share the statements, small enough that SQLite's one write lock is never held for long.
BATCH = 100
# Rows that are read past or counted between two renewals of the lease.
RENEW_ROWS = 5_000
# How long an import rests whose source is paused, or whose rows somebody else is processing.
REST = timedelta(seconds=5)
# How much the speed of the last batch counts beside the ones before it.
_NEWEST = 0.2

Told = Callable[[FileImport], None]


class _NotNow(Exception):
    """The import has to rest: its source is paused, or other workers hold rows of it."""


def drain(*, now: datetime | None = None) -> int:
    """Work off the imports that are due.

    Returns:
        How many were taken up.
    """
    taken = 0
    while work_off_next(now=now):
        taken += 1
    return taken


def work_off_next(*, only: int | None = None, now: datetime | None = None, told: Told = lambda one: None) -> bool:
    """Take up one import that is due, and work on it until it ends or has to rest.

    Args:
        only: the import to take up; the oldest when not given.
        told: called after each batch.

    Returns:
        Was there one?
    """
    due = FileImport.objects.filter(state=FileImport.State.WAITING, source__state=Source.State.ACTIVE)
    if only is not None:
        due = due.filter(pk=only)
    mine = claim(due.select_related("file", "source").order_by("pk"), limit=1, lease=LEASE, now=now or database_now())
    if not mine:
        return False
    one = mine[0]
    try:
        _work(one, told)
    except (_NotNow, OperationalError) as error:
        _held(one).update(next_attempt_at=Now() + REST, **RELEASED)
        if isinstance(error, OperationalError):
            raise
    except LostRace:
        log.info("import_left_to_another", file_import=one.pk)
    except Exception:  # noqa: BLE001 - the lease runs out, which counts as a crash, and another worker goes on
        log.exception("import_failed", file_import=one.pk)
    return True


def _work(one: FileImport, told: Told) -> None:
    """Take every row that is left, or fail in words."""
    if one.crashes >= MAX_CRASHES:
        one.fail(f"Importing stopped the worker {one.crashes} times. The rows so far stand. Tell your developer.")
        return
    try:
        _take_all(one, told)
    except TableUnreadable as error:
        one.fail(f"{error} The rows before that place were imported.")
    else:
        one.finish()


def _take_all(one: FileImport, told: Told) -> None:
    shape = one.file.table()
    with one.file.opened() as file:
        if one.rows is None:
            one.rows = sum(1 for _ in _holding(one, rows(file, shape)))
            _renew(one, rows=one.rows)
            told(one)
        remaining = islice(_holding(one, rows(file, shape), until=one.position), one.position, None)
        while batch := list(islice(remaining, BATCH)):
            began = time.monotonic()
            refused, counted = _take(one, shape, batch)
            _advance(one, len(batch), counted, refused, len(batch) / max(time.monotonic() - began, 0.001))
            told(one)


def _holding(one: FileImport, all_rows: Iterable[Row], until: int | None = None) -> Iterator[Row]:
    """The same rows; while they are only read past, the lease is renewed."""
    for count, row in enumerate(all_rows):
        if count % RENEW_ROWS == RENEW_ROWS - 1 and (until is None or count < until):
            _renew(one)
        yield row


def _held(one: FileImport) -> models.QuerySet[FileImport]:
    return FileImport.objects.filter(pk=one.pk, lease_token=one.lease_token, state=FileImport.State.WAITING)


def _renew(one: FileImport, **columns: object) -> None:
    """Hold the import for another lease.

    Raises:
        LostRace: it was stopped, or is somebody else's by now.
        _NotNow: its source was paused.
    """
    if not _held(one).update(lease_until=Now() + LEASE, **columns):
        raise LostRace(f"import {one.pk} was stopped or is somebody else's")
    if not Source.objects.filter(pk=one.source_id, state=Source.State.ACTIVE).exists():
        raise _NotNow


def _take(one: FileImport, shape: Shape, batch: list[Row]) -> tuple[list[RefusedRow], dict[str, int]]:
    """Store and process a batch of rows; those that were refused, and how many had which outcome."""
    keys = _store(one, shape, batch)
    waiting = Delivery.objects.filter(source=one.source, door_key__in=keys.values(), state=Delivery.State.RECEIVED)
    stored = list(waiting.select_related("source"))
    mine = [row for row in stored if row.lease_token == one.lease_token]
    # What a dead worker left behind is taken one by one: it may be what killed it.
    orphans = waiting.exclude(pk__in=[row.pk for row in mine]).select_related("source")
    orphaned = claim(orphans, limit=BATCH, lease=LEASE, now=database_now()) if len(mine) < len(stored) else []
    for group in (mine, *([row] for row in orphaned)):
        process_claimed(group)
    return _outcome(one, batch, keys)


def _store(one: FileImport, shape: Shape, batch: list[Row]) -> dict[int, str]:
    """Store each row as a delivery that is ours to process, unless it is there; the door key of each row.

    What does not fit is refused in the same transaction: whoever finds it after our death must not take it for a lead.
    """
    keys: dict[int, str] = {}
    deliveries = []
    until = database_now() + LEASE
    for row in batch:
        body = body_of(shape, row)
        sha256 = hashlib.sha256(body).hexdigest()
        # No window as at the webhook: a row says how things are, so the same row is never news.
        keys[row.number] = f"row:{sha256}"
        deliveries.append(
            Delivery(
                source=one.source,
                door_key=keys[row.number],
                via=Delivery.Via.FILE,
                body=body,
                content_type=BODY_TYPE,
                headers={
                    "file": one.file.name,
                    "import": one.pk,
                    "row": row.number,
                    **({BROUGHT_BY: one.created_by} if one.created_by else {}),
                },
                sha256=sha256,
                lease_until=until,
                lease_token=one.lease_token,
            )
        )
    with transaction.atomic():
        _renew(one)
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        misfits = {keys[row.number]: row.problem for row in batch if row.problem}
        ours = Delivery.objects.filter(source=one.source, door_key__in=misfits, lease_token=one.lease_token)
        for delivery in ours.filter(state=Delivery.State.RECEIVED).select_related("source"):
            problem = misfits[delivery.door_key]
            delivery.bury(code=problem.code, message=problem.message)
    return keys


def _outcome(one: FileImport, batch: list[Row], keys: dict[int, str]) -> tuple[list[RefusedRow], dict[str, int]]:
    """What became of each row.

    Raises:
        _NotNow: somebody else still processes one of them.
    """
    found = Delivery.objects.filter(source=one.source, door_key__in=keys.values()).defer("body")
    deliveries = {row.door_key: row for row in found}
    items = {item.delivery_id: item for item in Item.objects.filter(delivery__in=[row.pk for row in found])}
    counted = {"accepted": 0, "repeats": 0, "refused": 0}
    refused = []
    for row in batch:
        delivery = deliveries[keys[row.number]]
        item = items.get(delivery.pk)
        if (delivery.headers.get("import"), delivery.headers.get("row")) != (one.pk, row.number):
            counted["repeats"] += 1
        elif delivery.state == Delivery.State.RECEIVED:
            raise _NotNow
        elif delivery.state == Delivery.State.SPLIT and item is None:
            counted["repeats"] += 1
        elif why := _refusal(delivery, item):
            counted["refused"] += 1
            refused.append(
                RefusedRow(file_import=one, number=row.number, code=why[0], reason=why[1], delivery=delivery)
            )
        else:
            counted["accepted"] += 1
    return refused, counted


def _refusal(delivery: Delivery, item: Item | None) -> tuple[str, str] | None:
    """The code and the reason of a row that could not be used."""
    if item is None:
        return delivery.error_code, delivery.error_message
    if item.state == Item.State.CONFLICT:
        return "conflict", "A record with this id and version came before, with other values. Both are kept."
    if item.problems:
        return item.error_code, " ".join(item.problems)
    return None


def _advance(one: FileImport, number: int, counted: dict[str, int], refused: list[RefusedRow], speed: float) -> None:
    """Move the import forward by a batch.

    Raises:
        LostRace: it is somebody else's by now, who takes this batch again and finds its rows as ours.
    """
    with transaction.atomic():
        RefusedRow.objects.bulk_create(refused, ignore_conflicts=True)
        one.rows_per_second = speed + (one.rows_per_second - speed) * (1 - _NEWEST) if one.rows_per_second else speed
        changes = {name: F(name) + count for name, count in counted.items()}
        won = _held(one).update(
            position=F("position") + number,
            rows_per_second=one.rows_per_second,
            lease_until=Now() + LEASE,
            crashes=0,  # it moves forward, so it is not this file that kills workers
            **changes,
        )
        if not won:
            raise LostRace(f"import {one.pk} was stopped or is somebody else's")
    one.position += number
    for name, count in counted.items():
        setattr(one, name, getattr(one, name) + count)
