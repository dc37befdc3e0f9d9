"""Keep what a provider answered: beside our records, never in their place. Called in the transaction of the outcome.

Invariants: what a source or a person said is not touched, with one exception that only ever tightens: somebody who
stands on a do-not-call list, or sues over calls, is not to be called. What changes for the CRM raises the record's
revision, and so is pushed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from crmsync.models import Connection, Push
from crmsync.options import ProviderOptions, told
from crmsync.providers.base import Answer
from intake.models import Contact, ContactPoint, EnrichedValue, Property
from intake.signals import records_changed
from trail.inserting import insert
from trail.models import AuditEntry
from trail.record import entry, write

# What says that somebody must not be called.
_NO_CALLS = ("phone_dnc", "phone_litigator")


def keep_answers(account: Connection, answers: Sequence[tuple[Push, Answer, int]], now: datetime) -> None:
    """Write the values of these answers, and what follows from them.

    Args:
        answers: the push that asked, what was answered, and what it cost in cents.
        now: the database's time.
    """
    if not answers:
        return
    options = told(account.kind, account.options)
    allowed = options.may_fill if isinstance(options, ProviderOptions) else lambda noun: []
    insert((value for answer in answers for value in _values(account, *answer)), at=now, ignore_conflicts=True)
    people: set[int] = set()
    homes: set[int] = set()
    entries: list[AuditEntry] = []
    for push, answer, _ in sorted(answers, key=lambda one: (one[0].contact_id or 0, one[0].property_id or 0)):
        fields = {found.field for found in answer.found}
        if push.contact_id is not None:
            changed = _of_contact(account, push, answer, now, entries)
            if changed or fields & set(allowed("contact")):
                people.add(push.contact_id)
        elif push.property_id is not None and fields & set(allowed("property")):
            homes.add(push.property_id)
    Contact.objects.filter(pk__in=people).update(revision=F("revision") + 1, updated_at=now)
    Property.objects.filter(pk__in=homes).update(revision=F("revision") + 1, updated_at=now)
    write(entries)
    if people or homes:
        transaction.on_commit(
            lambda: records_changed.send(sender=None, contact_ids=people, property_ids=homes, lead_ids=())
        )


def _values(account: Connection, push: Push, answer: Answer, cost: int) -> list[EnrichedValue]:
    return [
        EnrichedValue(
            contact_id=push.contact_id,
            property_id=None if push.contact_id is not None else push.property_id,
            field=found.field,
            about=found.about,
            value=found.value.replace("\x00", ""),  # which PostgreSQL keeps in no text
            provider=account.slug,
            cost_cents=cost,
            confidence=found.confidence,
            ask=push.pk,
        )
        for found in answer.found
    ]


def _of_contact(account: Connection, push: Push, answer: Answer, now: datetime, entries: list[AuditEntry]) -> bool:
    """Flag the contact's own numbers, and the contact that must not be called. Does anything change?"""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=push.contact_id or 0)
    points = {point.key: point for point in contact.points.filter(kind=ContactPoint.Kind.PHONE)}
    changed: dict[str, Any] = {}
    for found in answer.found:
        point = points.get(found.about)
        if point is None:
            continue
        if found.field == "phone_active":
            active = found.value == "yes"
            ContactPoint.objects.filter(pk=point.pk).update(verified=active, checked_at=now)
            if point.verified is not active and not (active and point.verified is None):
                changed["phone"] = "active again" if active else "inactive"
        elif found.field in _NO_CALLS and found.value == "yes" and contact.do_not_call is not True:
            contact.do_not_call = True
            contact.provenance["do_not_call"] = {
                "origin": "provider",
                "occurred_at": now.isoformat(),
                "path": "",
                "by": account.slug,
                "mapping": "",
                "item": "",
            }
            contact.save(update_fields=["do_not_call", "provenance"])
            changed["do_not_call"] = found.field.replace("_", " ")
    if changed:
        entries.append(
            entry(contact, "contact.verified", lead_id=push.lead_id, detail={**changed, "provider": account.slug})
        )
    return bool(changed)
