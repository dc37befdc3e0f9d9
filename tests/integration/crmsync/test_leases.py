"""Many workers, dead workers, late workers: each push is sent once, and whoever lost it writes nothing."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from crmsync.models import Assignment, Attempt, Connection, CrmLink, FollowUp, Installation, Push
from crmsync.services import send
from crmsync.services.plan import plan
from crmsync.services.sending import record as recording
from crmsync.services.sending.caller import Caller
from crmsync.transport.errors import Ambiguous
from intake.models import Contact, Lead
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.integration.crmsync.conftest import Drain
from tests.threads import at_once
from trail.leases import MAX_CRASHES, database_now
from trail.models import AuditEntry


class Killed(BaseException):
    """The worker's process is gone."""


def expire(now_less: timedelta = timedelta(seconds=1)) -> None:
    Push.objects.exclude(lease_until=None).update(lease_until=database_now() - now_less)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_calls_nothing_more_and_writes_nothing(crm: FakeCrm, account: Connection) -> None:
    lead = factories.lead()
    plan(contacts=[], properties=[], leads=[lead])

    def lose(operation: str) -> None:
        Push.objects.exclude(lease_until=None).update(lease_token=1)

    crm.on_call = lose
    send.drain(account.pk)

    assert crm.calls == ["search contact"]  # the create was not made any more
    push = Push.objects.get(kind="upsert_contact")
    assert (push.state, push.attempts, push.called_at) == ("waiting", 0, None)
    assert Attempt.objects.count() == 0
    assert not AuditEntry.objects.filter(action__startswith="push.").exists()


@pytest.mark.django_db
def test_a_result_that_comes_too_late_is_not_written(crm: FakeCrm, account: Connection, drain_all: Drain) -> None:
    contact = factories.contact()
    plan(contacts=[contact], properties=[], leads=[])
    took_over: list[int] = []

    def slow_create(operation: str) -> None:
        if operation == "create contact" and not took_over:
            took_over.append(1)
            expire()
            send.drain(account.pk)  # another worker takes it over, finds nothing, and creates it

    crm.on_call = slow_create
    send.drain(account.pk)

    assert crm.people() == {Installation.this().external_id("contact", contact.pk): contact.points.get().value}
    push = Push.objects.get()
    assert (push.state, push.crashes) == ("done", 1)
    assert Attempt.objects.count() == 1
    assert CrmLink.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["search contact", "create contact", "after the answer"])
def test_whoever_dies_is_followed_by_somebody_who_makes_no_second_record(
    crm: FakeCrm, account: Connection, monkeypatch: pytest.MonkeyPatch, drain_all: Drain, where: str
) -> None:
    lead = factories.lead()
    plan(contacts=[], properties=[], leads=[lead])
    with monkeypatch.context() as patch:
        if where == "after the answer":

            def die(*_: object, **__: object) -> None:
                raise Killed

            patch.setattr(send, "record", die)
        else:
            crm.fail(where, Killed(), done=True)
        with pytest.raises(Killed):
            send.drain(account.pk)
    crm.search_is_blind = True
    drain_all()

    assert list(crm.people()) == [Installation.this().external_id("contact", lead.contact_id)]
    assert [row["external_id"] for row in crm.records["task"].values()] == [
        Installation.this().external_id("lead", lead.pk)
    ]
    assert Push.objects.get(kind="upsert_contact").crashes == 1


@pytest.mark.django_db
def test_a_newer_revision_that_comes_while_sending_is_sent_too(
    crm: FakeCrm, account: Connection, drain_all: Drain
) -> None:
    contact = factories.contact(first_name="Mary")
    plan(contacts=[contact], properties=[], leads=[])

    def change(operation: str) -> None:
        if operation == "create contact":
            Contact.objects.filter(pk=contact.pk).update(first_name="Maria", revision=2)
            plan(contacts=[Contact.objects.get(pk=contact.pk)], properties=[], leads=[])

    crm.on_call = change
    drain_all()

    assert [row["first_name"] for row in crm.records["contact"].values()] == ["Maria"]
    assert Push.objects.count() == 1
    assert Push.objects.get().key == f"upsert_contact:{account.pk}:{contact.pk}#{Push.objects.get().pk}"
    assert CrmLink.objects.get().revision == 2
    assert AuditEntry.objects.filter(action="push.renewed").count() == 1


@pytest.mark.django_db
def test_two_pushes_of_one_contact_are_never_held_at_once(crm: FakeCrm, account: Connection) -> None:
    contact = factories.contact()
    factories.crm_link(connection=account, contact=contact, remote_id="9", revision=0)
    crm.records["contact"]["9"] = {}
    leads = [factories.lead(contact=contact) for _ in range(3)]
    plan(contacts=[], properties=[], leads=leads)
    held: list[int] = []

    def look(operation: str) -> None:
        held.append(Push.objects.filter(lease_until__gt=database_now()).count())

    crm.on_call = look
    send.drain(account.pk)
    assert set(held) == {1}
    assert len(crm.records["task"]) == 3


