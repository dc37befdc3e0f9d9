"""Put a dead letter of intake back to work, or discard it with a reason. Done by people, never by a machine.

Invariant: the raw bytes stay as they are; a redriven item is mapped again from them by the dictionary that is
published now, and a refusal changes nothing.
"""

from __future__ import annotations

from django.db import transaction

from intake.dictionaries import published
from intake.mapping.decode import Unreadable, decode
from intake.mapping.engine import split
from intake.models import Delivery, Item
from intake.services.absorb import absorb, understand
from intake.signals import records_changed
from trail.bell import ring
from trail.record import Actor


class CannotRedrive(Exception):
    """It is not a dead letter of intake, or cannot be read still; the message says which. Nothing changed."""


def redrive_delivery(delivery_id: int, *, by: Actor, reason: str = "") -> None:
    """Let an unreadable delivery be read again.

    Raises:
        CannotRedrive: it is not a dead letter (any more).
    """
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if delivery.state != Delivery.State.DEAD:
            raise CannotRedrive("This delivery is no dead letter any more. Nothing changed.")
        delivery.redrive(by=by, reason=reason)
        ring("intake.tasks.drain_deliveries")


def redrive_item(item_id: int, *, by: Actor, reason: str = "") -> Item:
    """Map a record again from its raw bytes, by the dictionary that is published now.

    Returns:
        The item: in progress, or still a dead letter with the reasons it has now.

    Raises:
        CannotRedrive: it is not a dead letter of intake, or its bytes cannot be read by today's dictionary.
    """
    with transaction.atomic():
        item = Item.objects.select_for_update().select_related("delivery__source").get(pk=item_id)
        if item.state not in (Item.State.DEAD_LETTER, Item.State.CONFLICT) or item.contact_id or item.property_id:
            raise CannotRedrive(
                "This record is no dead letter of intake. If its write to the CRM gave up, redrive that push instead."
            )
        delivery = item.delivery
        found = published([delivery.source_id]).get(delivery.source_id)
        if found is None:
            raise CannotRedrive(f"{delivery.source.name} has no published mapping. Publish one first.")
        version, spec = found
        try:
            raw_items = split(decode(bytes(delivery.body), delivery.content_type, spec.decode), spec)
        except Unreadable as error:
            raise CannotRedrive(str(error)) from error
        if item.position >= len(raw_items):
            raise CannotRedrive("Today's mapping no longer finds this record in its delivery. Mend the mapping first.")
        incoming = understand(delivery, raw_items[item.position], version, spec)
        incoming.item = item
        absorbed = absorb([incoming], by=by)
    records_changed.send(
        sender=None,
        contact_ids=absorbed.contact_ids,
        property_ids=absorbed.property_ids,
        lead_ids=absorbed.lead_ids,
    )
    return item


def discard_delivery(delivery_id: int, *, by: Actor, reason: str) -> None:
    """Say that this delivery is no lead. It still counts in the equation, and can be restored.

    Raises:
        trail.transitions.IllegalTransition: it is not a dead letter.
    """
    Delivery.objects.get(pk=delivery_id).discard(by=by, reason=reason)


def discard_item(item_id: int, *, by: Actor, reason: str) -> None:
    """Say that this record is no lead. It still counts in the equation, and can be restored.

    Raises:
        trail.transitions.IllegalTransition: it is not a dead letter.
    """
    Item.objects.get(pk=item_id).discard(by=by, reason=reason)


def restore_delivery(delivery_id: int, *, by: Actor) -> None:
    """Take a discard back."""
    Delivery.objects.get(pk=delivery_id).restore(by=by)


def restore_item(item_id: int, *, by: Actor) -> None:
    """Take a discard back."""
    Item.objects.get(pk=item_id).restore(by=by)
