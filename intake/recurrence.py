"""Have we had this record before? Pure rules on a record's identity: the provider's id and version, or its words.

A record with an id is the same when id, version and content are the same; another version is news, and the same
version with other content is a conflict that is kept and shown. A record without an id is its words: the same words
within the source's window are a repeat, after it a new enquiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Recurrence(StrEnum):
    """What a record is beside those we have."""

    NEW = "new"
    OURS = "ours"  # this very record of this very delivery, written by a run that died
    REPEAT = "repeat"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Seen:
    """An item that we have under the same source and record id."""

    version: str
    content_hash: str
    delivery_id: int
    position: int
    received_at: datetime


def compare(
    *,
    has_id: bool,
    version: str,
    content_hash: str,
    delivery_id: int,
    position: int,
    received_at: datetime,
    window: timedelta,
    seen: Iterable[Seen],
) -> tuple[Recurrence, str]:
    """What this record is, and the version under which to keep it.

    Args:
        has_id: did the provider give it an id? If not, `content_hash` is its identity.
        version: the provider's version; empty where it has none.
        window: for records without an id, how long the same words are a repeat.
        seen: the items with its identity.
    """
    seen = list(seen)
    if any((one.delivery_id, one.position) == (delivery_id, position) for one in seen):
        return Recurrence.OURS, version
    if not has_id:
        if any(abs(received_at - one.received_at) < window for one in seen):
            return Recurrence.REPEAT, version
        return Recurrence.NEW, f"{received_at.isoformat()}#{delivery_id}.{position}"
    known = [one for one in seen if one.version == version or one.version.startswith(f"{version}#")]
    if any(one.content_hash == content_hash for one in known):
        return Recurrence.REPEAT, version
    if known:
        return Recurrence.CONFLICT, f"{version}#{content_hash[:16]}"
    return Recurrence.NEW, version
