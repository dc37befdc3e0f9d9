"""Claim pushes of one account by lease, and load everything they need in a few statements.

Invariants: claims of one account happen one after another (under its row lock), so that two workers never hold two
pushes of one contact; what is claimed is paid for from the account's call budget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from crmsync.models import Agent, Assignment, Connection, CrmLink, Push
from crmsync.options import told
from crmsync.services.reserve import admit, take
from crmsync.services.sending.offers import Offers, offers_for
from crmsync.transport.http import Timeout
from intake.models import Contact, ContactPoint, Lead, Property
from trail import leases

# Results are written when this time is over, so that neither a dead worker nor a slow account holds many of them back.
BATCH_SECONDS = 3.0
# A batch is about half a second's work. What a batch costs beside its calls is then shared by many pushes where an
# account answers at once, while a slow account's pushes are left for other workers to take at the same time.
BATCH_WORK_SECONDS = 0.5
BATCH_PUSHES = (10, 100)
_seconds_per_push: dict[int, float] = {}
# Columns that only the write of the record itself looks at.
_SELDOM = ("provenance", "created_at")


@dataclass(slots=True)
class Batch:
    """What one worker holds of one account.

    Attributes:
        account: the connection as it was when claimed.
        pushes: in the order to send them; all under the same lease token.
        lease: how long the pushes are ours.
        margin: how much of it must be left before a call.
        now: the database's time of the claim.
        reserved: calls set aside for it.
        probe: it is the breaker's probe.
    """

    account: Connection
    pushes: list[Push]
    lease: timedelta
    margin: timedelta
    now: datetime
    reserved: int
    probe: bool
    started: float = field(default_factory=monotonic)

    def clock(self) -> datetime:
        """The database's time, by its time at the claim and what has passed here since."""
        return self.now + timedelta(seconds=monotonic() - self.started)

    def is_over(self) -> bool:
        return monotonic() - self.started > BATCH_SECONDS


def margin_of(account: Connection) -> timedelta:
    """How much of a lease must be left before a call: more than twice the slowest one takes."""
    timeout = Timeout()
    slowest = timeout.connect + told(account.kind, account.options).patience + 2
    return timedelta(seconds=2 * slowest)


def lease_of(account: Connection) -> timedelta:
    """How long a push is ours: a batch long, the margin of its last call, and a little, so that few are renewed."""
    return timedelta(seconds=BATCH_SECONDS + 5) + margin_of(account)


def batch_size(connection_id: int) -> int:
    """How many pushes this process takes at once from this account."""
    fewest, most = BATCH_PUSHES
    pace = _seconds_per_push.get(connection_id, BATCH_WORK_SECONDS / fewest)
    return max(fewest, min(most, round(BATCH_WORK_SECONDS / pace)))


def keep_pace(batch: Batch, sent: int) -> None:
    """Remember how long a push takes at this account, the last few batches counting most."""
    if sent:
        now = max((monotonic() - batch.started) / sent, 0.001)
        before = _seconds_per_push.get(batch.account.pk, now)
        _seconds_per_push[batch.account.pk] = (before + now) / 2


def claim(connection_id: int, *, limit: int, now: datetime) -> Batch | None:
    """Take what is due and may be sent; None when there is nothing, or the account waits.

    Args:
        limit: pushes at most.
        now: the database's time.
    """
    with transaction.atomic():
        account = Connection.objects.select_for_update(no_key=True).get(pk=connection_id)
        permit = admit(account, now)
        if permit is None:
            return None
        lease = lease_of(account)
        wanted = 1 if permit.probe else min(limit, batch_size(connection_id), permit.calls)
        mine = leases.claim(_claimable(account, now), limit=wanted, lease=lease, now=now)
        kept, left, calls = _affordable(_alone_if_suspect(mine), permit.calls, account.rate_limit)
        left += [push for push in mine if push not in kept and push not in left]
        leases.release(left)
        if not kept:
            return None
        take(account, permit, calls, now, lease=lease)
    return Batch(account, kept, lease, margin_of(account), now, calls, permit.probe)


def _claimable(account: Connection, now: datetime) -> QuerySet[Push]:
    """What waits for nothing else, oldest first within its priority.

    Written so that it walks the index `push_due` in its order and stops at the limit, whatever the database believes of
    a table that has just grown: plain NOT EXISTS became joins over all that waits. Few rows are passed over, since
    what waits for another push stands next to it.
    """
    first = Subquery(Push.objects.filter(pk=OuterRef("after_id")).values("state"))
    link = CrmLink.objects.filter(connection=account, contact=OuterRef("contact_id"))
    held = Push.objects.filter(
        connection=account, contact=OuterRef("contact_id"), lease_token__isnull=False, lease_until__gte=now
    )
    return Push.objects.filter(
        Q(after=None) | ~Q(state=first),  # it waits, so this says: the one before waits no more
        Q(contact=None) | ~Exists(held),
        Q(needs_link=False) | Exists(link),
        connection=account,
        state=Push.State.WAITING,
    ).order_by("priority", "next_attempt_at", "id")


