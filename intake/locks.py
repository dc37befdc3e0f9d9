"""Locks on match keys: one person or property is looked for and made by one worker at a time.

PostgreSQL takes advisory locks for the transaction, in sorted order, so that two workers never wait for each other in
a circle. SQLite needs none: its transactions begin IMMEDIATE, and only one can write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection


def lock_keys(keys: Iterable[str]) -> None:
    """Hold these keys until the current transaction ends."""
    if connection.vendor != "postgresql":
        return
    numbers = sorted({int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True) for key in keys})
    if numbers:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", [numbers])
