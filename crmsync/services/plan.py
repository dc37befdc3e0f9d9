"""Plan what must happen outside for changed records and new leads: assignments and pushes, in one transaction.

Invariants: planning is idempotent and safe at once. A lead is planned once, for ever (`FollowUp`, under a lock on the
lead); a record's upsert is asked for only while a CRM is behind it, and at most one of them waits. What a lost signal
leaves unplanned, `plan_missing` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from crmsync.models import Assignment, Connection, CrmLink, FollowUp, Push
from crmsync.services.ask import DRAIN_TASK, LEAD_PRIORITY, UPDATE_PRIORITY, Wanted, ask
from crmsync.services.need import needs
from crmsync.services.route import Routed, route
from intake.models import Contact, ContactPoint, Lead, Property, TrailStep
from trail.bell import ring
from trail.inserting import insert
from trail.leases import database_now
from trail.models import AuditEntry
from trail.record import entry, write

Row = TypeVar("Row", Contact, Property)

# A lead that nobody planned for a week after we made it gets no first e-mail or task by a machine any more: it would
# come out of the blue. Its contact reaches the CRM all the same.
OLDEST_LEAD = timedelta(days=7)


def plan(*, contacts: Iterable[Contact], properties: Iterable[Property], leads: Iterable[Lead]) -> None:
    """Ask for everything that these records need outside, and ring for those who do it.

    Args:
        contacts: changed contacts; the contacts of `leads` need not be among them.
        properties: changed properties; likewise.
        leads: new leads.
    """
    people = {contact.pk: contact for contact in contacts}
    homes = {home.pk: home for home in properties}
    lead_ids = [lead.pk for lead in leads]
    accounts = list(Connection.objects.order_by("pk"))
    crms = [account for account in accounts if account.is_crm]
    mailbox = _mailbox(accounts)
    with transaction.atomic():
        fresh = _fresh(lead_ids)
        behind = _Behind(crms, people.values(), homes.values(), fresh)
        routed = route(fresh) if fresh else {}
        first = list(behind.wanted())
        first += [wanted for lead in fresh for wanted in _at_once(lead, routed[lead.pk], crms, mailbox)]
        ids = ask(first)
        second = [wanted for lead in fresh for wanted in _afterwards(lead, crms, mailbox, ids)]
        second += needs(fresh, accounts)
        ask(second)
        _record(fresh, routed, crms, mailbox)
        for connection_id in sorted({wanted.connection_id for wanted in (*first, *second)}):
            ring(DRAIN_TASK, connection_id)


def plan_missing(*, limit: int = 500) -> int:
    """Find what a lost signal left unplanned, and plan it.

    Args:
        limit: leads, contacts and properties at most, each.

    Returns:
        How many records were planned.
    """
    since = database_now() - OLDEST_LEAD
    planned = FollowUp.objects.filter(lead=OuterRef("pk"))
    # New to us, not to its source: a lead may have waited in a paused source, or as a dead letter, for weeks.
    made = TrailStep.objects.filter(lead=OuterRef("pk"), step=TrailStep.Step.NORMALIZED, at__gt=since)
    unplanned = Lead.objects.filter(Q(received_at__gt=since) | Exists(made), ~Exists(planned))
    leads = list(unplanned.order_by("pk")[:limit])
    contacts: dict[int, Contact] = {}
    homes: dict[int, Property] = {}
    for account in (account for account in Connection.objects.order_by("pk") if account.is_crm):
        contacts |= {row.pk: row for row in _unasked(Contact, "contact", account, limit)}
        if account.takes_properties:
            homes |= {row.pk: row for row in _unasked(Property, "property", account, limit)}
    if leads or contacts or homes:
        plan(contacts=contacts.values(), properties=homes.values(), leads=leads)
    return len(leads) + len(contacts) + len(homes)


def _unasked(model: type[Row], name: str, account: Connection, limit: int) -> list[Row]:
    """Records whose revision that CRM lacks, and for which no push waits or gave up."""
    mine = {"connection": account, name: OuterRef("pk")}
    there = CrmLink.objects.filter(**mine, revision__gte=OuterRef("revision"))
    kind = Push.Kind.UPSERT_CONTACT if name == "contact" else Push.Kind.UPSERT_PROPERTY
    tried = Push.objects.filter(
        Q(state=Push.State.WAITING)
        | Q(state__in=[Push.State.DEAD, Push.State.DISCARDED], revision__gte=OuterRef("revision")),
        kind=kind,
        **mine,
    )
    rows = model._default_manager.filter(~Exists(there), ~Exists(tried))
    if model is Contact:
        # Who was only named beside somebody else has nothing that a CRM could know them by.
        unreachable = ~Exists(ContactPoint.objects.filter(contact=OuterRef("pk")))
        rows = rows.exclude(unreachable, household_of__isnull=False)
    return list(rows.order_by("pk")[:limit])


def _mailbox(accounts: Iterable[Connection]) -> Connection | None:
    """The account that e-mails go out by: the first, one that is not paused if there is a choice."""
    mailboxes = [account for account in accounts if account.is_mailbox]
    return min(mailboxes, key=lambda account: (account.state == Connection.State.PAUSED, account.pk), default=None)


def _fresh(lead_ids: list[int]) -> list[Lead]:
    """Those of the leads that nobody has planned; locked, so that nobody else plans them meanwhile."""
    if not lead_ids:
        return []
    leads = (
        Lead.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contact", "property")
        .prefetch_related("source__workflow")
        .defer("contact__provenance", "property__provenance")
        .filter(pk__in=lead_ids)
        .order_by("pk")
    )
    locked = list(leads)
    # Asked only after the locks are held: who planned one of them before us has committed by now.
    planned = set(FollowUp.objects.filter(lead__in=lead_ids).values_list("lead_id", flat=True))
    return [lead for lead in locked if lead.pk not in planned]


class _Behind:
    """Which CRM is behind which record."""

    def __init__(
        self,
        crms: list[Connection],
        contacts: Iterable[Contact],
        homes: Iterable[Property],
        fresh: list[Lead],
    ) -> None:
        self._crms = crms
        self._leads = {lead.contact_id: lead for lead in reversed(fresh)}
        self._homes_of_leads = {lead.property_id for lead in fresh}
        self._contacts = {contact.pk: contact.revision for contact in contacts}
        self._homes = {home.pk: home.revision for home in homes}
        for lead in fresh:
            self._contacts.setdefault(lead.contact_id, lead.contact.revision)
            if lead.property is not None:
                self._homes.setdefault(lead.property.pk, lead.property.revision)
        self._there: dict[tuple[int, str, int], int] = {}
        links = CrmLink.objects.filter(
            Q(contact__in=list(self._contacts)) | Q(property__in=list(self._homes)), connection__in=crms
        )
        if crms and (self._contacts or self._homes):
            for connection_id, contact_id, home_id, revision in links.values_list(
                "connection_id", "contact_id", "property_id", "revision"
            ):
                name = "contact" if contact_id is not None else "property"
                self._there[connection_id, name, contact_id or home_id] = revision

    def wanted(self) -> Iterable[Wanted]:
        for account in self._crms:
            for contact_id, revision in self._contacts.items():
                lead = self._leads.get(contact_id)
                # A new lead of a known contact is told to the CRM too, and then stands on the lead's trail.
                if lead is None and self._there.get((account.pk, "contact", contact_id), 0) >= revision:
                    continue
                yield Wanted(
                    Push.Kind.UPSERT_CONTACT,
                    account.pk,
                    contact_id=contact_id,
                    revision=revision,
                    workflow=_workflow(lead) if lead else "",
                    priority=LEAD_PRIORITY if lead else UPDATE_PRIORITY,
                )
            if not account.takes_properties:
                continue
            for home_id, revision in self._homes.items():
                if self._there.get((account.pk, "property", home_id), 0) < revision:
                    yield Wanted(
                        Push.Kind.UPSERT_PROPERTY,
                        account.pk,
                        property_id=home_id,
                        revision=revision,
                        priority=LEAD_PRIORITY if home_id in self._homes_of_leads else UPDATE_PRIORITY,
                    )


def _at_once(lead: Lead, routed: Routed, crms: list[Connection], mailbox: Connection | None) -> Iterable[Wanted]:
    """What follows from the assignment: the CRM's owner, and word to the agent."""
    if routed.agent is None:
        return
    for account in crms if wants(lead, "assign") else []:
        yield Wanted(
            Push.Kind.ASSIGN,
            account.pk,
            contact_id=lead.contact_id,
            lead_id=lead.pk,
            needs_link=True,
            workflow=_workflow(lead),
        )
    if mailbox is not None and wants(lead, "alert"):
        # Names no contact: word to an agent waits for nothing that happens to the contact.
        yield Wanted(Push.Kind.ALERT, mailbox.pk, lead_id=lead.pk, workflow=_workflow(lead))


