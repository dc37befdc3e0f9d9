"""E-mails: once per contact and day, never to who said no, never again by a machine once they may have left."""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from django.test import Client

from crmsync.links import claim_link, unsubscribe_link
from crmsync.mailboxes import registry
from crmsync.models import Assignment, Connection, Push, Suppression
from crmsync.services import send
from crmsync.services.plan import plan
from crmsync.services.redrive import NotByMachine, redrive
from crmsync.transport.errors import Ambiguous, Permanent, Transient
from intake.models import Contact, Lead
from tests import factories
from tests.fakes.mailbox import FakeMailbox
from tests.integration.crmsync.conftest import Drain
from trail.leases import database_now
from trail.models import AuditEntry
from trail.record import STEWARD, Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch, mailbox: Connection) -> FakeMailbox:
    fake = FakeMailbox()
    monkeypatch.setattr(registry, "ADAPTERS", {"mail_files": lambda *_: fake})
    factories.email_template(subject="Hello {{ contact.greeting }}", body="About {{ property.address }}.")
    return fake


def a_lead(**fields: object) -> Lead:
    lead = factories.lead(contact=factories.contact(**fields))
    plan(contacts=[], properties=[], leads=[lead])
    return lead


def step(lead: Lead) -> tuple[str, str]:
    found = lead.steps.get()
    return found.step, found.proof.get("reason", "")


def test_the_letter_says_who_why_and_how_to_stop_it(mailbox: Connection, mail_folder: Path, drain_all: Drain) -> None:
    factories.email_template(subject="Hello {{ contact.greeting }}", body="About {{ property.address }}.")
    contact = factories.contact(first_name="Zoë\r\nBcc: evil@example.com", email="zoe@example.com")
    lead = factories.lead(contact=contact, property=factories.property_(street="1 Oak St", city="Austin"))
    plan(contacts=[], properties=[], leads=[lead])
    drain_all()

    (path,) = mail_folder.iterdir()
    letter = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    push = Push.objects.get()
    assert letter["Message-ID"] == push.message_id == push.tries.get().proof["message_id"]
    assert letter["From"] == "The Team <team@example.com>"
    assert letter["To"] == "zoe@example.com"
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hello Zoë Bcc: evil@example.com"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = letter.get_content()
    assert body.startswith("About 1 Oak St, Austin.")
    assert letter["List-Unsubscribe"].strip("<>") in body
    assert lead.steps.get().proof == {"message_id": push.message_id, "to": "zoe@example.com"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": "", "phone": "5125550187"}, "The contact has no e-mail address."),
        ({"consent_email": False}, "The contact said no to e-mail."),
        ({"email": "never@example.com"}, "The address is on the suppression list."),
        ({"email": "a b@example.com"}, "The address is not one that mail can be sent to."),
    ],
)
def test_who_must_not_be_written_to_is_skipped_with_the_reason(
    post: FakeMailbox, drain_all: Drain, fields: dict[str, object], reason: str
) -> None:
    factories.suppression(email="never@example.com")
    lead = a_lead(**fields)
    drain_all()

    assert post.sent == []
    assert step(lead) == ("EMAIL_SKIPPED", reason)
    assert Push.objects.get().state == "skipped"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda: factories.suppression(email="mary@example.com"), "The address is on the suppression list."),
        (lambda: Contact.objects.update(consent_email=False), "The contact said no to e-mail."),
    ],
)
def test_who_says_no_while_the_letter_is_on_its_way_to_the_door_is_heard(
    post: FakeMailbox, drain_all: Drain, happens: Callable[[], object], reason: str
) -> None:
    post.on_open = happens
    lead = a_lead(email="mary@example.com")
    drain_all()

    assert post.sent == []
    assert step(lead) == ("EMAIL_SKIPPED", reason)
    assert (Push.objects.get().state, Push.objects.get().called_at) == ("skipped", None)


def test_a_letter_whose_lease_is_lost_at_the_door_does_not_leave(post: FakeMailbox, mailbox: Connection) -> None:
    post.on_open = lambda: Push.objects.update(lease_token=1)
    lead = a_lead(email="mary@example.com")
    send.drain(mailbox.pk)

    assert post.sent == []
    assert not lead.steps.exists()
    assert (Push.objects.get().state, Push.objects.get().called_at) == ("waiting", None)


def test_a_contact_gets_one_first_email_a_day(post: FakeMailbox, mailbox: Connection, drain_all: Drain) -> None:
    contact = factories.contact(email="mary@example.com")
    first, second = factories.lead(contact=contact), factories.lead(contact=contact)
    plan(contacts=[], properties=[], leads=[first, second])
    drain_all()

    assert post.sent == ["mary@example.com"]
    assert step(first)[0] == "EMAIL_SENT"
    assert step(second) == (
        "EMAIL_SKIPPED",
        f"The contact got our first e-mail for L-{first.pk} less than 24 hours before.",
    )
    Push.objects.filter(lead=first).update(called_at=database_now() - timedelta(hours=25))
    third = factories.lead(contact=contact)
    plan(contacts=[], properties=[], leads=[third])
    drain_all()
    assert step(third)[0] == "EMAIL_SENT"


