"""Many workers at once: the locks on match keys, and the leases, hold."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from intake.models import Contact, Delivery, DryRun, Item, Lead, Property
from intake.services import process, publish_document
from intake.services.dry_run import dry_run
from tests.integration.intake.senders import WEBSITE, send, sender
from tests.threads import at_once
from trail.record import STEWARD

pytestmark = pytest.mark.django_db(transaction=True)


def test_fifty_deliveries_of_one_new_person_make_one_contact() -> None:
    source = sender()
    for number in range(50):
        writing = "Ann@Example.com" if number % 2 else "ann@example.com "
        send(source, {"id": str(number), "name": "Ann Lee", "email": writing, "phone": "3128675309", "mls": "A-1"})

    at_once(6, lambda: process.drain(limit=3))

    assert (Contact.objects.count(), Property.objects.count()) == (1, 1)
    assert (Lead.objects.count(), Item.objects.count()) == (50, 50)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"split"}


def test_one_record_that_arrives_on_many_ways_at_once_is_one_item() -> None:
    source = sender()
    for number in range(20):
        send(source, {"id": "the-same", "email": "ann@example.com"}, event_id=f"event-{number}")

    at_once(6, lambda: process.drain(limit=2))

    assert (Item.objects.count(), Lead.objects.count(), Contact.objects.count()) == (1, 1, 1)
    assert sum(Delivery.objects.values_list("repeats", flat=True)) == 19


def test_a_lead_arrives_while_a_mapping_of_its_source_is_tried_and_published(
    monkeypatch: pytest.MonkeyPatch, on_postgresql: bool
) -> None:
    source = sender()
    arrived = threading.Event()

    def arrive() -> None:
        try:
            send(source, {"id": "1", "email": "ann@example.com"})
            arrived.set()
        finally:
            connection.close()

    sending = threading.Thread(target=arrive)

    def slow(*given: Any, **more: Any) -> DryRun:
        sending.start()
        # SQLite has one writer: there the lead waits for the end of this transaction.
        assert not on_postgresql or arrived.wait(4)
        return dry_run(*given, **more)

    monkeypatch.setattr(publish_document, "dry_run", slow)
    publish_document.publish_document(source, WEBSITE, by=STEWARD, reason="A test.")
    sending.join(20)

    assert arrived.is_set()
    assert Delivery.objects.count() == 1
