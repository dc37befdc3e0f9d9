"""Send letters: the first e-mail to a contact, and the alert to the agent.

Invariants: a letter's Message-ID is committed before the letter leaves us; one that may have left is never sent again
by a machine; a contact gets at most one first e-mail within the account's window, whoever sends at the same time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import perf_counter

from crmsync.letters import Letter, compose, is_address
from crmsync.links import claim_link, unsubscribe_link
from crmsync.models import EmailTemplate, Push, Suppression
from crmsync.services.sending.caller import LeaseLost
from crmsync.services.sending.desk import Happened, MailDesk, NotNeeded, Outcome, Step
from crmsync.templating import one_line, render
from crmsync.transport.errors import CrmError, Misconfigured, Permanent
from crmsync.transport.http import Exchange
from intake.models import Contact, Lead
from intake.normalize.phone import as_people_write_it

_SAID_NO = "The contact said no to e-mail."
_SUPPRESSED = "The address is on the suppression list."

_ALERT = EmailTemplate(
    subject="New lead {{ lead.reference }}: {{ contact.full_name }}",
    body=(
        "{{ agent.name }}, this lead is yours.\n\n{{ contact.full_name }}\n{{ contact.phone }}\n{{ contact.email }}\n"
        "{{ property.address }}\n\n{{ lead.message }}\n\nFrom {{ source.name }}. Take it here: {{ claim_link }}\n"
    ),
)


def first_email(push: Push, desk: MailDesk) -> Outcome:
    """Send the first e-mail to the push's contact, unless there is a reason not to."""
    if push.lead_id is None or push.contact_id is None:
        raise AssertionError("this push names no lead")
    lead = desk.records.leads[push.lead_id]
    contact = desk.records.contacts[push.contact_id]
    points = desk.records.addresses(contact.pk, "email")
    if not points:
        return _skip("The contact has no e-mail address.")
    address = points[0].value
    addresses = (address.casefold(), points[0].key.casefold())
    if contact.consent_email is False:
        return _skip(_SAID_NO)
    if not desk.suppressed.isdisjoint(addresses):
        return _skip(_SUPPRESSED)
    if not is_address(address):
        return _skip("The address is not one that mail can be sent to.")
    template = _template(desk, EmailTemplate.Purpose.FIRST_EMAIL, lead)
    if template is None:
        return _skip("There is no active template for a first e-mail.")
    unsubscribe = unsubscribe_link(address)
    values = {**_values(desk, lead, contact), "unsubscribe_link": unsubscribe}
    body = render(template.body, values)
    if unsubscribe not in body:
        body = f"{body.rstrip()}\n\n--\nTo stop e-mails from us: {unsubscribe}\n"
    letter = _letter(push, desk, template, address, values, body, unsubscribe)
    since = desk.batch.clock() - timedelta(hours=desk.options.once_in_hours)

    def announce() -> NotNeeded | None:
        if desk.caller.before_first_email(letter.message_id, addresses=addresses, since=since):
            return None
        return _skip(_come_between(push, contact, addresses, since, desk.options.once_in_hours))

    return _send(desk, letter, announce, step=Step.EMAIL_SENT)


def alert(push: Push, desk: MailDesk) -> Outcome:
    """Tell the agent of the push's lead, with the link that claims it."""
    if push.lead_id is None:
        raise AssertionError("this push names no lead")
    lead = desk.records.leads[push.lead_id]
    agent = desk.records.agent(lead.pk)
    if agent is None:
        return NotNeeded("The lead is not assigned to anybody any more.")
    if not is_address(agent.email):
        raise Permanent("bad_address", f"The e-mail address of {agent.name} is not one. Mend it, then redrive.")
    template = _template(desk, EmailTemplate.Purpose.AGENT_ALERT, lead) or _ALERT
    values = _values(desk, lead, desk.records.contacts[lead.contact_id])
    values["claim_link"] = claim_link(lead.pk, agent.pk)
    letter = _letter(push, desk, template, agent.email, values, render(template.body, values), "")
    return _send(desk, letter, lambda: desk.caller.before_letter(letter.message_id), step=None)


