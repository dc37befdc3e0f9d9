"""Hears of changed records and plans what must happen outside.

Invariant: it only hurries. What fails here is found by the sweep (`plan_missing`), so no failure here may reach those
who changed the records: their work is done and committed.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.dispatch import receiver

from crmsync.services.plan import plan
from intake.models import Contact, Lead, Property
from intake.signals import records_changed

log = structlog.get_logger("crmsync.receivers")


@receiver(records_changed, dispatch_uid="crmsync.plan")
def plan_changed(
    sender: object, *, contact_ids: Iterable[int], property_ids: Iterable[int], lead_ids: Iterable[int], **_: object
) -> None:
    """Plan for records that have just been committed."""
    contacts, properties, leads = list(contact_ids), list(property_ids), list(lead_ids)
    try:
        plan(
            contacts=Contact.objects.only("pk", "revision").filter(pk__in=contacts) if contacts else (),
            properties=Property.objects.only("pk", "revision").filter(pk__in=properties) if properties else (),
            leads=Lead.objects.only("pk").filter(pk__in=leads) if leads else (),
        )
    except Exception:  # noqa: BLE001 - whatever it is, the sweep plans it within the minute
        log.exception("plan_failed", contacts=len(contacts), properties=len(properties), leads=len(leads))
