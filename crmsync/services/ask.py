"""Ask for pushes: write rows for things that must happen outside, each at most once.

Invariant: asking twice, or by two workers at once, leaves one row per key; of an upsert it leaves the higher revision.
Whoever asks for an upsert holds its row until the transaction ends, so that the worker who is just finishing it sees
the new revision (services/sending/record.py) and keeps it waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import orjson
from django.db import connection

from crmsync.models import ASKS, Push

# The task that sends what was asked for; it is rung by name, so that services know no task.
DRAIN_TASK = "crmsync.tasks.drain_pushes"

# New leads before mere updates.
LEAD_PRIORITY = 50
UPDATE_PRIORITY = 60

# By hand, because no ORM call keeps the higher of two revisions; both databases speak it. `DO UPDATE` also answers the
# id of a row that was there, which `DO NOTHING` would not. All rows come as one JSON document, so that one statement,
# read once, serves any number of them.
_ASK = """
    INSERT INTO crmsync_push (kind, connection_id, "key", priority, contact_id, property_id, lead_id, revision,
        after_id, needs_link, workflow, state, attempts, crashes, message_id, error_code, error_message, "group")
    SELECT value ->> 'kind', CAST(value ->> 'connection_id' AS bigint), value ->> 'key',
        CAST(value ->> 'priority' AS integer), CAST(value ->> 'contact_id' AS bigint),
        CAST(value ->> 'property_id' AS bigint), CAST(value ->> 'lead_id' AS bigint),
        CAST(value ->> 'revision' AS integer), CAST(value ->> 'after_id' AS bigint),
        CAST(value ->> 'needs_link' AS boolean), value ->> 'workflow', 'waiting', 0, 0, '', '', '', ''
    FROM {rows} WHERE true
    ON CONFLICT ("key") DO UPDATE SET
        revision = CASE WHEN excluded.revision > crmsync_push.revision
            THEN excluded.revision ELSE crmsync_push.revision END,
        priority = CASE WHEN excluded.priority < crmsync_push.priority
            THEN excluded.priority ELSE crmsync_push.priority END
    RETURNING "key", id
"""
_ROWS = {
    "postgresql": "jsonb_array_elements(%s::jsonb) AS wanted (value)",
    "sqlite": "json_each(%s) AS wanted",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that must happen at one connection; see Push for the fields."""

    kind: str
    connection_id: int
    contact_id: int | None = None
    property_id: int | None = None
    lead_id: int | None = None
    revision: int = 0
    after_id: int | None = None
    needs_link: bool = False
    priority: int = LEAD_PRIORITY
    workflow: str = ""
    round: str = ""  # of a check that is made again and again: which time

    @property
    def key(self) -> str:
        """The name of what must happen."""
        match self.kind:
            case Push.Kind.UPSERT_CONTACT:
                return upsert_key(self.kind, self.connection_id, self.contact_id)
            case Push.Kind.UPSERT_PROPERTY:
                return upsert_key(self.kind, self.connection_id, self.property_id)
            case Push.Kind.ALERT | Push.Kind.EMAIL:
                return f"{self.kind}:{self.lead_id}"  # once per lead, whatever the mailbox
            case _ if self.kind in ASKS:  # once per record, whoever needs it and whichever provider is asked
                record = f"contact:{self.contact_id}" if self.contact_id else f"property:{self.property_id}"
                return f"{self.kind}:{record}:{self.round}" if self.round else f"{self.kind}:{record}"
            case _:
                return f"{self.kind}:{self.connection_id}:{self.lead_id}"

    @property
    def lock_order(self) -> tuple[int, str, int, int]:
        """Everybody who holds several pushes takes them in this order, so that nobody waits in a circle."""
        return (self.connection_id, self.kind, self.contact_id or 0, self.property_id or 0)


def upsert_key(kind: str, connection_id: int, record_id: int | None) -> str:
    """The key under which an upsert waits; see `Push` for when it is given back."""
    return f"{kind}:{connection_id}:{record_id}"


def ask(wanted: Iterable[Wanted]) -> dict[str, int]:
    """Write the pushes, or raise the revision of those that wait already.

    Args:
        wanted: what must happen. Call it inside a transaction.

    Returns:
        The push's id per key.
    """
    unique: dict[str, Wanted] = {}
    for one in wanted:
        before = unique.get(one.key)
        if before is None or one.revision > before.revision:
            unique[one.key] = one
    if not unique:
        return {}
    ordered = sorted(unique.values(), key=lambda one: one.lock_order)
    rows = orjson.dumps([{**asdict(one), "key": one.key} for one in ordered])
    with connection.cursor() as cursor:
        cursor.execute(_ASK.format(rows=_ROWS[connection.vendor]), [rows.decode()])
        return dict(cursor.fetchall())
