"""Audit the data of a table: count what is missing, malformed and there twice, before anything is connected.

Invariant: an audit writes nothing but its own report; a worker that dies is followed by one that counts anew. The
uploaded file is deleted with the report that is made of it: it is somebody's whole address book.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import BinaryIO

import structlog
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from intake.models import DataAudit, TableFile
from intake.services.start_import import WORK
from intake.tables import Shape, TableUnreadable, rows
from intake.tables.audit import Audit, Report, sampled
from intake.tables.recognize import recognize
from trail.bell import ring
from trail.leases import MAX_CRASHES, RELEASED, claim, database_now
from trail.record import Actor
from trail.transitions import LostRace

log = structlog.get_logger("data_audit")

LEASE = timedelta(seconds=60)
RENEW_ROWS = 1_000
REST = timedelta(seconds=5)
SAMPLE = 200  # rows by which columns are recognized


def audit_table(file: BinaryIO, shape: Shape, each: Callable[[int], None] = lambda number: None) -> Report:
    """Count a table.

    Args:
        each: called with the number of rows counted, every so many rows.

    Raises:
        TableUnreadable: the file is broken at some place.
    """
    audit = Audit(shape, recognize(shape.columns, sampled(rows(file, shape), shape, SAMPLE)))
    for number, row in enumerate(rows(file, shape), start=1):
        audit.add(row)
        if number % RENEW_ROWS == 0:
            each(number)
    return audit.report()


def ask_audit(file: TableFile, *, by: Actor) -> DataAudit:
    """Let a worker audit an uploaded file."""
    with transaction.atomic():
        one = DataAudit.objects.create(name=file.name, file=file, created_by=by.name)
        ring(WORK)
    return one


def keep_report(name: str, report: Report, *, by: Actor) -> DataAudit:
    """Keep a report that somebody made from a file of their own."""
    with transaction.atomic():
        one = DataAudit.objects.create(name=name[-200:], created_by=by.name)
        one.finish(report.document())
    return one


def drain(*, now: datetime | None = None) -> int:
    """Work off the audits that are due.

    Returns:
        How many were taken up.
    """
    taken = 0
    due = DataAudit.objects.filter(state=DataAudit.State.WAITING, file__isnull=False).select_related("file")
    while mine := claim(due.order_by("pk"), limit=1, lease=LEASE, now=now or database_now()):
        taken += 1
        _work(mine[0])
    return taken


def _work(one: DataAudit) -> None:
    def counted(number: int) -> None:
        ours = DataAudit.objects.filter(pk=one.pk, lease_token=one.lease_token)
        if not ours.update(lease_until=Now() + LEASE, rows=number):
            raise LostRace(f"audit {one.pk} is somebody else's by now")

    if one.file is None:
        raise AssertionError("only audits with a file wait for a worker")
    try:
        if one.crashes >= MAX_CRASHES:
            raise TableUnreadable("poison", f"Counting stopped the worker {one.crashes} times. Tell your developer.")
        with one.file.opened() as file:
            report = audit_table(file, one.file.table(), counted)
        with transaction.atomic():
            one.finish(report.document())
            one.file.delete()
    except TableUnreadable as error:
        with transaction.atomic():
            one.fail(str(error))
            one.file.delete()
    except LostRace:
        log.info("audit_left_to_another", data_audit=one.pk)
    except OperationalError:
        DataAudit.objects.filter(pk=one.pk, lease_token=one.lease_token).update(
            next_attempt_at=Now() + REST, **RELEASED
        )
        raise
    except Exception:  # noqa: BLE001 - the lease runs out, which counts as a crash, and another worker counts anew
        log.exception("audit_failed", data_audit=one.pk)
