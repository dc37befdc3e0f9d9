"""A lead's whole way outside: planned once, written search-first, assigned, mailed, and given a task."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crmsync.crms.base import RemoteOwner
from crmsync.models import Assignment, Attempt, Connection, CrmLink, FollowUp, Installation, Push
from crmsync.services import send
from crmsync.services.plan import plan, plan_missing
from crmsync.transport.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    Permanent,
    RateLimited,
    Transient,
)
from intake.models import Contact, Item, Lead, TrailStep
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.integration.crmsync.conftest import Drain
from trail.leases import database_now
from trail.models import AuditEntry

pytestmark = pytest.mark.django_db


def the_steps(lead: Lead) -> list[str]:
    return [step.step for step in lead.steps.order_by("id")]


def plan_lead(lead: Lead) -> None:
    plan(contacts=[lead.contact], properties=[lead.property] if lead.property else [], leads=[lead])


def states(**only: object) -> dict[str, str]:
    return {push.kind: push.state for push in Push.objects.filter(**only).order_by("pk")}


@pytest.fixture
def agent(crm: FakeCrm) -> object:
    one = factories.agent(slug="ann", name="Ann", email="ann@example.com")
    factories.routing_rule(name="All", agents=[one])
    crm.users.append(RemoteOwner("7", "Ann@Example.com", "Ann", True))
    return one


@pytest.fixture
def template(db: None) -> object:
    return factories.email_template(slug="hello")


def test_a_new_lead_is_written_assigned_mailed_and_given_one_task(
    crm: FakeCrm,
    account: Connection,
    mailbox: Connection,
    agent: object,
    template: object,
    mail_folder: Path,
    drain_all: Drain,
) -> None:
    home = factories.property_(mls_id="555", street="1 Oak St", price=450000)
    contact = factories.contact(first_name="Mary", last_name="Lee", email="mary@example.com", phone="5125550187")
    item = factories.item(contact=contact, property=home, contact_revision=1, property_revision=1)
    lead = factories.lead(contact=contact, property=home, item=item)

    plan_lead(lead)
    drain_all()

    contact_id, task_id = next(iter(crm.records["contact"])), next(iter(crm.records["task"]))
    assert crm.records["contact"] == {
        contact_id: {
            "external_id": Installation.this().external_id("contact", contact.pk),
            "first_name": "Mary",
            "last_name": "Lee",
            "email": "mary@example.com",
            "phone": "+15125550187",
            "owner_id": "7",
        }
    }
    assert [row["mls_id"] for row in crm.records["property"].values()] == ["555"]
    task = crm.records["task"][task_id]
    assert (task["external_id"], task["owner_id"]) == (Installation.this().external_id("lead", lead.pk), "7")
    assert task["subject"] == f"Follow up with Mary Lee (L-{lead.pk})"
    assert crm.associations == [(f"task {task_id}", "contact", contact_id)]
    letters = sorted(path.read_text() for path in mail_folder.iterdir())
    assert len(letters) == 2
    assert sum("To: mary@example.com" in letter for letter in letters) == 1
    assert sum("To: ann@example.com" in letter for letter in letters) == 1
    assert set(the_steps(lead)) == {"CRM_CREATED", "ASSIGNED", "EMAIL_SENT", "TASK_CREATED"}
    assert Item.objects.get(pk=item.pk).state == Item.State.IN_CRM
    assert set(states().values()) == {"done"}
    assert Assignment.objects.get(lead=lead).agent == agent
    assert crm.calls.count("search contact") == 1
    assert crm.calls.count("owners") == 1


def test_planning_twice_plans_once(
    crm: FakeCrm, account: Connection, mailbox: Connection, agent: object, drain_all: Drain
) -> None:
    lead = factories.lead()
    plan_lead(lead)
    before = list(Push.objects.order_by("pk").values())

    plan_lead(lead)
    assert list(Push.objects.order_by("pk").values()) == before

    drain_all()
    plan_lead(lead)
    assert plan_missing() == 0
    assert Push.objects.count() == len(before)
    assert FollowUp.objects.count() == 1


def test_the_sweep_plans_what_no_signal_told_of(crm: FakeCrm, account: Connection, agent: object) -> None:
    lead = factories.lead(property=factories.property_())

    assert plan_missing() == 3  # the lead, its contact and its property

    assert set(states()) == {"upsert_contact", "upsert_property", "assign", "task"}
    assert FollowUp.objects.get(lead=lead).routing == "Rule “All” fits."
    assert plan_missing() == 0


def test_the_sweep_plans_a_lead_that_waited_for_weeks_before_it_was_made(
    crm: FakeCrm, account: Connection, agent: object
) -> None:
    weeks_ago = database_now() - timedelta(days=30)
    late = factories.lead(received_at=weeks_ago)
    TrailStep.objects.create(lead=late, step=TrailStep.Step.NORMALIZED)  # redriven, or its source resumed, just now
    old = factories.lead(received_at=weeks_ago)
    TrailStep.objects.create(lead=old, step=TrailStep.Step.NORMALIZED, at=weeks_ago)

    plan_missing()

    assert FollowUp.objects.get().lead == late
    assert Push.objects.filter(lead=late, kind=Push.Kind.TASK).count() == 1


def test_a_dead_write_is_not_planned_again_until_the_record_changes(crm: FakeCrm, account: Connection) -> None:
    contact = factories.contact()
    factories.dead_push(connection=account, contact=contact, key="upsert_contact:x#1", revision=1)
    assert plan_missing() == 0

    Contact.objects.update(revision=2)
    assert plan_missing() == 1


def test_only_changes_are_sent_and_nothing_is_sent_for_none(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    contact = factories.contact(first_name="Mary", last_name="", email="mary@example.com", city="Austin")
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()
    remote = next(iter(crm.records["contact"].values()))
    remote["city"] = "Dallas"  # a person changed it there

    Contact.objects.filter(pk=contact.pk).update(last_name="Lee", city="Austin", revision=2)
    plan(contacts=[Contact.objects.get(pk=contact.pk)], properties=[], leads=[])
    drain_all()
    assert (remote["last_name"], remote["city"]) == ("Lee", "Dallas")

    calls = len(crm.calls)
    Contact.objects.filter(pk=contact.pk).update(first_name="", revision=3)
    plan(contacts=[Contact.objects.get(pk=contact.pk)], properties=[], leads=[])
    drain_all()
    assert remote["first_name"] == "Mary"
    assert len(crm.calls) == calls
    assert CrmLink.objects.get().revision == 3


def test_a_known_person_there_is_adopted_and_their_own_values_stay(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.records["contact"]["9"] = {"email": "mary@example.com", "first_name": "Marie", "city": "Dallas"}
    contact = factories.contact(first_name="Mary", last_name="Lee", email="mary@example.com", city="Austin")
    lead = factories.lead(contact=contact)
    plan_lead(lead)
    drain_all()

    assert list(crm.records["contact"]) == ["9"]
    assert crm.records["contact"]["9"] == {
        "email": "mary@example.com",
        "first_name": "Marie",
        "city": "Dallas",
        "last_name": "Lee",
        "external_id": Installation.this().external_id("contact", contact.pk),
    }
    assert "CRM_UPDATED" in the_steps(lead)
    assert CrmLink.objects.get().created_there is False

    # A newer word of a source does not overwrite what the CRM had first; a person's does.
    Contact.objects.filter(pk=contact.pk).update(city="Houston", revision=2)
    plan(contacts=[Contact.objects.get(pk=contact.pk)], properties=[], leads=[])
    drain_all()
    assert crm.records["contact"]["9"]["city"] == "Dallas"
    Contact.objects.filter(pk=contact.pk).update(provenance={"city": {"origin": "person"}}, revision=3)
    plan(contacts=[Contact.objects.get(pk=contact.pk)], properties=[], leads=[])
    drain_all()
    assert crm.records["contact"]["9"]["city"] == "Houston"


def test_a_shared_phone_with_another_name_and_email_is_another_person(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.records["contact"]["9"] = {"email": "bob@example.com", "first_name": "Bob", "phone": "(512) 555-0187"}
    contact = factories.contact(first_name="Mary", email="mary@example.com", phone="5125550187")
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    assert len(crm.records["contact"]) == 2
    assert crm.records["contact"]["9"] == {"email": "bob@example.com", "first_name": "Bob", "phone": "(512) 555-0187"}


def test_the_same_phone_and_name_is_the_same_person_and_keeps_both_emails(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.records["contact"]["9"] = {"email": "work@example.com", "first_name": "Mary", "phone": "512.555.0187"}
    contact = factories.contact(first_name="Mary", last_name="", email="mary@example.com", phone="5125550187")
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    assert crm.records["contact"]["9"] == {
        "email": "work@example.com",
        "other_emails": "mary@example.com",
        "first_name": "Mary",
        "phone": "512.555.0187",
        "external_id": Installation.this().external_id("contact", contact.pk),
    }


def test_a_conflict_that_search_does_not_show_yet_is_looked_for_again_and_adopted(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.records["contact"]["9"] = {"email": "mary@example.com"}
    crm.search_is_blind = True
    contact = factories.contact(email="mary@example.com")
    plan(contacts=[contact], properties=[], leads=[])

    send.drain(account.pk)
    assert Push.objects.get().error_code == "not_visible_yet"
    crm.search_is_blind = False
    drain_all()

    assert list(crm.records["contact"]) == ["9"]
    assert states() == {"upsert_contact": "done"}


def test_a_record_of_another_contact_of_ours_is_never_taken(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    other = factories.contact(email="old@example.com")
    crm.records["contact"]["9"] = {
        "email": "mary@example.com",
        "external_id": Installation.this().external_id("contact", other.pk),
    }
    factories.crm_link(connection=account, contact=other, remote_id="9")
    contact = factories.contact(email="mary@example.com")
    item = factories.item(contact=contact, contact_revision=1)
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    push = Push.objects.get()
    assert (push.state, push.error_code) == ("dead", "linked_elsewhere")
    assert f"contact {other.pk} of ours" in push.error_message
    assert crm.records["contact"] == {
        "9": {"email": "mary@example.com", "external_id": Installation.this().external_id("contact", other.pk)}
    }
    item.refresh_from_db()
    assert (item.state, item.error_code) == ("dead_letter", "push_dead")
    assert item.problems == [f"HubSpot did not take the contact: {push.error_message}"]


def test_a_stranger_under_our_id_is_never_overwritten(crm: FakeCrm, account: Connection, drain_all: Drain) -> None:
    contact = factories.contact(first_name="Mary", email="mary@example.com")
    stranger = {
        "external_id": Installation.this().external_id("contact", contact.pk),
        "email": "bob@example.com",
        "first_name": "Bob",
    }
    crm.records["contact"]["9"] = dict(stranger)
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    assert crm.records["contact"] == {"9": stranger}
    assert Push.objects.get().error_code == "somebody_else"


def test_a_record_deleted_there_is_written_again(crm: FakeCrm, account: Connection, drain_all: Drain) -> None:
    contact = factories.contact(first_name="Mary", email="mary@example.com")
    factories.crm_link(connection=account, contact=contact, remote_id="55", revision=0)
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    assert crm.people() == {Installation.this().external_id("contact", contact.pk): "mary@example.com"}
    assert CrmLink.objects.get().remote_id == next(iter(crm.records["contact"]))


def test_a_contact_that_vanished_before_its_task_is_written_again_first(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    lead = factories.lead()
    factories.crm_link(connection=account, contact=lead.contact, remote_id="55", revision=1, sent={})
    factories.push(
        connection=account, lead=lead, kind=Push.Kind.TASK, key=f"task:{account.pk}:{lead.pk}", needs_link=True
    )
    drain_all()

    assert list(crm.people()) == [Installation.this().external_id("contact", lead.contact_id)]
    assert [row["external_id"] for row in crm.records["task"].values()] == [
        Installation.this().external_id("lead", lead.pk)
    ]


@pytest.mark.parametrize("kind", ["contact", "task"])
def test_what_was_stored_but_not_answered_is_found_and_not_made_twice(
    crm: FakeCrm, account: Connection, drain_all: Drain, kind: str
) -> None:
    crm.fail(f"create {kind}", Ambiguous("timed_out", "No answer."), done=True)
    crm.search_is_blind = True
    lead = factories.lead()
    plan_lead(lead)
    drain_all()

    assert len(crm.records["contact"]) == 1
    assert len(crm.records["task"]) == 1
    assert the_steps(lead) == ["EMAIL_SKIPPED", "CRM_CREATED", "TASK_CREATED"]
    outcomes = list(Attempt.objects.order_by("pk").values_list("outcome", flat=True))
    assert sorted(outcomes) == ["ambiguous", "ok", "ok"]


def test_what_was_not_stored_is_made_once_after_looking(crm: FakeCrm, account: Connection, drain_all: Drain) -> None:
    crm.fail("create contact", Ambiguous("timed_out", "No answer."))
    contact = factories.contact()
    plan(contacts=[contact], properties=[], leads=[])
    drain_all()

    assert len(crm.records["contact"]) == 1
    assert crm.calls == ["search contact", "create contact", "get contact", "search contact", "create contact"]


def test_failures_that_pass_are_tried_again_and_then_become_a_dead_letter(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.fail("search contact", *[Transient("server_error", "It had a fault.")] * 6)
    lead = factories.lead()
    plan_lead(lead)
    drain_all()

    push = Push.objects.get(kind="upsert_contact")
    assert (push.state, push.attempts, push.error_code) == ("dead", 6, "server_error")
    assert [one.number for one in push.tries.order_by("pk")] == [1, 2, 3, 4, 5, 6]
    assert push.key == f"upsert_contact:{account.pk}:{lead.contact_id}#{push.pk}"
    assert Item.objects.get().state == Item.State.DEAD_LETTER
    task = Push.objects.get(kind="task")
    assert task.state == "waiting"
    assert task.next_attempt_at > database_now().replace(year=2030)


def test_a_retry_is_never_earlier_than_was_asked(crm: FakeCrm, account: Connection) -> None:
    crm.fail("search contact", Transient("server_error", "It had a fault.", 600.0))
    plan(contacts=[factories.contact()], properties=[], leads=[])
    before = database_now()
    send.drain(account.pk)

    push = Push.objects.get()
    assert push.attempts == 1
    assert (push.next_attempt_at - before).total_seconds() >= 600


def test_an_account_that_counts_our_calls_is_held_whole_and_no_attempt_is_spent(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.fail("search contact", RateLimited("rate_limited", "Slow down.", 30.0))
    plan(contacts=[factories.contact(), factories.contact()], properties=[], leads=[])
    before = database_now()

    assert send.drain(account.pk) == 2
    account.refresh_from_db()
    assert account.held_until is not None
    assert (account.held_until - before).total_seconds() >= 30
    assert crm.calls == ["search contact"]
    assert [push.attempts for push in Push.objects.all()] == [0, 0]
    assert send.drain(account.pk) == 0

    drain_all()
    assert len(crm.records["contact"]) == 2


def test_a_refused_key_pauses_the_account_and_says_so(crm: FakeCrm, account: Connection) -> None:
    crm.fail("*", Misconfigured("not_authenticated", "The CRM refused our key."))
    plan(contacts=[factories.contact(), factories.contact()], properties=[], leads=[])
    send.drain(account.pk)

    account.refresh_from_db()
    assert (account.state, account.pause_reason) == ("paused", "The CRM refused our key.")
    assert AuditEntry.objects.filter(action="connection.paused").count() == 1
    assert [(push.state, push.attempts, push.lease_token) for push in Push.objects.all()] == [("waiting", 0, None)] * 2
    assert send.drain(account.pk) == 0


def test_what_is_refused_for_good_is_a_dead_letter_at_once_and_blocks_nobody(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.fail("search contact", Permanent("invalid", "A value was refused."))
    first, second = factories.contact(), factories.contact()
    plan(contacts=[first, second], properties=[], leads=[])
    drain_all()

    assert list(crm.people()) == [Installation.this().external_id("contact", second.pk)]
    dead = Push.objects.get(state="dead")
    assert (dead.contact_id, dead.attempts, dead.group) == (first.pk, 1, "PERMANENT")


def test_an_agent_whom_the_crm_does_not_know_is_a_dead_letter_and_the_task_comes_all_the_same(
    crm: FakeCrm, account: Connection, agent: object, drain_all: Drain
) -> None:
    crm.users.clear()
    lead = factories.lead()
    plan_lead(lead)
    drain_all()

    assert states() == {"upsert_contact": "done", "assign": "dead", "task": "done"}
    assert "no user with the e-mail address of Ann" in Push.objects.get(kind="assign").error_message
    assert "owner_id" not in next(iter(crm.records["task"].values()))


def test_a_bug_in_one_push_takes_no_other_result_with_it_and_counts_as_a_crash(
    crm: FakeCrm, account: Connection
) -> None:
    crm.fail("search contact", ZeroDivisionError("a bug"))
    first, second = factories.contact(), factories.contact()
    plan(contacts=[first, second], properties=[], leads=[])
    send.drain(account.pk)

    broken, fine = Push.objects.order_by("contact_id")
    assert (fine.state, broken.state) == ("done", "waiting")
    assert broken.lease_until is not None
    assert broken.tries.count() == 0

    for _ in range(5):
        crm.fail("search contact", ZeroDivisionError("a bug"))
        Push.objects.filter(pk=broken.pk).update(lease_until=database_now().replace(year=2020))
        send.drain(account.pk)
    broken.refresh_from_db()
    assert (broken.state, broken.error_code, broken.group) == ("dead", "poison", "POISON")


def test_the_schema_is_made_ready_before_the_first_write(crm: FakeCrm, account: Connection) -> None:
    Connection.objects.update(schema_ready_at=None)
    crm.fail("schema", Transient("unreachable", "Not there."))
    plan(contacts=[factories.contact()], properties=[], leads=[])
    send.drain(account.pk)
    push = Push.objects.get()
    assert (crm.calls, push.attempts, push.lease_token) == (["schema"], 0, None)

    Connection.objects.update(held_until=None)
    send.drain(account.pk)
    assert crm.calls == ["schema", "schema", "search contact", "create contact"]


def test_a_listing_reaches_the_crm_without_a_lead(crm: FakeCrm, account: Connection, drain_all: Drain) -> None:
    home = factories.property_(mls_id="777", originating_mls="ACTRIS")
    crm.records["property"]["4"] = {"mls_id": "777", "originating_mls": "other"}
    item = factories.item(property=home, property_revision=1)
    plan(contacts=[], properties=[home], leads=[])
    drain_all()

    mine = [
        row
        for row in crm.records["property"].values()
        if row.get("external_id") == Installation.this().external_id("property", home.pk)
    ]
    assert len(mine) == 1
    assert len(crm.records["property"]) == 2
    item.refresh_from_db()
    assert item.state == Item.State.IN_CRM


def test_a_workflow_says_which_steps_a_lead_gets(
    crm: FakeCrm, account: Connection, mailbox: Connection, agent: object
) -> None:
    workflow = factories.workflow(slug="quiet", steps={"email": False, "task": False})
    lead = factories.lead(source=factories.source(workflow=workflow))
    plan_lead(lead)

    assert set(states()) == {"upsert_contact", "assign", "alert"}
    assert {push.workflow for push in Push.objects.all()} == {"quiet"}


def test_without_crm_and_mailbox_the_trail_says_what_did_not_happen(db: None) -> None:
    factories.routing_rule(agents=[factories.agent(slug="ann")])
    lead = factories.lead()
    plan_lead(lead)

    steps = {step.step: step.proof for step in lead.steps.all()}
    assert steps == {"ASSIGNED": {"agent": "ann"}, "EMAIL_SKIPPED": {"reason": "No mailbox is set up."}}


def test_gone_records_do_not_make_a_not_found_a_dead_letter(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    crm.records["contact"]["9"] = {"email": "mary@example.com"}
    crm.fail("update contact", NotFound("not_found", "It was deleted a moment ago."))
    plan(contacts=[factories.contact(email="mary@example.com")], properties=[], leads=[])
    drain_all()
    assert states() == {"upsert_contact": "done"}


def test_many_records_are_planned_at_once(account: Connection) -> None:
    leads = [factories.lead(contact=factories.contact()) for _ in range(5)]
    plan(contacts=[], properties=[], leads=leads)
    assert Push.objects.filter(kind="upsert_contact").count() == 5
    assert Push.objects.filter(kind="task").count() == 5
