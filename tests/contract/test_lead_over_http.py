"""Our leads in the sandbox CRM, over real HTTP: the whole way, and on a bad day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmsync.models import Connection, Installation, Push
from crmsync.services import send
from crmsync.services.check_connection import check
from crmsync.services.plan import plan
from crmsync.services.sending.assign import forget_owners
from intake.models import Item, Lead
from intake.secrets import seal
from tests import factories
from tests.contract.conftest import TOKEN, Sandbox
from trail.leases import database_now
from trail.record import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sandbox: Sandbox) -> Connection:
    forget_owners()
    return factories.connection(
        slug="hubspot",
        base_url=sandbox.url,
        secret_reference=seal(TOKEN),
        options={"allow_private": True, "timeout_seconds": 2},
        rate_limit=0,
    )


@pytest.fixture
def mailbox(tmp_path: Path, settings: Any) -> Connection:
    settings.EMAIL_FILES_DIR = tmp_path
    factories.email_template()
    return factories.connection(
        slug="mail", kind=Connection.Kind.MAIL_FILES, rate_limit=0, options={"from_email": "team@example.com"}
    )


def drain_all() -> None:
    now = database_now()
    for _ in range(60):
        for account in Connection.objects.order_by("pk"):
            send.drain(account.pk, now=now)
        now += timedelta(seconds=40)
        if not Push.objects.filter(state="waiting").exists():
            return


def leads(number: int) -> list[Lead]:
    made = []
    for index in range(number):
        contact = factories.contact(first_name=f"Person{index}", phone=f"512555{index:04}")
        home = factories.property_(street=f"{index} Oak St", price=400_000 + index)
        item = factories.item(contact=contact, property=home, contact_revision=1, property_revision=1)
        made.append(factories.lead(contact=contact, property=home, item=item))
    plan(contacts=[], properties=[], leads=made)
    return made


def test_a_lead_goes_all_the_way(account: Connection, mailbox: Connection, sandbox: Sandbox) -> None:
    agent = factories.agent(slug="ann", email=sandbox.server.store.owners()[0].email)
    factories.routing_rule(agents=[agent])
    assert check(account.pk, by=Actor.person("ann")).ok
    (lead,) = leads(1)
    drain_all()

    (contact,) = sandbox.records("contacts").items()
    (task,) = sandbox.records("tasks").items()
    assert contact[1]["steward_id"] == Installation.this().external_id("contact", lead.contact_id)
    assert contact[1]["hubspot_owner_id"] == task[1]["hubspot_owner_id"] == str(sandbox.server.store.owners()[0].id)
    assert sandbox.associated(task[0], "contacts") == [contact[0]]
    assert [row["hs_price"] for row in sandbox.records("listings").values()] == ["400000"]
    steps = set(lead.steps.values_list("step", flat=True))
    assert steps == {"CRM_CREATED", "ASSIGNED", "EMAIL_SENT", "TASK_CREATED"}
    assert Item.objects.get().state == "in_crm"
    sent = Push.objects.get(kind="upsert_contact").tries.get()
    assert [call["status"] for call in sent.exchanges] == [200, 201]
    assert TOKEN not in str(sent.exchanges)


def test_a_bad_day_doubles_nothing_and_loses_nothing(
    account: Connection, mailbox: Connection, sandbox: Sandbox
) -> None:
    check(account.pk, by=Actor.person("ann"))
    sandbox.fault("status", status=503, rate=0.05, seed=1)
    sandbox.fault("retry_after", seconds=1, rate=0.1, seed=2)
    sandbox.fault("stored_500", rate=0.05, seed=3)
    sandbox.fault("stored_reset", rate=0.03, seed=4)
    sandbox.fault("reset", rate=0.02, seed=5)
    made = leads(25)
    drain_all()

    contacts = sandbox.records("contacts")
    assert sorted(row["steward_id"] for row in contacts.values()) == sorted(
        Installation.this().external_id("contact", x.contact_id) for x in made
    )
    tasks = sandbox.records("tasks")
    assert sorted(row["steward_id"] for row in tasks.values()) == sorted(
        Installation.this().external_id("lead", x.pk) for x in made
    )
    assert len(sandbox.records("listings")) == 25
    assert set(Push.objects.values_list("state", flat=True)) == {"done"}
    assert set(Item.objects.values_list("state", flat=True)) == {"in_crm"}


def test_a_wrong_key_pauses_the_account(account: Connection, sandbox: Sandbox) -> None:
    Connection.objects.update(secret_reference=seal("pat-wrong-000000000"))
    leads(1)
    send.drain(account.pk)
    account.refresh_from_db()
    assert account.state == "paused"
    assert Push.objects.filter(state="waiting", attempts=0).count() == Push.objects.count()
    assert sandbox.records("contacts") == {}