def _come_between(push: Push, contact: Contact, addresses: tuple[str, str], since: datetime, hours: float) -> str:
    """What has come to stand against a first e-mail since its batch was loaded.

    Raises:
        LeaseLost: nothing has; the push is not ours any more.
    """
    earlier = Push.objects.filter(kind=Push.Kind.EMAIL, contact=contact, called_at__gt=since).exclude(pk=push.pk)
    if found := earlier.order_by("-called_at").first():
        return f"The contact got our first e-mail for L-{found.lead_id} less than {hours:g} hours before."
    if Suppression.objects.filter(email__in=addresses).exists():
        return _SUPPRESSED
    if Contact.objects.filter(pk=contact.pk, consent_email=False).exists():
        return _SAID_NO
    raise LeaseLost


def _send(desk: MailDesk, letter: Letter, announce: Callable[[], NotNeeded | None], *, step: str | None) -> Outcome:
    """Send a letter; `announce` notes that it is about to go out, or says why it must not."""
    content = compose(letter, desk.batch.clock())
    started = perf_counter()

    def note(status: int | None, answer: str, code: str) -> None:
        request = f"Message-ID: {letter.message_id}\nTo: {letter.to_email}\nSubject: {letter.subject}"
        milliseconds = round((perf_counter() - started) * 1000)
        desk.caller.on_exchange(Exchange("SEND", letter.to_email, request, status, answer, milliseconds, code))

    try:
        desk.mailbox.open()
    except CrmError as error:
        note(None, "", error.code)
        raise
    if (refusal := announce()) is not None:
        return refusal
    try:
        answer = desk.mailbox.send(letter.message_id, letter.from_email, letter.to_email, content)
    except CrmError as error:
        # Where the server refused the letter it lives, and the breaker has nothing to hold against it.
        note(550 if isinstance(error, Permanent | Misconfigured) else None, "", error.code)
        raise
    note(250, answer, "")
    return Happened({"message_id": letter.message_id, "to": letter.to_email}, step)


def _letter(
    push: Push,
    desk: MailDesk,
    template: EmailTemplate,
    to: str,
    values: Mapping[str, str],
    body: str,
    unsubscribe: str,
) -> Letter:
    sender = template.from_email or desk.options.from_email
    if not is_address(sender):
        raise Misconfigured(
            "no_sender", "The mailbox has no sender address. Set from_email in its options or in the template."
        )
    domain = sender.rpartition("@")[2]
    return Letter(
        # Kept when a person sends it again, so that the receiver's mail program may know it for the same letter.
        message_id=push.message_id or f"<push-{push.pk}.{secrets.token_hex(8)}@{domain}>",
        from_name=template.from_name or desk.options.from_name,
        from_email=sender,
        to_email=to,
        subject=one_line(render(template.subject, values)),
        body=body,
        unsubscribe_link=unsubscribe,
    )


def _template(desk: MailDesk, purpose: str, lead: Lead) -> EmailTemplate | None:
    """The template of this purpose: one made for the lead's source before one for any."""
    fitting = [
        one for one in desk.templates if one.purpose == purpose and (not one.sources or lead.source.slug in one.sources)
    ]
    return min(fitting, key=lambda one: (not one.sources, one.pk), default=None)


def _values(desk: MailDesk, lead: Lead, contact: Contact) -> dict[str, str]:
    agent = desk.records.agent(lead.pk)
    emails = desk.records.addresses(contact.pk, "email")
    phones = desk.records.addresses(contact.pk, "phone")
    home = lead.property
    facts = lead.property_facts
    street = home.street if home is not None else str(facts.get("street") or "")
    city = home.city if home is not None else str(facts.get("city") or "")
    price = home.price if home is not None else facts.get("price")
    return {
        "contact.greeting": contact.first_name or "there",
        "contact.first_name": contact.first_name,
        "contact.last_name": contact.last_name,
        "contact.full_name": contact.full_name or contact.company,
        "contact.email": emails[0].value if emails else "",
        "contact.phone": phones[0].shown if phones else "",
        "agent.name": agent.name if agent else desk.options.from_name or "our team",
        "agent.email": agent.email if agent else "",
        "agent.phone": as_people_write_it(agent.phone) if agent else "",
        "property.address": ", ".join(filter(None, (street, city))),
        "property.mls_id": home.mls_id if home is not None else "",
        "property.price": f"${int(price):,}" if price is not None else "",
        "lead.reference": lead.reference,
        "lead.kind": lead.get_kind_display(),
        "lead.message": lead.message,
        "source.name": lead.source.name,
    }


def _skip(reason: str) -> NotNeeded:
    return NotNeeded(reason, Step.EMAIL_SKIPPED)
