"""Store a delivery exactly once.

Invariant: when `receive` returns, the delivery stands in the database, committed, with its raw bytes; the ledger has
it too (a trigger of the same statement). A resend finds the first one and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from intake.models import Delivery, Source
from trail.bell import ring

# One statement, because this is the hottest path of the house and must hold no transaction open: written by hand,
# it answers "new or repeat?" and stores the row in a single round trip. Both databases speak it.
_INSERT = """
    INSERT INTO intake_delivery (public_id, source_id, door_key, state, via, body, content_type, headers, sha256,
        key_id, repeats, error_code, error_message, attempts, crashes)
    VALUES (%s, %s, %s, 'received', %s, %s, %s, %s, %s, %s, 0, '', '', 0, 0)
    ON CONFLICT (source_id, door_key) DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one request: its delivery's public id, and whether we had it before."""

    public_id: uuid.UUID
    repeat: bool


def receive(
    source: Source,
    body: bytes,
    *,
    content_type: str = "",
    headers: Mapping[str, str] | None = None,
    key_id: str = "",
    event_id: str = "",
    via: str = Delivery.Via.WEBHOOK,
    now: datetime | None = None,
) -> Received:
    """Store one delivery of an authentic sender, or find the one that it repeats.

    Args:
        source: who sent it.
        body: the raw bytes.
        content_type: as sent.
        headers: the few worth keeping; never a signature or a secret.
        key_id: which secret proved the sender.
        event_id: the sender's signed id of this event, where its scheme has one.
        via: how it came.
        now: the time, for tests.

    Raises:
        django.db.Error: the database could not take it; nothing was accepted.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    door_key = _door_key(source, sha256, event_id, now or timezone.now())
    for key in (door_key, f"{door_key[:50]}:{sha256}"):
        public_id = uuid.uuid4()
        if _insert(source, key, public_id, sha256, via, body, content_type, headers or {}, key_id):
            ring("intake.tasks.drain_deliveries")
            return Received(public_id, repeat=False)
        known = Delivery.objects.only("public_id", "sha256").get(source=source, door_key=key)
        if known.sha256 == sha256:
            return Received(known.public_id, repeat=True)
        # The same event id with other content: keep it beside the first; its items show the conflict.
    raise AssertionError("the second key holds the hash, so it cannot meet another body")


def _door_key(source: Source, sha256: str, event_id: str, now: datetime) -> str:
    if event_id:
        return "id:" + (event_id if len(event_id) <= 64 else hashlib.sha256(event_id.encode()).hexdigest())
    if not source.repeat_window_seconds:
        return "one:" + uuid.uuid4().hex
    # Two equal bodies in one slot of the window are less than the window apart, so the second is a repeat. Two that
    # straddle the edge of a slot pass here, and their items are compared exactly (intake/services/process.py).
    return f"sha:{int(now.timestamp()) // source.repeat_window_seconds}:{sha256}"


def _insert(
    source: Source,
    door_key: str,
    public_id: uuid.UUID,
    sha256: str,
    via: str,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str],
    key_id: str,
) -> bool:
    stored_id = public_id if connection.vendor == "postgresql" else public_id.hex
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                stored_id,
                source.pk,
                door_key,
                via,
                body,
                content_type[:200],
                json.dumps(dict(headers)),
                sha256,
                key_id[:40],
            ],
        )
        return cursor.fetchone() is not None
