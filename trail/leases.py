"""Leases: how many workers share one table of work, and how work survives its worker.

A worker claims rows by writing a token and an end to them; it finishes a row only while the token is still its own
(fencing), so a worker that comes back from the dead changes nothing. A row whose lease ran out is work again, and
remembers that a worker died on it: `MAX_CRASHES` of those and it is poison. A lease is not a state and leaves no
audit entry; what was done under it does.

Invariant: all times are the database's (`database_now`), never a worker's own clock.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

# A row on which five workers died is not unlucky: it kills workers. (Three would bury bystanders: a batch shares its
# worker, so a row may see a few deaths, by a restart or a lost server, that were not its own.)
MAX_CRASHES = 5


class Leased(models.Model):
    """Work that is claimed by lease."""

    next_attempt_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.BigIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0, help_text="How often a worker died holding this.")

    class Meta:
        abstract = True


LeasedRow = TypeVar("LeasedRow", bound=Leased)

# The columns that give a row back; a finisher writes them with its own.
RELEASED: dict[str, Any] = {"lease_until": None, "lease_token": None}


def database_now() -> datetime:
    """The database's own time: the one clock that all workers share."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT statement_timestamp()")
            found: datetime = cursor.fetchone()[0]
            return found.astimezone(UTC)
        cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
        return read_moment(cursor.fetchone()[0])


def read_moment(text: str) -> datetime:
    """A moment as SQLite writes it, to the millisecond.

    SQLite compares moments as texts, and Django writes a whole second without its zeros: "05" would come before the
    "05.000" of a row that became due in this very millisecond. So a whole second is read as one microsecond more.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(microsecond=moment.microsecond or 1, tzinfo=UTC)


def due(now: datetime) -> Q:
    """Rows that wait for nobody: their time has come and nobody holds them."""
    return Q(next_attempt_at__lte=now) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))


def claim(rows: models.QuerySet[LeasedRow], *, limit: int, lease: timedelta, now: datetime) -> list[LeasedRow]:
    """Take up to `limit` rows that are due, for `lease`; nobody else can get them meanwhile.

    Args:
        rows: what to choose from, in the order to take it; `due(now)` is applied here.
        limit: rows at most.
        lease: how long they are ours; longer than twice the slowest thing done under it.
        now: the database's time.

    Returns:
        The rows, each with the same new `lease_token`. `crashes` counts a lease found expired.
    """
    token = secrets.randbits(62)
    with transaction.atomic(savepoint=False):
        mine = list(rows.filter(due(now)).select_for_update(skip_locked=True, of=("self",))[:limit])
        if not mine:
            return []
        until = now + lease
        rows.model._default_manager.filter(pk__in=[row.pk for row in mine]).update(lease_until=until, lease_token=token)
        orphans = [row.pk for row in mine if row.lease_until is not None]
        if orphans:
            rows.model._default_manager.filter(pk__in=orphans).update(crashes=F("crashes") + 1)
    for row in mine:
        if row.lease_until is not None:
            row.crashes += 1
        row.lease_until, row.lease_token = until, token
    return mine


def release(rows: list[LeasedRow]) -> None:
    """Give rows back untouched, so that somebody else takes them at once."""
    if rows:
        type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows], lease_token=rows[0].lease_token).update(
            **RELEASED
        )
