"""What new leads lack, as questions to ask of a provider.

Invariant: a question is asked once per record, whoever needs it and however often; nothing is read for leads whose
workflows name no required fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crmsync.enriching import questions
from crmsync.models import Connection
from crmsync.services import known
from crmsync.services.ask import UPDATE_PRIORITY, Wanted
from intake.models import Contact, ContactPoint, Lead, Property
from trail.models import Workflow

# After mere updates: nobody waits for it.
PRIORITY = UPDATE_PRIORITY + 10

Numbers = Mapping[tuple[int, str], Sequence[str]]


def needs(leads: Iterable[Lead], accounts: Iterable[Connection]) -> list[Wanted]:
    """The questions that these leads' workflows ask for.

    Args:
        leads: with contact, property and their source's workflow at hand.
        accounts: all connections; the first active provider is asked.
    """
    provider = provider_of(accounts)
    asking = [(lead, workflow) for lead in leads if (workflow := lead.source.workflow) and _asks(workflow)]
    if provider is None or not asking:
        return []
    numbers = numbers_of(lead.contact_id for lead, workflow in asking if workflow.required.get("contact"))
    wanted: list[Wanted] = []
    for lead, workflow in asking:
        wanted += missing_of_contact(lead.contact, numbers, workflow, provider, lead=lead)
        if lead.property is not None:
            wanted += missing_of_property(lead.property, workflow, provider, lead=lead)
    return wanted


def provider_of(accounts: Iterable[Connection]) -> Connection | None:
    """The account that questions are asked at: the first, one that is not paused if there is a choice."""
    providers = [account for account in accounts if account.is_provider]
    return min(providers, key=lambda account: (account.state == Connection.State.PAUSED, account.pk), default=None)


def numbers_of(contact_ids: Iterable[int]) -> Numbers:
    """The e-mail addresses and phones of contacts, by id and kind."""
    found: dict[tuple[int, str], list[str]] = {}
    ids = set(contact_ids)
    if ids:
        for contact_id, kind, key in ContactPoint.objects.filter(contact__in=ids).values_list(
            "contact_id", "kind", "key"
        ):
            found.setdefault((contact_id, kind), []).append(key)
    return found


def missing_of_contact(
    contact: Contact, numbers: Numbers, workflow: Workflow, provider: Connection, *, lead: Lead | None = None
) -> list[Wanted]:
    """The questions about one contact."""
    emails, phones = numbers.get((contact.pk, "email"), ()), numbers.get((contact.pk, "phone"), ())
    values = known.of_contact(contact, emails, phones, lead)
    return [
        Wanted(
            service,
            provider.pk,
            contact_id=contact.pk,
            lead_id=lead.pk if lead else None,
            revision=contact.revision,
            workflow=workflow.slug,
            priority=PRIORITY,
        )
        for service in questions("contact", values, workflow.required)
    ]


def missing_of_property(
    home: Property, workflow: Workflow, provider: Connection, *, lead: Lead | None = None
) -> list[Wanted]:
    """The questions about one property."""
    return [
        Wanted(
            service,
            provider.pk,
            property_id=home.pk,
            lead_id=lead.pk if lead else None,
            revision=home.revision,
            workflow=workflow.slug,
            priority=PRIORITY,
        )
        for service in questions("property", known.of_property(home), workflow.required)
    ]


def _asks(workflow: Workflow) -> bool:
    return workflow.enabled and bool(workflow.required)