@pytest.mark.django_db
def test_outcomes_are_written_again_when_the_database_was_away(
    crm: FakeCrm, account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(contacts=[factories.contact()], properties=[], leads=[])
    tries: list[float] = []

    def away(*args: object, **kwargs: object) -> object:
        if len(tries) < 2:
            raise OperationalError("the server closed the connection")
        return recording.record(*args, **kwargs)  # type: ignore[arg-type]

    class NotInATest:
        in_atomic_block = False

        def close(self) -> None: ...

    monkeypatch.setattr(send, "record", away)
    monkeypatch.setattr(send, "connection", NotInATest())
    # The module's own name for it: other threads of this process (the door's watchdog) sleep by the real one.
    monkeypatch.setattr(send, "time", SimpleNamespace(sleep=tries.append, perf_counter=time.perf_counter))
    send.drain(account.pk)
    assert tries == [0.2, 1.0]
    assert Push.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_never_send_the_same_push(crm: FakeCrm, account: Connection) -> None:
    leads = [factories.lead(contact=factories.contact()) for _ in range(30)]
    plan(contacts=[], properties=[], leads=leads)
    busy = threading.local()

    def nothing_is_open(operation: str) -> None:
        assert not connection.in_atomic_block
        busy.seen = True

    crm.on_call = nothing_is_open
    at_once(4, lambda: send.drain(account.pk))
    send.drain(account.pk)

    assert sorted(crm.people()) == sorted(Installation.this().external_id("contact", lead.contact_id) for lead in leads)
    assert crm.calls.count("create contact") == 30
    assert crm.calls.count("create task") == 30
    assert set(Push.objects.values_list("state", flat=True)) == {"done"}
    assert Attempt.objects.count() == Push.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_planners_at_once_plan_once_and_take_fair_turns(account: Connection) -> None:
    agents = [factories.agent() for _ in range(2)]
    factories.routing_rule(agents=agents)
    leads = [factories.lead() for _ in range(12)]

    at_once(4, lambda: plan(contacts=[leads[0].contact], properties=[], leads=leads))
    at_once(4, lambda: [plan(contacts=[], properties=[], leads=[lead]) for lead in Lead.objects.order_by("-pk")])

    assert FollowUp.objects.count() == 12
    assert Push.objects.filter(kind="upsert_contact").count() == 12
    assert Push.objects.filter(kind="task").count() == 12
    assert [agent.assignments.count() for agent in agents] == [6, 6]


@pytest.mark.django_db(transaction=True)
def test_leads_of_one_contact_planned_at_once_go_to_one_agent(account: Connection) -> None:
    factories.routing_rule(agents=[factories.agent() for _ in range(4)])
    contact = factories.contact()
    for _ in range(8):
        factories.lead(contact=contact)

    leads = list(Lead.objects.order_by("pk"))
    at_once(4, lambda: [plan(contacts=[], properties=[], leads=[lead]) for lead in leads])

    assert FollowUp.objects.count() == 8
    assert Push.objects.filter(kind="upsert_contact").count() == 1
    assert Assignment.objects.values("agent").distinct().count() == 1
    reasons = FollowUp.objects.order_by("pk").values_list("routing", flat=True)
    assert sum("has this contact already" in reason for reason in reasons) == 7


@pytest.mark.django_db(transaction=True)
def test_planning_against_finishing_never_loses_the_newest_revision(crm: FakeCrm, account: Connection) -> None:
    contacts = [factories.contact(first_name="r1") for _ in range(6)]
    plan(contacts=contacts, properties=[], leads=[])
    done = threading.Event()
    revisions = list(range(15, 1, -1))
    planner = threading.Lock()

    def work() -> None:
        if planner.acquire(blocking=False):
            try:
                while revisions:
                    Contact.objects.update(first_name=f"r{revisions[-1]}", revision=revisions[-1])
                    plan(contacts=list(Contact.objects.order_by("-pk")), properties=[], leads=[])
                    revisions.pop()
                done.set()
            finally:
                planner.release()
            return
        for _ in range(500):
            if done.is_set():
                return
            if not send.drain(account.pk):
                done.wait(0.01)

    at_once(3, work)
    assert revisions == []
    for _ in range(3):
        send.drain(account.pk)

    assert {row["first_name"] for row in crm.records["contact"].values()} == {"r15"}
    assert len(crm.records["contact"]) == 6
    assert not Push.objects.exclude(state="done").exists()


@pytest.mark.django_db
def test_a_lost_answer_does_not_shorten_the_wait_before_looking(crm: FakeCrm, account: Connection) -> None:
    crm.fail("create contact", Ambiguous("timed_out", "No answer."), done=True)
    plan(contacts=[factories.contact()], properties=[], leads=[])
    before = database_now()
    send.drain(account.pk)
    push = Push.objects.get()
    assert push.called_at is not None
    assert push.next_attempt_at - before >= timedelta(seconds=2)


@pytest.mark.django_db
def test_a_push_that_kills_its_workers_takes_no_neighbor_with_it(
    crm: FakeCrm, account: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [factories.contact() for _ in range(4)]
    plan(contacts=people, properties=[], leads=[])
    killer = Push.objects.get(contact=people[1])
    begin = Caller.begin

    def die_over_the_killer(caller: Caller, push: Push) -> None:
        if push == killer:
            raise Killed
        begin(caller, push)

    with monkeypatch.context() as patch:
        patch.setattr(Caller, "begin", die_over_the_killer)
        for _ in range(MAX_CRASHES + len(people)):
            with contextlib.suppress(Killed):
                send.drain(account.pk)
            expire()
    send.drain(account.pk)

    killer.refresh_from_db()
    assert (killer.state, killer.error_code) == ("dead", "poison")
    assert Push.objects.filter(state="done").count() == 3
    assert max(Push.objects.filter(state="done").values_list("crashes", flat=True)) <= 1
