"""Whatever happens in whatever order, the outside ends up right: one contact, one task, at most one e-mail, newest
values. Leads, changes, deaths, lost answers, late workers and lost bells are drawn by seed; a failing seed runs again.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from crmsync.mailboxes import registry
from crmsync.models import Connection, Installation, Push
from crmsync.services import send
from crmsync.services.plan import plan, plan_missing
from crmsync.services.sending.record import record
from crmsync.transport.errors import Ambiguous, RateLimited, Transient
from intake.models import Contact, Item, Lead
from tests import factories
from tests.fakes.crm import FakeCrm
from tests.fakes.mailbox import FakeMailbox
from trail.leases import database_now

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker's process is gone."""


class World:
    """What may happen, one thing at a time or in the middle of another."""

    def __init__(self, seed: int, crm: FakeCrm, post: FakeMailbox, accounts: list[Connection]) -> None:
        self.dice = random.Random(seed)
        self.crm, self.post, self.accounts = crm, post, accounts
        self.now: datetime = database_now()
        self.depth = 0
        self.busy = False
        crm.on_call = post.on_send = self.in_the_middle

    def step(self) -> None:
        act = self.dice.choice(
            [self.lead, self.lead, self.change, self.work, self.work, self.work, self.later, self.sweep, self.trouble]
        )
        try:
            act()
        except Killed:
            if self.depth:
                raise

    def lead(self) -> None:
        contacts = list(Contact.objects.order_by("pk"))
        contact = self.dice.choice(contacts) if contacts and self.dice.random() < 0.5 else None
        if contact is None:
            contact = factories.contact(first_name="v1")
        lead = factories.lead(contact=contact)
        if self.dice.random() < 0.7:  # otherwise the bell is lost
            plan(contacts=[contact], properties=[], leads=[lead])

    def change(self) -> None:
        contact = Contact.objects.order_by("?").first()
        if contact is not None:
            contact.revision += 1
            contact.first_name = f"v{contact.revision}"
            contact.save()
            if self.dice.random() < 0.7:
                plan(contacts=[contact], properties=[], leads=[])

    def work(self) -> None:
        for account in self.accounts:
            send.drain(account.pk, now=self.now, limit=self.dice.choice([1, 3, 20]))

    def later(self) -> None:
        self.now += timedelta(seconds=self.dice.choice([1, 5, 30, 120]))
        if self.dice.random() < 0.5:  # leases run out
            Push.objects.exclude(lease_until=None).update(lease_until=database_now() - timedelta(seconds=1))

    def sweep(self) -> None:
        plan_missing()

    def trouble(self) -> None:
        operation = self.dice.choice(["search contact", "create contact", "update contact", "create task", "get task"])
        error: BaseException = self.dice.choice(
            [
                Transient("server_error", "A fault."),
                Ambiguous("timed_out", "No answer."),
                RateLimited("rate_limited", "Slow down.", 1.0),
                Killed(),
            ]
        )
        done = isinstance(error, Ambiguous | Killed) and self.dice.random() < 0.5
        self.crm.fail(operation, error, done=done)
        if self.dice.random() < 0.3:
            self.post.errors.append(self.dice.choice([Killed(), Transient("interrupted", "It hung up.")]))

    def in_the_middle(self, _: str) -> None:
        """Right before a call goes out, after its last check: anything else may happen."""
        if self.depth >= 2 or self.dice.random() > 0.3:
            return
        self.depth += 1
        try:
            self.dice.choice([self.change, self.later, self.work, self.lead, self.sweep])()
        finally:
            self.depth -= 1

    def rest(self) -> None:
        """No more trouble: everything comes to its end."""
        self.crm.on_call = self.post.on_send = None
        self.crm._failures.clear()
        self.post.errors.clear()
        for _ in range(60):
            self.now += timedelta(seconds=150)
            Push.objects.exclude(lease_until=None).update(lease_until=database_now() - timedelta(seconds=1))
            plan_missing()
            self.work()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_outside_ends_up_right(
    seed: int, crm: FakeCrm, account: Connection, mailbox: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = FakeMailbox()
    monkeypatch.setattr(registry, "ADAPTERS", {"mail_files": lambda *_: post})
    monkeypatch.setattr("trail.leases.MAX_CRASHES", 1000)
    monkeypatch.setattr("crmsync.services.sending.attempt.MAX_CRASHES", 1000)
    factories.email_template()
    world = World(seed, crm, post, [account, mailbox])
    for _ in range(60):
        world.step()
    world.rest()

    contacts = {Installation.this().external_id("contact", contact.pk): contact for contact in Contact.objects.all()}
    theirs = {row["external_id"]: row for row in crm.records["contact"].values()}
    assert len(crm.records["contact"]) == len(contacts)
    assert {id: row["first_name"] for id, row in theirs.items()} == {
        id: contact.first_name for id, contact in contacts.items()
    }
    leads = list(Lead.objects.all())
    assert sorted(row["external_id"] for row in crm.records["task"].values()) == sorted(
        Installation.this().external_id("lead", x.pk) for x in leads
    )
    assert len(post.sent) == len(set(post.sent)), "somebody got two e-mails"
    assert not Push.objects.filter(state__in=["waiting", "dead"]).exists()
    assert set(Item.objects.values_list("state", flat=True)) == {"in_crm"}
    for lead in leads:
        steps = set(lead.steps.values_list("step", flat=True))
        assert steps & {"CRM_CREATED", "CRM_UPDATED"}
        assert "TASK_CREATED" in steps
        assert len(steps & {"EMAIL_SENT", "EMAIL_SKIPPED", "EMAIL_UNKNOWN"}) == 1


def test_recording_twice_changes_nothing(crm: FakeCrm, account: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(contacts=[factories.contact()], properties=[], leads=[])

    def twice(*args: object, **kwargs: object) -> object:
        written = record(*args, **kwargs)  # type: ignore[arg-type]
        before = list(Push.objects.values())
        for result in args[1]:  # type: ignore[attr-defined]
            result.push.state = Push.State.WAITING
        assert record(*args, **kwargs) == []  # type: ignore[arg-type]
        assert list(Push.objects.values()) == before
        return written

    monkeypatch.setattr(send, "record", twice)
    send.drain(account.pk)
    assert Push.objects.get().tries.count() == 1
