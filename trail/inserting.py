"""Insert many rows by one cheap statement.

Django sends rows of plain values to PostgreSQL as one array per column, which spares both sides the reading of a
thousand placeholders. A single column that the database is to fill in takes that away, so such moments are filled in
here. Invariant: they are the database's time, the one clock that all workers share.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from trail.leases import database_now

Row = TypeVar("Row", bound=Model)


def insert(rows: Iterable[Row], *, at: datetime | None = None, ignore_conflicts: bool = False) -> list[Row]:
    """Insert rows of one model; call it inside the transaction that they belong to.

    Args:
        at: the database's time, where the caller knows it already.
        ignore_conflicts: rows that are there already are left as they are, and no ids are read back.
    """
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    moments = [field.attname for field in model._meta.concrete_fields if field.has_db_default()]
    for row in rows:
        for name in moments:
            if isinstance(getattr(row, name), DatabaseDefault):
                at = at or database_now()
                setattr(row, name, at)
    return model._default_manager.bulk_create(rows, ignore_conflicts=ignore_conflicts)