def _afterwards(
    lead: Lead, crms: list[Connection], mailbox: Connection | None, ids: Mapping[str, int]
) -> Iterable[Wanted]:
    """What waits for another push: the task for the owner, the e-mail for the CRM record."""
    for account in crms if wants(lead, "task") else []:
        yield Wanted(
            Push.Kind.TASK,
            account.pk,
            contact_id=lead.contact_id,
            lead_id=lead.pk,
            needs_link=True,
            after_id=ids.get(f"{Push.Kind.ASSIGN}:{account.pk}:{lead.pk}"),
            workflow=_workflow(lead),
        )
    if mailbox is not None and wants(lead, "email"):
        upsert = f"{Push.Kind.UPSERT_CONTACT}:{crms[0].pk}:{lead.contact_id}" if crms else ""
        yield Wanted(
            Push.Kind.EMAIL,
            mailbox.pk,
            contact_id=lead.contact_id,
            lead_id=lead.pk,
            after_id=ids.get(upsert),
            workflow=_workflow(lead),
        )


def wants(lead: Lead, step: str) -> bool:
    """Does the lead's workflow ask for this follow-up step? Every step, unless it says otherwise."""
    workflow = lead.source.workflow
    if workflow is None:
        return True
    return workflow.enabled and bool(workflow.steps.get(step, True))


