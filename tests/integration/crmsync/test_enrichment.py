"""What a record lacks is asked of a provider once, over HTTP, and lands beside what we were told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.signing import dumps
from django.db import DataError, OperationalError, connection
from django.forms.models import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crmsync.links import answer_link
from crmsync.models import Attempt, Connection, CrmLink, Push, Spending
from crmsync.providers.base import Answer, Found
from crmsync.sandbox.faults import Fault
from crmsync.sandbox.provider import ProviderServer
from crmsync.services import send
from crmsync.services.ask import Wanted, ask
from crmsync.services.budget import settle_price, spent
from crmsync.services.keep_answers import keep_answers
from crmsync.services.plan import plan
from crmsync.services.redrive import NotByMachine, redrive
from crmsync.services.sending import record as record_module
from crmsync.services.sending.batch import claim
from crmsync.services.sending.caller import Caller
from crmsync.services.sending.record import Result, record
from intake.models import Contact, EnrichedValue, Lead
from intake.secrets import seal
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.integration.crmsync.conftest import Drain
from tests.threads import at_once
from trail.leases import MAX_CRASHES, database_now
from trail.models import AuditEntry, Workflow
from trail.record import STEWARD, Actor

TOKEN = "sandbox-token"
HOME = {"street": "1208 E 7th St", "city": "Austin", "state": "TX", "zip": "78702"}
SOMEBODY = Actor.person("kim")


@pytest.fixture
def sandbox() -> Iterator[ProviderServer]:
    server = ProviderServer(("127.0.0.1", 0), token=TOKEN, delay=3600)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.close()
    thread.join(5)


def account_at(sandbox: ProviderServer, **options: Any) -> Connection:
    return factories.provider(
        slug="data", base_url=sandbox.url, secret_reference=seal(TOKEN), options={"cents": {"trace": 12}, **options}
    )


def a_lead(*, required: Any = None, budget: int = 1000, workflow: Workflow | None = None, **contact: Any) -> Lead:
    one = workflow or factories.workflow(
        name="New lead", required=required or {"contact": ["phone"]}, budget_cents=budget, steps={"email": False}
    )
    person = factories.contact(**{**HOME, **contact})
    return factories.lead(source=factories.source(workflow=one), contact=person)


def soon() -> datetime:
    """A second from now, so that nothing hangs on the clock's last digit."""
    return database_now() + timedelta(seconds=1)


def plan_for(lead: Lead) -> None:
    plan(contacts=(), properties=(), leads=[lead])


def billed(sandbox: ProviderServer) -> int:
    return len(sandbox.bill.billed)


def dies_in(place: Any, name: str, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Do the work, and be dead as soon as it comes there."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(place, name, die)
        with pytest.raises(SystemExit):
            work()


def question() -> Push:
    return Push.objects.get(kind=Push.Kind.TRACE)


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_that_see_a_record_at_once_bill_one_call(sandbox: ProviderServer) -> None:
    account = account_at(sandbox)
    workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=1000)
    first = a_lead(workflow=workflow)
    leads = [first, *(factories.lead(source=first.source, contact=first.contact) for _ in range(19))]
    turns = iter(leads)

    def work() -> None:
        lead = next(turns, first)
        plan_for(lead)
        send.drain(account.pk, now=soon())

    at_once(20, work)
    send.drain(account.pk, now=soon())

    assert billed(sandbox) == 1
    assert question().state == Push.State.DONE
    assert EnrichedValue.objects.filter(field="phone", contact=first.contact).count() == 1
    assert spent(database_now(), connection=account) == 12


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_never_spend_more_than_the_budget(sandbox: ProviderServer) -> None:
    account = account_at(sandbox)
    workflow = factories.workflow(name="New lead", required={"contact": ["phone"]}, budget_cents=60)
    for number in range(20):
        plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))

    at_once(20, lambda: send.drain(account.pk, limit=1, now=soon()))
    send.drain(account.pk, now=soon())

    assert billed(sandbox) == 5
    assert spent(database_now(), workflow=workflow.slug) == 60
    waiting = Push.objects.filter(kind=Push.Kind.TRACE, state=Push.State.WAITING)
    assert waiting.count() == 15
    assert {push.error_code for push in waiting} == {"budget_spent"}
    assert all(push.next_attempt_at > database_now() and push.attempts == 0 for push in waiting)


