"""Two people in one name field are two contacts; the second stays here until somebody can reach it."""

from __future__ import annotations

import pytest

from crmsync.models import Push
from crmsync.services.plan import plan_missing
from intake.models import Contact, Lead
from intake.services.process import drain
from tests import factories
from tests.integration.intake.senders import sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def portal() -> object:
    return sender()


def arrive(source: object, **record: str) -> None:
    factories.delivery(source=source, payload=record)
    drain()


def named(contact: Contact) -> tuple[str, str, int]:
    return contact.first_name, contact.last_name, contact.points.count()


def test_a_couple_is_two_contacts_of_whom_the_first_owns_the_email(portal: object) -> None:
    arrive(portal, id="1", name="John & Mary Smith", email="smiths@example.com")

    john, mary = Contact.objects.order_by("pk")
    assert (named(john), named(mary)) == (("John", "Smith", 1), ("Mary", "Smith", 0))
    assert (mary.household_of, Lead.objects.get().contact) == (john, john)
    assert mary.provenance["first_name"] == john.provenance["household"]


def test_the_same_couple_again_keeps_nobody_twice(portal: object) -> None:
    arrive(portal, id="1", name="John & Mary Smith", email="smiths@example.com")
    arrive(portal, id="2", name="SMITH, JOHN & MARY", email="SMITHS@example.com")

    assert sorted(map(named, Contact.objects.all())) == [("John", "Smith", 1), ("Mary", "Smith", 0)]


def test_whoever_cannot_be_reached_goes_to_no_crm_until_they_can(portal: object) -> None:
    factories.connection()
    arrive(portal, id="1", name="John & Mary Smith", email="smiths@example.com")
    mary = Contact.objects.get(first_name="Mary")
    plan_missing()
    assert not Push.objects.filter(contact=mary).exists()
    assert Push.objects.filter(contact=mary.household_of, kind="upsert_contact").count() == 1

    factories.contact_point(contact=mary, value="mary@example.com", key="mary@example.com")
    plan_missing()
    assert Push.objects.filter(contact=mary, kind="upsert_contact", state="waiting").count() == 1