def _workflow(lead: Lead) -> str:
    return lead.source.workflow.slug if lead.source.workflow else ""


def _record(
    fresh: list[Lead], routed: Mapping[int, Routed], crms: list[Connection], mailbox: Connection | None
) -> None:
    """Write the assignments, the marks, and the steps that no push will write."""
    assigned = [(lead, routed[lead.pk]) for lead in fresh if routed[lead.pk].agent is not None]
    insert(
        (Assignment(lead=lead, agent=choice.agent, rule_id=choice.rule_id) for lead, choice in assigned),
        ignore_conflicts=True,
    )
    insert(FollowUp(lead=lead, routing=routed[lead.pk].reason[:200]) for lead in fresh)
    steps: list[TrailStep] = []
    if not crms:
        steps += [
            TrailStep(lead=lead, step=TrailStep.Step.ASSIGNED, proof={"agent": choice.agent.slug})
            for lead, choice in assigned
            if choice.agent is not None
        ]
    if mailbox is None:
        steps += [
            TrailStep(lead=lead, step=TrailStep.Step.EMAIL_SKIPPED, proof={"reason": "No mailbox is set up."})
            for lead in fresh
            if wants(lead, "email")
        ]
    insert(steps, ignore_conflicts=True)
    write(_told(assigned))


def _told(assigned: list[tuple[Lead, Routed]]) -> Iterable[AuditEntry]:
    for lead, choice in assigned:
        if choice.agent is not None:
            yield entry(
                lead,
                "lead.assigned",
                reason=choice.reason,
                lead_id=lead.pk,
                detail={"agent": choice.agent.slug, "rule": choice.rule_id},
            )