@pytest.mark.django_db
class TestOneQuestion:
    def test_what_we_were_told_stays_byte_for_byte(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        lead = a_lead(first_name="Ana", street="1208  e 7TH st")
        before = model_to_dict(Contact.objects.get())
        points = list(lead.contact.points.values())
        plan_for(lead)

        send.drain(account.pk, now=soon())

        assert model_to_dict(Contact.objects.get()) == before
        assert list(lead.contact.points.values()) == points
        value = EnrichedValue.objects.get(field="phone")
        assert (value.contact, value.property, value.provider) == (lead.contact, None, "data")
        assert (value.cost_cents, value.ask) == (12, question().pk)
        assert value.value.startswith("+1312555")
        assert value.confidence is not None
        told = AuditEntry.objects.get(action="push.done", lead_id=lead.pk)
        assert told.detail == {
            "from": "waiting",
            "to": "done",
            "connection": "data",
            "found": "email, phone",
            "cents": 12,
        }

    def test_a_lead_that_lacks_nothing_asks_nothing(self, sandbox: ProviderServer) -> None:
        account_at(sandbox)

        plan_for(a_lead(phone="5125550142"))

        assert not Push.objects.filter(kind=Push.Kind.TRACE).exists()

    def test_a_lead_that_cannot_be_looked_for_asks_nothing(self, sandbox: ProviderServer) -> None:
        account_at(sandbox)

        plan_for(a_lead(street=""))

        assert not Push.objects.filter(kind=Push.Kind.TRACE).exists()

    def test_what_arrived_meanwhile_is_not_asked_and_may_be_asked_later(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        lead = a_lead()
        plan_for(lead)
        point = factories.contact_point(contact=lead.contact, kind="phone", value="5125550142", key="+15125550142")

        send.drain(account.pk, now=soon())

        assert billed(sandbox) == 0
        assert question().state == Push.State.SKIPPED
        assert not Spending.objects.exists()
        point.delete()
        plan_for(factories.lead(source=lead.source, contact=lead.contact))
        send.drain(account.pk, now=soon())
        assert billed(sandbox) == 1

    def test_a_record_that_cannot_be_looked_for_says_so(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        plan_for(a_lead())
        Contact.objects.update(street="")

        send.drain(account.pk, now=soon())

        assert question().state == Push.State.SKIPPED
        assert question().error_message.startswith("The record has no street with a state or ZIP")
        assert billed(sandbox) == 0

    def test_a_seller_is_looked_for_at_the_home_that_is_for_sale(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        lead = a_lead(street="", city="", state="", zip="")
        Lead.objects.filter(pk=lead.pk).update(
            kind=Lead.Kind.SELLER, property_facts={"street": "9 Oak Ave", "state": "TX"}
        )
        plan_for(lead)

        send.drain(account.pk, now=soon())

        assert [one["what"] for one in sandbox.bill.billed] == ["9 Oak Ave TX"]

    def test_nobody_found_costs_nothing(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        plan_for(a_lead(street="1 Nowhere Ln"))

        send.drain(account.pk, now=soon())

        assert question().state == Push.State.DONE
        assert list(Spending.objects.order_by("pk").values_list("cents", "reason")) == [
            (12, ""),
            (-12, "the answer cost less"),
        ]

    def test_a_property_gets_its_owner_history(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        home = factories.property_(state="TX", zip="78702")
        lead = a_lead(required={"property": ["owner_history", "year_built"]})
        Lead.objects.filter(pk=lead.pk).update(property=home)

        plan_for(lead)
        send.drain(account.pk, now=soon())

        assert billed(sandbox) == 1
        assert {"owner_history", "year_built"} <= set(home.enriched.values_list("field", flat=True))
        home.refresh_from_db()
        assert (home.owner_history, home.year_built, home.revision) == ("", None, 1)


@pytest.mark.django_db
class TestUnknownOutcomes:
    @pytest.mark.parametrize("rule", ["stored_500", "stored_reset"])
    def test_a_lost_answer_is_never_asked_again_by_a_machine(
        self, sandbox: ProviderServer, drain_all: Drain, rule: str
    ) -> None:
        account_at(sandbox)
        plan_for(a_lead())
        sandbox.faults.add(Fault(rule, count=1))

        drain_all(until=timedelta(days=3))

        assert billed(sandbox) == 1
        assert question().state == Push.State.UNKNOWN
        assert "may have billed the question" in question().error_message
        assert spent(database_now()) == 12
        with pytest.raises(NotByMachine):
            redrive([question().pk], by=STEWARD)

    def test_a_person_may_ask_again(self, sandbox: ProviderServer, drain_all: Drain) -> None:
        account_at(sandbox)
        plan_for(a_lead())
        sandbox.faults.add(Fault("stored_500", count=1))
        drain_all()

        redrive([question().pk], by=SOMEBODY)
        drain_all()

        assert billed(sandbox) == 2
        assert question().state == Push.State.DONE
        assert spent(database_now()) == 24

    @pytest.mark.parametrize("rule", ["reset", "retry_after"])
    def test_what_was_not_done_costs_nothing_where_that_is_certain(
        self, sandbox: ProviderServer, drain_all: Drain, rule: str
    ) -> None:
        account_at(sandbox)
        plan_for(a_lead())
        sandbox.faults.add(Fault(rule, count=1, seconds=1))

        drain_all()

        # A broken connection tells nothing; a 429 tells that nothing was done.
        states = {"reset": (Push.State.UNKNOWN, 0, 12), "retry_after": (Push.State.DONE, 1, 12)}
        assert (question().state, billed(sandbox), spent(database_now())) == states[rule]

    def test_a_provider_that_cannot_be_reached_is_asked_later(self, db: None, drain_all: Drain) -> None:
        factories.provider(slug="data", base_url="http://127.0.0.1:1", options={"cents": {"trace": 12}})
        plan_for(a_lead())

        send.drain(Connection.objects.get(slug="data").pk)

        assert question().state == Push.State.WAITING
        assert question().error_message.startswith("Provider could not be reached")
        assert spent(database_now()) == 0

    def test_no_balance_pauses_the_provider_and_keeps_the_question(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        plan_for(a_lead())
        sandbox.faults.add(Fault("status", status=403, count=1))

        send.drain(account.pk, now=soon())

        account.refresh_from_db()
        assert account.state == Connection.State.PAUSED
        assert "no balance" in account.pause_reason
        assert (question().state, question().called_at, spent(database_now())) == (Push.State.WAITING, None, 0)

    def test_a_worker_that_dies_after_the_announcement_bills_nothing_twice(
        self, sandbox: ProviderServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = account_at(sandbox)
        plan_for(a_lead())

        dies_in(Caller, "before_call", monkeypatch, lambda: send.drain(account.pk, now=soon()))
        assert question().called_at is not None
        later = database_now() + timedelta(hours=1)

        send.drain(account.pk, now=later)

        assert billed(sandbox) == 0
        assert (question().state, question().error_code) == (Push.State.UNKNOWN, "worker_died")
        assert spent(database_now()) == 12

    def test_a_worker_that_dies_after_the_answer_bills_nothing_twice(
        self, sandbox: ProviderServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = account_at(sandbox)
        plan_for(a_lead())

        dies_in(send, "_record", monkeypatch, lambda: send.drain(account.pk, now=soon()))
        for hours in range(1, MAX_CRASHES + 2):
            send.drain(account.pk, now=database_now() + timedelta(hours=hours))

        assert billed(sandbox) == 1
        assert question().state == Push.State.UNKNOWN


@pytest.mark.django_db
class TestBudgets:
    def test_a_spent_budget_is_refused_in_words_and_asked_when_there_is_money(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox)
        lead = a_lead(budget=0)
        plan_for(lead)

        send.drain(account.pk, now=soon())

        words = (
            "No money may be spent at or for the workflow New lead: its budget is $0.00 a day. This question costs up "
            "to $0.12. It waits until tomorrow; the lead goes on without the answer. Raise the budget to have it asked."
        )
        assert question().error_message == words
        entry = AuditEntry.objects.get(action="push.postponed")
        assert (entry.reason, entry.lead_id) == (words, lead.pk)
        Workflow.objects.update(budget_cents=12)
        send.drain(account.pk, now=question().next_attempt_at)
        assert (billed(sandbox), question().state) == (1, Push.State.DONE)

    def test_what_is_given_back_after_midnight_counts_for_the_day_before(self, db: None) -> None:
        asked = factories.push(kind=Push.Kind.TRACE, connection=factories.provider())
        yesterday = timezone.localdate() - timedelta(days=1)
        factories.spending(push=asked, cents=12, day=yesterday)

        assert settle_price(asked, 5, "the answer cost less") == 5

        assert [(row.cents, row.day) for row in Spending.objects.order_by("pk")] == [(12, yesterday), (-7, yesterday)]
        assert spent(database_now()) == 0

    def test_the_provider_has_a_budget_too(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox, budget_cents=11)
        plan_for(a_lead())

        send.drain(account.pk, now=soon())

        assert question().error_message.startswith("Today's budget of Provider is $0.11, and $0.00 of it are spent.")
        assert billed(sandbox) == 0

    def test_yesterday_is_over(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox, budget_cents=12)
        factories.spending(connection=account, day=timezone.localdate() - timedelta(days=1))
        plan_for(a_lead())

        send.drain(account.pk, now=soon())

        assert billed(sandbox) == 1


@pytest.mark.django_db
class TestFilling:
    @pytest.fixture
    def asked(self, sandbox: ProviderServer, account: Connection, crm: FakeCrm, drain_all: Drain) -> Lead:
        """A lead whose contact got a phone from the provider, which may fill it."""
        account_at(sandbox, fills={"contact": ["phone"]})
        lead = a_lead()
        plan_for(lead)
        drain_all()
        plan(contacts=[Contact.objects.get()], properties=(), leads=())
        drain_all()
        return lead

    def test_an_empty_field_of_the_crm_is_filled(self, asked: Lead, crm: FakeCrm) -> None:
        phone = EnrichedValue.objects.get(field="phone").value

        assert [record["phone"] for record in crm.records["contact"].values()] == [phone]
        assert not asked.contact.points.filter(kind="phone").exists()

    def test_without_leave_nothing_is_filled(
        self, sandbox: ProviderServer, account: Connection, crm: FakeCrm, drain_all: Drain
    ) -> None:
        account_at(sandbox)
        plan_for(a_lead())

        drain_all()
        plan(contacts=[Contact.objects.get()], properties=(), leads=())
        drain_all()

        assert [record.get("phone") for record in crm.records["contact"].values()] == [None]

    def test_what_stands_in_the_crm_by_now_stays(
        self, sandbox: ProviderServer, account: Connection, crm: FakeCrm, drain_all: Drain
    ) -> None:
        provider = account_at(sandbox, fills={"contact": ["phone"]})
        plan_for(a_lead())
        send.drain(account.pk, now=soon())
        (record,) = crm.records["contact"].values()
        record["phone"] = "+15125550142"
        send.drain(provider.pk, now=soon())

        plan(contacts=[Contact.objects.get()], properties=(), leads=())
        drain_all()

        assert record["phone"] == "+15125550142"
        assert CrmLink.objects.get().sent["phone"] is None

    def test_what_somebody_says_later_stands_above_it(self, asked: Lead, crm: FakeCrm, drain_all: Drain) -> None:
        factories.contact_point(contact=asked.contact, kind="phone", value="5125550142", key="+15125550142")
        Contact.objects.update(revision=9)

        plan(contacts=[Contact.objects.get()], properties=(), leads=())
        drain_all()

        assert [record["phone"] for record in crm.records["contact"].values()] == ["+15125550142"]


@pytest.mark.django_db
class TestChecks:
    def check(self, account: Connection, contact: Contact, kind: str) -> None:
        ask([Wanted(kind, account.pk, contact_id=contact.pk, round="2026-11-02")])
        send.drain(account.pk, now=soon())

    def test_a_dead_number_is_flagged_and_goes_to_the_end_of_the_line(
        self, sandbox: ProviderServer, account: Connection, crm: FakeCrm, drain_all: Drain
    ) -> None:
        provider = account_at(sandbox)
        contact = factories.contact(phone="5125550199", provenance={})
        factories.contact_point(contact=contact, kind="phone", value="5125550101", key="+15125550101")

        self.check(provider, contact, Push.Kind.CHECK_PHONES)

        assert billed(sandbox) == 2
        verified = dict(contact.points.filter(kind="phone").values_list("key", "verified"))
        assert verified == {"+15125550199": False, "+15125550101": True}
        assert list(contact.points.filter(kind="phone").values_list("value", flat=True)) == ["5125550199", "5125550101"]
        contact.refresh_from_db()
        assert contact.revision == 2
        plan(contacts=[contact], properties=(), leads=())
        drain_all()
        (record,) = crm.records["contact"].values()
        assert (record["phone"], record["inactive_phones"]) == ("+15125550101", "+15125550199")

    def test_a_foreign_number_is_not_asked_for_as_the_american_one_that_its_end_looks_like(
        self, sandbox: ProviderServer
    ) -> None:
        provider = account_at(sandbox)
        contact = factories.contact(phone="5125550101")
        factories.contact_point(contact=contact, kind="phone", value="+44 7911 123456", key="+447911123456")

        self.check(provider, contact, Push.Kind.CHECK_DNC)

        assert billed(sandbox) == 1
        assert set(contact.enriched.values_list("about", flat=True)) == {"+15125550101"}

    @pytest.mark.parametrize(
        ("kind", "number"), [(Push.Kind.CHECK_DNC, "5125550198"), (Push.Kind.CHECK_TCPA, "5125550197")]
    )
    def test_who_must_not_be_called_is_marked(self, sandbox: ProviderServer, kind: str, number: str) -> None:
        contact = factories.contact(phone=number, do_not_call=False)

        self.check(account_at(sandbox), contact, kind)

        contact.refresh_from_db()
        assert (contact.do_not_call, contact.revision) == (True, 2)
        assert contact.provenance["do_not_call"]["by"] == "data"

    def test_a_list_without_the_number_loosens_nothing(self, sandbox: ProviderServer) -> None:
        contact = factories.contact(phone="5125550101", do_not_call=True)

        self.check(account_at(sandbox), contact, Push.Kind.CHECK_DNC)

        contact.refresh_from_db()
        assert (contact.do_not_call, contact.revision) == (True, 1)


@pytest.mark.django_db
class TestLaterAnswers:
    @pytest.fixture
    def asked(self, sandbox: ProviderServer) -> list[Push]:
        """Two questions that went in one call and wait for their answers."""
        account = account_at(sandbox, by_callback=True, answer_within_hours=2)
        workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=1000)
        for number in (1, 2):
            plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))
        send.drain(account.pk, now=soon())
        return list(Push.objects.filter(kind=Push.Kind.TRACE).order_by("pk"))

    def answer(self, asked: list[Push], *, request: str = "", link: str = "") -> Any:
        """Post what the provider would, for both; returns the response."""
        mark, _, name = asked[0].message_id.partition(" ")
        persons = [
            {
                "request": {"requestId": f"push-{push.pk}"},
                "phoneNumbers": [{"number": f"31255501{push.pk % 100:02d}", "score": 90}],
            }
            for push in asked
        ]
        body = {"meta": {"requestId": request or name}, "results": {"persons": persons}}
        address = link or answer_link(asked[0].connection_id, mark)
        return Client().post(address[address.index("/answers/") :], body, content_type="application/json")

    def test_many_questions_are_one_call(self, sandbox: ProviderServer, asked: list[Push]) -> None:
        assert [call["path"] for call in sandbox.bill.calls] == ["/property/skip-trace/async"]
        assert [push.state for push in asked] == [Push.State.WAITING] * 2
        assert [push.error_code for push in asked] == ["answer_awaited"] * 2
        assert asked[0].message_id == asked[1].message_id
        assert spent(database_now()) == 24

    @pytest.mark.parametrize("rule", ["stored_500", "stored_reset"])
    def test_a_call_for_many_whose_answer_was_lost_asks_none_of_them_again(
        self, sandbox: ProviderServer, drain_all: Drain, rule: str
    ) -> None:
        account_at(sandbox, by_callback=True)
        workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=1000)
        for number in (1, 2, 3):
            plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))
        sandbox.faults.add(Fault(rule, count=1))

        drain_all(until=timedelta(days=2))

        assert [call["path"] for call in sandbox.bill.calls] == ["/property/skip-trace/async"]
        assert set(Push.objects.filter(kind=Push.Kind.TRACE).values_list("state", flat=True)) == {Push.State.UNKNOWN}
        assert spent(database_now()) == 36

    @pytest.mark.parametrize(("status", "state"), [(423, Push.State.WAITING), (400, Push.State.DEAD)])
    def test_a_question_that_was_tried_and_failed_rides_along_with_no_later_call_of_its_batch(
        self, sandbox: ProviderServer, status: int, state: str
    ) -> None:
        account = account_at(sandbox, by_callback=True)
        workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=1000)
        for number in (1, 2):
            plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))
        sandbox.faults.add(Fault("status", status=status, count=1))

        send.drain(account.pk, now=soon())

        first, second = Push.objects.filter(kind=Push.Kind.TRACE).order_by("pk")
        assert (first.state, first.called_at) == (state, None)
        assert (second.state, second.error_code) == (Push.State.WAITING, "answer_awaited")
        # What is recorded as not asked was not asked: the one match of the second call is the second question's.
        assert [call["billed"] for call in sandbox.bill.calls] == [0, 1]
        assert spent(database_now()) == 12

    def test_an_answer_that_comes_while_the_connection_cannot_be_used_is_asked_for_again(
        self, asked: list[Push]
    ) -> None:
        account = Connection.objects.get(slug="data")
        good, account.options = account.options, {"cents": "a lot"}
        account.save()

        told = self.answer(asked)

        assert (told.status_code, EnrichedValue.objects.count()) == (503, 0)
        account.options = good
        account.save()
        assert self.answer(asked).json() == {"answers": 2}

    def test_the_link_for_the_answer_is_in_no_kept_exchange(self, asked: list[Push]) -> None:
        mark = asked[0].message_id.partition(" ")[0]
        token = answer_link(asked[0].connection_id, mark).split("/answers/")[1].strip("/")

        kept = str(list(Attempt.objects.filter(push__in=asked).values_list("exchanges", flat=True)))

        assert "webhookUrl" in kept
        assert token not in kept

    def test_a_sign_that_no_database_keeps_costs_no_answer(self, asked: list[Push]) -> None:
        mark, _, name = asked[0].message_id.partition(" ")
        answers = [{"request": {"requestId": f"push-{push.pk}"}, "emails": ["ann\x00@example.com"]} for push in asked]
        link = answer_link(asked[0].connection_id, mark)
        body = {"meta": {"requestId": name}, "results": {"persons": answers}}

        told = Client().post(link[link.index("/answers/") :], body, content_type="application/json")

        assert told.json() == {"answers": 2}
        assert set(EnrichedValue.objects.values_list("value", flat=True)) == {"ann@example.com"}

    def test_where_the_money_is_not_enough_for_all_some_are_asked(self, sandbox: ProviderServer) -> None:
        account = account_at(sandbox, by_callback=True)
        workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=30)
        for number in (1, 2, 3):
            plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))

        send.drain(account.pk, now=soon())

        assert sorted(Push.objects.filter(kind=Push.Kind.TRACE).values_list("error_code", flat=True)) == [
            "answer_awaited",
            "answer_awaited",
            "budget_spent",
        ]
        assert spent(database_now()) == 24

    def test_the_answer_finishes_them_once(self, asked: list[Push]) -> None:
        assert self.answer(asked).json() == {"answers": 2}
        assert self.answer(asked).json() == {"answers": 0}

        for push in asked:
            push.refresh_from_db()
            assert push.state == Push.State.DONE
            assert push.contact is not None
            assert push.contact.enriched.filter(field="phone").count() == 1
        assert spent(database_now()) == 24

    @pytest.mark.parametrize("wrong", ["link", "name"])
    def test_who_knows_only_one_of_link_and_name_is_not_heard(self, asked: list[Push], wrong: str) -> None:
        forged = "/answers/" + dumps([asked[0].connection_id, "x"], salt="somewhere else") + "/"
        told = self.answer(
            asked, **({"link": forged} if wrong == "link" else {"request": "01ARZ3NDEKTSV4RRFFQ69G5FAV"})
        )

        assert told.status_code == 404
        assert not EnrichedValue.objects.exists()
        assert not Push.objects.filter(state=Push.State.DONE).exists()

    def test_an_answer_that_never_comes_is_shown_and_not_asked_again(
        self, sandbox: ProviderServer, asked: list[Push], drain_all: Drain
    ) -> None:
        drain_all(until=timedelta(days=2))

        asked[0].refresh_from_db()
        assert (asked[0].state, asked[0].error_code) == (Push.State.UNKNOWN, "never_answered")
        assert len(sandbox.bill.calls) == 1
        assert self.answer(asked).json() == {"answers": 2}

    def test_a_worker_that_died_after_the_call_waits_for_the_answer(
        self, sandbox: ProviderServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = account_at(sandbox, by_callback=True)
        plan_for(a_lead())

        dies_in(send, "_record", monkeypatch, lambda: send.drain(account.pk, now=soon()))
        send.drain(account.pk, now=database_now() + timedelta(hours=1))

        assert (question().state, question().error_code) == (Push.State.WAITING, "answer_awaited")
        assert self.answer([question()]).json() == {"answers": 1}
        assert billed(sandbox) == 1


@pytest.mark.django_db
def test_outcomes_are_written_again_whole_when_the_database_went_away_in_the_middle(
    sandbox: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_at(sandbox)
    plan_for(a_lead())
    batch = claim(account.pk, limit=1, now=soon())
    assert batch is not None
    (push,) = batch.pushes
    result = Result(push, 1, "ok", push.finish(proof={}), 1, answer=Answer([Found("phone", "+13125550101")]), cost=12)

    def away(*_: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(record_module, "keep_answers", away)
        with pytest.raises(OperationalError):
            record(account, [result], now=database_now())

    assert record(account, [result], now=database_now()) == [result]
    assert question().state == Push.State.DONE
    assert EnrichedValue.objects.get().value == "+13125550101"


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_the_database_refuses_takes_no_other_with_it(
    sandbox: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_at(sandbox)
    workflow = factories.workflow(required={"contact": ["phone"]}, budget_cents=1000)
    for number in (1, 2):
        plan_for(a_lead(workflow=workflow, street=f"{number} Elm St"))
    odd = Push.objects.filter(kind=Push.Kind.TRACE).order_by("pk").first()

    def refusing(account: Connection, answers: Any, now: datetime) -> None:
        if any(push == odd for push, *_ in answers):
            raise DataError("invalid input")
        keep_answers(account, answers, now)

    monkeypatch.setattr(record_module, "keep_answers", refusing)
    send.drain(account.pk, now=soon())

    states = dict(Push.objects.filter(kind=Push.Kind.TRACE).values_list("pk", "state"))
    assert odd is not None
    assert states.pop(odd.pk) == Push.State.WAITING
    assert list(states.values()) == [Push.State.DONE]


@pytest.mark.django_db
def test_the_same_answer_is_kept_once(sandbox: ProviderServer) -> None:
    account = account_at(sandbox)
    plan_for(a_lead())
    send.drain(account.pk, now=soon())
    values = list(EnrichedValue.objects.values())

    again = Answer([Found(one["field"], one["value"], one["about"]) for one in values], 1)
    keep_answers(account, [(question(), again, 12)], database_now())

    assert list(EnrichedValue.objects.values()) == values


@pytest.mark.django_db
def test_planning_reads_nothing_more_without_required_fields_and_once_a_batch_with_them(
    sandbox: ProviderServer,
) -> None:
    account_at(sandbox)

    def statements(required: dict[str, list[str]], number: int) -> int:
        workflow = factories.workflow(required=required, budget_cents=1000)
        source = factories.source(workflow=workflow)
        leads = [factories.lead(source=source, contact=factories.contact(phone="5125550142")) for _ in range(number)]
        with CaptureQueriesContext(connection) as asked:
            plan(contacts=(), properties=(), leads=leads)
        return len(asked)

    without = statements({}, 5)
    assert statements({"contact": ["phone"]}, 5) == without + 1
    assert statements({"contact": ["phone"]}, 10) == without + 1