def test_a_letter_that_was_certainly_not_taken_is_sent_later(post: FakeMailbox, drain_all: Drain) -> None:
    post.errors = [Transient("interrupted", "It hung up.")]
    lead = a_lead(email="mary@example.com")
    drain_all()
    assert post.sent == ["mary@example.com"]
    assert step(lead)[0] == "EMAIL_SENT"


def test_a_letter_that_was_refused_is_a_dead_letter_and_does_not_count_as_sent(
    post: FakeMailbox, drain_all: Drain
) -> None:
    post.errors = [Permanent("recipient_refused", "No such user.")]
    lead = a_lead(email="mary@example.com")
    drain_all()
    assert (Push.objects.get().state, Push.objects.get().called_at) == ("dead", None)

    again = factories.lead(contact=lead.contact)
    plan(contacts=[], properties=[], leads=[again])
    drain_all()
    assert post.sent == ["mary@example.com"]
    assert step(again)[0] == "EMAIL_SENT"


def test_a_letter_of_unknown_outcome_is_never_sent_again_but_by_a_person(post: FakeMailbox, drain_all: Drain) -> None:
    post.errors, post.leaves_anyway = [Ambiguous("unknown_outcome", "It did not say.")], True
    lead = a_lead(email="mary@example.com")
    drain_all()
    drain_all()
    push = Push.objects.get()
    assert (post.sent, push.state) == (["mary@example.com"], "unknown")
    assert step(lead)[0] == "EMAIL_UNKNOWN"
    known = push.message_id

    with pytest.raises(NotByMachine):
        redrive([push.pk], by=STEWARD)
    push.refresh_from_db()
    assert push.state == "unknown"

    assert redrive([push.pk], by=Actor.person("ann")) == 1
    drain_all()
    push.refresh_from_db()
    assert (post.sent, push.state, push.message_id) == (["mary@example.com"] * 2, "done", known)
    assert [one.step for one in lead.steps.order_by("id")] == ["EMAIL_UNKNOWN", "EMAIL_SENT"]


def test_a_worker_that_dies_while_sending_leaves_an_unknown_outcome(
    post: FakeMailbox, mailbox: Connection, drain_all: Drain
) -> None:
    class Killed(BaseException):
        pass

    post.errors, post.leaves_anyway = [Killed()], True
    lead = a_lead(email="mary@example.com")
    with pytest.raises(Killed):
        send.drain(mailbox.pk)
    push = Push.objects.get()
    assert push.state == "waiting"
    assert push.message_id
    assert push.called_at is not None

    other = factories.lead(contact=lead.contact)
    plan(contacts=[], properties=[], leads=[other])
    drain_all()
    assert post.sent == ["mary@example.com"]
    assert step(lead)[0] == "EMAIL_UNKNOWN"
    assert step(other)[0] == "EMAIL_SKIPPED"


def test_the_agent_gets_the_lead_and_takes_it_once_by_its_link(
    mailbox: Connection, mail_folder: Path, drain_all: Drain, client: Client
) -> None:
    agent = factories.agent(slug="ann", name="Ann", email="ann@example.com")
    factories.routing_rule(agents=[agent])
    lead = a_lead(first_name="Mary <b>", email="mary@example.com", phone="5125550187")
    drain_all()

    letter = email.message_from_bytes(next(mail_folder.iterdir()).read_bytes(), policy=policy.default)
    link = claim_link(lead.pk, agent.pk)
    path = link[link.index("/claim/") :]
    assert "/claim/" in letter.get_content()
    assert "(512) 555-0187" in letter.get_content()

    shown = client.get(path)
    assert b"Mary &lt;b&gt;" in shown.content
    assert b"(512) 555-0187" in shown.content
    assert Assignment.objects.get().claimed_at is None
    assert client.post(path).status_code == 200
    claimed = Assignment.objects.get().claimed_at
    assert claimed is not None
    client.post(path)
    assert Assignment.objects.get().claimed_at == claimed
    assert AuditEntry.objects.filter(action="lead.claimed").count() == 1

    Assignment.objects.update(agent=factories.agent())
    assert client.post(path).status_code == 404
    assert client.get("/claim/made-up/").status_code == 404


def test_the_unsubscribe_page_asks_by_get_and_stops_by_post(client: Client, db: None) -> None:
    link = unsubscribe_link("Mary@example.com")
    path = link[link.index("/unsubscribe/") :]
    strict = Client(enforce_csrf_checks=True)

    assert b"Stop e-mails" in strict.get(path).content
    assert Suppression.objects.count() == 0
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Suppression.objects.get().email == "mary@example.com"
    assert b"You get no more e-mails from us" in strict.get(path).content
    assert strict.post(path).status_code == 200
    assert Suppression.objects.count() == 1
    assert strict.post(path.replace("/unsubscribe/", "/unsubscribe/x")).status_code == 404
    assert client.get(claim_link(1, 1).replace("/claim/", "/unsubscribe/")).status_code == 404


def test_an_email_waits_for_the_crm_record_but_not_for_a_dead_one(
    post: FakeMailbox, account: Connection, mailbox: Connection
) -> None:
    lead = a_lead(email="mary@example.com")
    assert send.drain(mailbox.pk) == 0

    Push.objects.filter(kind="upsert_contact").update(state="dead")
    send.drain(mailbox.pk)
    assert post.sent == ["mary@example.com"]
    assert step(lead)[0] == "EMAIL_SENT"