def _alone_if_suspect(claimed: list[Push]) -> list[Push]:
    """A push on which a worker died is taken alone, so that the next death can harm no other's count."""
    return next(([push] for push in claimed if push.crashes), claimed)


def _affordable(claimed: list[Push], allowed: int, rate_limit: int) -> tuple[list[Push], list[Push], int]:
    """Those we keep (one per contact, within the allowed calls), those we give back, and the calls they may need."""
    kept: list[Push] = []
    left: list[Push] = []
    people: set[int] = set()
    calls = 0
    for push in claimed:
        cost = 2 if push.is_upsert or push.may_be_there else 1
        cost = min(cost, rate_limit or cost)  # a limit of one call must not keep everything out
        twice = push.contact_id is not None and push.contact_id in people
        if twice or calls + cost > allowed:
            left.append(push)
            continue
        if push.contact_id is not None:
            people.add(push.contact_id)
        calls += cost
        kept.append(push)
    return kept, left, calls


@dataclass(slots=True)
class Records:
    """What a batch needs of our records, by id."""

    contacts: dict[int, Contact]
    points: dict[int, list[ContactPoint]]
    properties: dict[int, Property]
    leads: dict[int, Lead]
    assignments: dict[int, Assignment]
    contact_links: dict[int, CrmLink]
    property_links: dict[int, CrmLink]
    offers: Offers

    def agent(self, lead_id: int) -> Agent | None:
        found = self.assignments.get(lead_id)
        return found.agent if found else None

    def addresses(self, contact_id: int, kind: str) -> list[ContactPoint]:
        """A contact's e-mail addresses or phones, the primary one first and those that reach nobody last."""
        points = [point for point in self.points.get(contact_id, []) if point.kind == kind]
        return sorted(points, key=lambda point: (point.verified is False, not point.is_primary, point.pk))


def load(account: Connection, pushes: Iterable[Push]) -> Records:
    """Read what these pushes need, after they were claimed: what is sent is the newest there is."""
    pushes = list(pushes)
    lead_ids = {push.lead_id for push in pushes if push.lead_id is not None}
    # One source, agent or property serves many leads: read once, not once per lead as a join would.
    homes = Prefetch("property", Property.objects.defer(*_SELDOM))
    leads = Lead.objects.prefetch_related("source", homes).in_bulk(lead_ids)
    contact_ids = {push.contact_id for push in pushes if push.contact_id is not None}
    contact_ids |= {lead.contact_id for lead in leads.values()}
    property_ids = {push.property_id for push in pushes if push.property_id is not None}
    # The contacts before their points: a point that comes in between is sent now and once more, never lost.
    skipped = () if any(push.kind == Push.Kind.UPSERT_CONTACT for push in pushes) else _SELDOM
    contacts = Contact.objects.defer(*skipped).in_bulk(contact_ids)
    points: dict[int, list[ContactPoint]] = {}
    for point in ContactPoint.objects.defer(*skipped).filter(contact__in=contact_ids):
        points.setdefault(point.contact_id, []).append(point)
    links = CrmLink.objects.none()
    if account.is_crm:
        links = CrmLink.objects.filter(Q(contact__in=contact_ids) | Q(property__in=property_ids), connection=account)
    return Records(
        contacts=contacts,
        points=points,
        properties=Property.objects.in_bulk(property_ids),
        leads=leads,
        assignments={
            row.lead_id: row for row in Assignment.objects.prefetch_related("agent").filter(lead__in=lead_ids)
        },
        contact_links={link.contact_id: link for link in links if link.contact_id is not None},
        property_links={link.property_id: link for link in links if link.property_id is not None},
        offers=_offers(account, pushes),
    )


def _offers(account: Connection, pushes: Iterable[Push]) -> Offers:
    """What providers offer for the records that are written; nothing is read for other pushes."""
    written = [push for push in pushes if push.is_upsert] if account.is_crm else []
    if not written:
        return {}
    return offers_for(
        {push.contact_id for push in written if push.contact_id is not None},
        {push.property_id for push in written if push.property_id is not None},
    )
