"""What intake can be asked. The equation: every accepted item is in exactly one state, or it is lost.

What was accepted is read from the ledger (intake/models/delivery.py), which the database's own triggers write and
nobody can change; where it is now is read from the rows themselves. Invariant: `accepted` is the sum of all the
states and of `lost`, whatever was deleted, for each ledger entry is judged once, in one statement, by one snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from intake.models import Acceptance, Delivery, Item

# An item is judged by its row, and by what its row cannot do without: the raw bytes it came from and, once it was
# resolved, its contact, property and lead. A delivery that is not yet split counts as one item. One that was split
# into repeats only left no item; it is no part of the equation until its row is gone.
_JUDGED = """
    WITH judged AS (
        SELECT a.id, CASE
            WHEN i.id IS NULL THEN 'item_gone'
            WHEN i.state = 'erased' THEN i.state
            WHEN d.id IS NULL THEN 'raw_gone'
            WHEN i.contact_id IS NOT NULL AND c.id IS NULL THEN 'contact_gone'
            WHEN i.property_id IS NOT NULL AND p.id IS NULL THEN 'property_gone'
            WHEN i.contact_id IS NOT NULL AND s.kind = 'lead' AND l.id IS NULL THEN 'lead_gone'
            WHEN i.state IN ('in_crm', 'merged') AND i.contact_id IS NULL AND i.property_id IS NULL THEN 'record_gone'
            ELSE i.state END AS place
        FROM intake_acceptance a
        LEFT JOIN intake_item i ON i.id = a.item_id
        LEFT JOIN intake_delivery d ON d.id = i.delivery_id
        LEFT JOIN intake_source s ON s.id = i.source_id
        LEFT JOIN intake_contact c ON c.id = i.contact_id
        LEFT JOIN intake_property p ON p.id = i.property_id
        LEFT JOIN intake_lead l ON l.item_id = i.id
        WHERE a.kind = 'item'
      UNION ALL
        SELECT a.id, CASE
            WHEN d.id IS NULL THEN 'delivery_gone'
            WHEN d.state = 'received' THEN 'in_progress'
            WHEN d.state = 'dead' THEN 'dead_letter'
            WHEN d.state = 'discarded' THEN d.state
            ELSE 'split_unrecorded' END
        FROM intake_acceptance a
        LEFT JOIN intake_delivery d ON d.id = a.delivery_id
        WHERE a.kind = 'delivery' AND NOT EXISTS (
            SELECT 1 FROM intake_acceptance b WHERE b.kind = 'split' AND b.delivery_id = a.delivery_id)
      UNION ALL
        SELECT a.id, 'delivery_gone' AS place
        FROM intake_acceptance a
        WHERE a.kind = 'delivery'
        AND NOT EXISTS (SELECT 1 FROM intake_delivery d WHERE d.id = a.delivery_id)
        AND EXISTS (SELECT 1 FROM intake_acceptance b WHERE b.kind = 'split' AND b.delivery_id = a.delivery_id)
        AND NOT EXISTS (SELECT 1 FROM intake_acceptance b WHERE b.kind = 'item' AND b.delivery_id = a.delivery_id)
    )
"""
_COUNT = _JUDGED + "SELECT place, count(*) FROM judged GROUP BY place"
_NAME = _JUDGED + "SELECT id, place FROM judged WHERE place NOT IN ({}) ORDER BY id LIMIT %s"

STATES = tuple(str(state) for state in Item.State)

_WHAT_HAPPENED = {
    "item_gone": "its row was deleted. Its delivery is kept byte for byte: send that in again.",
    "raw_gone": "the delivery with its raw bytes was deleted. Restore both from a backup.",
    "contact_gone": "its contact was deleted. Restore it from a backup.",
    "property_gone": "its property was deleted. Restore it from a backup.",
    "lead_gone": "its lead was deleted. Restore it from a backup, or send its delivery in again.",
    "record_gone": "it counts as written to the CRM but names neither contact nor property.",
    "delivery_gone": "its row was deleted before its records were kept. Ask the source to send it again.",
    "split_unrecorded": "it was marked as split by something that is not Steward. Its raw bytes are kept.",
}


@dataclass(frozen=True, slots=True)
class LostReference:
    """One accepted item, or delivery, that is nowhere.

    Attributes:
        what: how people name it.
        accepted_at: when the ledger got it.
        why: what is missing and what to do, one sentence.
    """

    what: str
    accepted_at: datetime
    why: str

    def __str__(self) -> str:
        return f"{self.what}, accepted {self.accepted_at:%Y-%m-%d %H:%M:%S} UTC: {self.why}"


@dataclass(frozen=True, slots=True)
class Equation:
    """accepted = in_progress + in_crm + merged + dead_letter + discarded + conflict + test + erased + lost."""

    accepted: int = 0
    in_progress: int = 0
    in_crm: int = 0
    merged: int = 0
    dead_letter: int = 0
    discarded: int = 0
    conflict: int = 0
    test: int = 0
    erased: int = 0
    lost: int = 0
    lost_references: tuple[LostReference, ...] = ()

    def counts(self) -> dict[str, int]:
        """The figures by name, in the order people read them."""
        return {name: getattr(self, name) for name in ("accepted", *STATES, "lost")}


def equation(*, name_lost: int = 50) -> Equation:
    """Where everything that was ever accepted is now.

    Args:
        name_lost: of the lost ones, how many to name at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        places: dict[str, int] = dict(cursor.fetchall())
    known = {state: places.pop(state, 0) for state in STATES}
    lost = sum(places.values())
    return Equation(
        accepted=sum(known.values()) + lost,
        **known,
        lost=lost,
        lost_references=_name(name_lost) if lost and name_lost else (),
    )


def _name(limit: int) -> tuple[LostReference, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_NAME.format(", ".join(["%s"] * len(STATES))), [*STATES, limit])
        places: dict[int, str] = dict(cursor.fetchall())
    accepted = Acceptance.objects.in_bulk(places)
    kept = Delivery.objects.in_bulk({one.delivery_id for one in accepted.values()})
    return tuple(
        LostReference(
            item_name(accepted[pk].item_id, kept.get(accepted[pk].delivery_id), accepted[pk].delivery_id),
            accepted[pk].at,
            _WHAT_HAPPENED.get(place, f"it stands in a state that Steward does not know ({place!r})."),
        )
        for pk, place in places.items()
    )


def item_name(item_id: int | None, delivery: Delivery | None, delivery_id: int) -> str:
    """An item as people can look it up; without an item, its whole delivery."""
    whole = f"delivery {delivery.public_id}" if delivery else f"delivery {delivery_id} (its row is gone)"
    return whole.capitalize() if item_id is None else f"Item {item_id} of {whole}"
