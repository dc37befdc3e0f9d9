"""The equation holds whatever happens to the rows, and names what was lost."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from intake.models import Acceptance, Contact, Delivery, Item, Lead, Property, Source
from intake.selectors import STATES, Equation, equation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.fixture
def portal() -> Source:
    return Source.objects.create(slug="portal", name="Portal", scheme="hmac")


def deliver(source: Source, state: str = Delivery.State.RECEIVED) -> Delivery:
    delivery = Delivery.objects.create(source=source, door_key=uuid.uuid4().hex, body=b"{}", sha256="0" * 64)
    if state != delivery.state:
        Delivery.objects.filter(pk=delivery.pk).update(state=state)
    return delivery


def take(delivery: Delivery, state: str, **columns: Any) -> Item:
    if delivery.state != Delivery.State.SPLIT:
        Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.RECEIVED).update(state=Delivery.State.SPLIT)
    return Item.objects.create(
        source=delivery.source,
        delivery=delivery,
        position=0,
        record_id=uuid.uuid4().hex,
        content_hash="0" * 64,
        state=state,
        occurred_at=NOW,
        **columns,
    )


def enquire(source: Source, state: str = Item.State.IN_CRM) -> Item:
    """A whole lead: delivery, item, contact and lead."""
    contact = Contact.objects.create(first_name="Ann")
    item = take(deliver(source), state, contact=contact, contact_revision=1)
    Lead.objects.create(item=item, source=source, contact=contact, received_at=NOW, occurred_at=NOW)
    return item


def delete_behind_our_back(table: str, pk: int) -> None:
    """What a careless person does with a database shell, foreign keys or not."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])


@pytest.fixture
def _foreign_keys_are_checked_by_nobody() -> Any:
    """SQLite checks foreign keys when the test's transaction ends: put back what the test took out."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in ("intake_lead", "intake_item", "intake_delivery"):
                cursor.execute(f"DELETE FROM {table}")


def test_an_empty_house_has_lost_nothing() -> None:
    assert equation() == Equation()


def test_a_delivery_that_is_not_yet_split_counts_as_one_item(portal: Source) -> None:
    deliver(portal)
    deliver(portal, Delivery.State.DEAD)
    deliver(portal, Delivery.State.DISCARDED)

    assert equation() == Equation(accepted=3, in_progress=1, dead_letter=1, discarded=1)


def test_a_split_delivery_counts_by_its_items(portal: Source) -> None:
    delivery = deliver(portal)
    for state in STATES:
        if state not in (Item.State.IN_CRM, Item.State.MERGED):
            take(delivery, state)
    enquire(portal, Item.State.IN_CRM)
    enquire(portal, Item.State.MERGED)

    found = equation()

    assert found.counts() == {"accepted": 8, **dict.fromkeys(STATES, 1), "lost": 0}
    assert found.lost_references == ()


def test_a_split_into_repeats_only_is_no_item(portal: Source) -> None:
    deliver(portal, Delivery.State.SPLIT)

    assert equation() == Equation()


@pytest.mark.usefixtures("_foreign_keys_are_checked_by_nobody")
@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("intake_item", "its row was deleted"),
        ("intake_lead", "its lead was deleted"),
        ("intake_delivery", "the delivery with its raw bytes was deleted"),
        ("intake_contact", "its contact was deleted"),
    ],
)
def test_what_is_deleted_behind_our_back_shows_as_lost(portal: Source, table: str, why: str) -> None:
    enquire(portal)
    item = enquire(portal)
    before = equation()
    pks = {
        "intake_item": item.pk,
        "intake_lead": item.lead.pk,
        "intake_delivery": item.delivery_id,
        "intake_contact": item.contact_id,
    }

    delete_behind_our_back(table, pks[table])
    after = equation()

    assert before == Equation(accepted=2, in_crm=2)
    assert after.counts() == {**Equation().counts(), "accepted": 2, "in_crm": 1, "lost": 1}
    (lost,) = after.lost_references
    assert f"Item {item.pk} of delivery" in lost.what
    assert lost.why.startswith(why)
    assert lost.accepted_at == Acceptance.objects.get(item_id=item.pk).at


@pytest.mark.parametrize("state", [Delivery.State.RECEIVED, Delivery.State.DEAD, Delivery.State.SPLIT])
def test_a_deleted_delivery_shows_as_lost(portal: Source, state: str) -> None:
    delivery = deliver(portal, state)

    delete_behind_our_back("intake_delivery", delivery.pk)
    found = equation()

    assert (found.accepted, found.lost) == (1, 1)
    assert str(found.lost_references[0]).startswith(f"Delivery {delivery.pk} (its row is gone), accepted ")


def test_a_listing_needs_no_lead(portal: Source) -> None:
    Source.objects.filter(pk=portal.pk).update(kind=Source.Kind.LISTING)
    home = Property.objects.create(mls_id="123", originating_mls="ntreis")
    take(deliver(portal), Item.State.IN_CRM, property=home, property_revision=1)

    assert equation() == Equation(accepted=1, in_crm=1)


def test_a_record_in_no_known_state_is_lost(portal: Source) -> None:
    take(deliver(portal), "nowhere")

    found = equation()

    assert (found.accepted, found.lost) == (1, 1)
    assert "a state that Steward does not know ('nowhere')" in found.lost_references[0].why


def test_of_many_lost_ones_all_are_counted_and_some_are_named(portal: Source) -> None:
    for _ in range(4):
        delete_behind_our_back("intake_delivery", deliver(portal).pk)

    found = equation(name_lost=3)

    assert found.lost == 4
    assert len(found.lost_references) == 3


def test_the_equation_is_asked_in_one_statement(portal: Source, django_assert_num_queries: Any) -> None:
    enquire(portal)
    deliver(portal)

    with django_assert_num_queries(1):
        equation()
