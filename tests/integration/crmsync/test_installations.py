"""Our ids in a CRM: another installation, a database that is gone, and what an earlier version wrote there."""

from __future__ import annotations

import pytest

from crmsync.models import Connection, CrmLink, Installation, Push
from crmsync.services.plan import plan
from intake.models import Contact
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.integration.crmsync.conftest import Drain

pytestmark = pytest.mark.django_db


def plan_contact(contact: Contact) -> None:
    plan(contacts=[contact], properties=[], leads=[])


def test_the_key_is_made_once_and_is_short() -> None:
    key = Installation.this().key

    assert Installation.this().key == key
    assert len(key) == 4
    assert Installation.objects.count() == 1


def test_two_installations_share_an_account_without_meeting(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    contact = factories.contact(first_name="Mary", email="mary@example.com")
    theirs = {"external_id": f"zzzz-contact-{contact.pk}", "email": "bob@example.com", "first_name": "Bob"}
    crm.records["contact"]["9"] = dict(theirs)
    plan_contact(contact)
    drain_all()

    assert crm.records["contact"]["9"] == theirs
    assert crm.people() == {
        f"zzzz-contact-{contact.pk}": "bob@example.com",
        f"{Installation.this().key}-contact-{contact.pk}": "mary@example.com",
    }
    assert Push.objects.get().state == "done"


@pytest.mark.parametrize("before", ["zzzz-contact-{other}", "contact-{other}"])
def test_a_known_person_with_the_id_of_a_database_that_is_gone_is_adopted(
    crm: FakeCrm, account: Connection, drain_all: Drain, before: str
) -> None:
    other = factories.contact(email="other@example.com")
    contact = factories.contact(first_name="Mary", last_name="", email="mary@example.com")
    crm.records["contact"]["9"] = {"email": "mary@example.com", "external_id": before.format(other=other.pk)}
    plan_contact(contact)
    drain_all()

    ours = Installation.this().external_id("contact", contact.pk)
    assert crm.records["contact"] == {
        "9": {"email": "mary@example.com", "first_name": "Mary", "external_id": ours},
    }
    assert CrmLink.objects.get().sent["external_id"] == ours


def test_a_linked_record_gets_the_key_with_its_next_write_and_only_then(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    contact = factories.contact(first_name="Mary", last_name="", email="mary@example.com")
    there = {"email": "mary@example.com", "first_name": "Mary", "external_id": f"contact-{contact.pk}"}
    crm.records["contact"]["9"] = dict(there)
    sent = {"email": "mary@example.com", "first_name": "Mary"}
    factories.crm_link(connection=account, contact=contact, remote_id="9", sent=sent)
    drain_all()
    assert crm.records["contact"] == {"9": there}

    for revision in (2, 3):
        Contact.objects.filter(pk=contact.pk).update(revision=revision)
        plan_contact(Contact.objects.get(pk=contact.pk))
        drain_all()

    assert crm.records["contact"] == {
        "9": {**there, "external_id": Installation.this().external_id("contact", contact.pk)}
    }
    assert crm.calls.count("update contact") == 1
