"""People put dead letters back to work or away; what hung on them follows."""

from __future__ import annotations

import socket

import pytest

from crmsync.models import Connection, Installation, Push
from crmsync.services import send
from crmsync.services.check_connection import check
from crmsync.services.plan import plan
from crmsync.services.redrive import NotDiscarded, ReasonMissing, discard, redrive, restore
from crmsync.transport.errors import Misconfigured, Permanent
from intake.models import Contact, Item
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.integration.crmsync.conftest import Drain
from trail.models import AuditEntry
from trail.record import Actor

pytestmark = pytest.mark.django_db
ANN = Actor.person("ann")


@pytest.fixture
def dead(crm: FakeCrm, account: Connection, drain_all: Drain) -> Push:
    """The write of a lead's contact, refused for good."""
    crm.fail("search contact", Permanent("invalid", "A value was refused."))
    lead = factories.lead()
    plan(contacts=[], properties=[], leads=[lead])
    drain_all()
    push = Push.objects.get(state="dead")
    assert Item.objects.get().state == "dead_letter"
    return push


def test_a_redriven_write_goes_through_and_brings_what_waited_for_it(
    dead: Push, crm: FakeCrm, drain_all: Drain
) -> None:
    assert redrive([dead.pk], by=ANN, reason="mended") == 1
    item = Item.objects.get()
    assert (item.state, item.error_code, item.problems) == ("in_progress", "", [])
    dead.refresh_from_db()
    assert dead.key == f"upsert_contact:{dead.connection_id}:{dead.contact_id}"

    drain_all()
    assert Item.objects.get().state == "in_crm"
    assert len(crm.records["task"]) == 1
    assert AuditEntry.objects.get(action="push.redriven").actor == "ann"
    assert [(one.number, one.outcome) for one in dead.tries.order_by("pk")] == [(1, "dead"), (2, "ok")]


def test_a_redrive_gives_way_to_a_newer_write(dead: Push, crm: FakeCrm) -> None:
    Contact.objects.update(revision=2)
    plan(contacts=[Contact.objects.get()], properties=[], leads=[])

    assert redrive([dead.pk], by=ANN) == 0
    dead.refresh_from_db()
    assert dead.state == "superseded"
    assert Push.objects.filter(kind="upsert_contact", state="waiting").count() == 1


def test_a_later_write_that_arrives_ends_the_dead_letter_and_the_items(
    dead: Push, crm: FakeCrm, drain_all: Drain
) -> None:
    Contact.objects.update(revision=2)
    plan(contacts=[Contact.objects.get()], properties=[], leads=[])
    drain_all()

    dead.refresh_from_db()
    assert dead.state == "superseded"
    assert Item.objects.get().state == "in_crm"


def test_what_is_no_dead_letter_is_left_alone(account: Connection) -> None:
    done = factories.push(connection=account, state=Push.State.DONE)
    assert redrive([done.pk], by=ANN) == 0
    assert discard([done.pk], by=ANN, reason="no lead") == 0
    done.refresh_from_db()
    assert done.state == "done"


def test_a_discard_takes_its_items_along_and_can_be_taken_back(dead: Push) -> None:
    with pytest.raises(ReasonMissing):
        discard([dead.pk], by=ANN, reason=" ")
    assert Item.objects.get().state == "dead_letter"

    assert discard([dead.pk], by=ANN, reason="a test") == 1
    assert Item.objects.get().state == "discarded"
    restore(dead.pk, by=ANN)
    dead.refresh_from_db()
    assert (dead.state, Item.objects.get().state) == ("dead", "dead_letter")
    with pytest.raises(NotDiscarded):
        restore(dead.pk, by=ANN)


def test_a_crm_push_that_may_have_had_an_effect_is_looked_for_when_redriven(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    contact = factories.contact()
    crm.records["contact"]["9"] = {"external_id": Installation.this().external_id("contact", contact.pk)}
    crm.search_is_blind = True
    push = factories.dead_push(
        connection=account, contact=contact, called_at=factories.moment(), error_code="timed_out"
    )
    redrive([push.pk], by=ANN)
    drain_all()
    assert list(crm.records["contact"]) == ["9"]
    assert crm.calls[0] == "get contact"


def test_the_connection_test_says_first_whether_it_works_and_then_what_is_to_be_known(
    crm: FakeCrm, account: Connection
) -> None:
    checked = check(account.pk, by=ANN, timer=iter([1.0, 1.412]).__next__)
    assert checked.ok
    account.refresh_from_db()
    assert account.last_check == (
        "HubSpot works; the test took 412 ms.\nCreated on contacts: steward_id.\nThere are no users there."
    )
    assert account.last_check_ok is True

    crm.fail("schema", Misconfigured("not_authenticated", "The CRM refused our key."))
    assert not check(account.pk, by=ANN, timer=iter([1.0, 1.05]).__next__).ok
    account.refresh_from_db()
    assert account.last_check == "HubSpot does not work yet; the test took 50 ms.\nThe CRM refused our key."
    assert (account.last_check_ok, account.state) == (False, "active")
    assert AuditEntry.objects.filter(action="connection.checked").count() == 2


@pytest.mark.parametrize("kind", ["hubspot", "smtp"])
def test_a_test_that_reached_nobody_names_address_and_reason_and_promises_no_second_call(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    address = f"http://127.0.0.1:{port}" if kind == "hubspot" else f"127.0.0.1:{port}"
    options = {"allow_private": True} if kind == "hubspot" else {}
    monkeypatch.setenv("STEWARD_THERE", "key")
    account = factories.connection(kind=kind, base_url=address, options=options, secret_reference="env:STEWARD_THERE")

    sentence = check(account.pk, by=ANN).sentences[-1]

    assert sentence.startswith("The CRM" if kind == "hubspot" else "The mail server")
    assert f"could not be reached ({address}, connection refused). Check" in sentence
    assert "again" not in sentence


def test_a_missing_secret_is_said_in_words(crm: FakeCrm, account: Connection) -> None:
    Connection.objects.update(secret_reference="env:STEWARD_NO_SUCH_SECRET")
    plan(contacts=[factories.contact()], properties=[], leads=[])
    send.drain(account.pk)
    account.refresh_from_db()
    assert account.state == "paused"
    assert "STEWARD_NO_SUCH_SECRET is not set" in account.pause_reason
    assert Push.objects.get().attempts == 0
