"""At night, oldest first and within the budget: ask for what old records lack, and check phones and addresses anew.

Invariants: a check is asked for once a day at most and not again before its time (`again_after_days`); no more is asked
for than today's budget of the provider can pay, so that nothing piles up for days that have budgets of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from crmsync.enriching import ASKABLE
from crmsync.models import Connection, Push
from crmsync.options import ProviderOptions, told
from crmsync.services.ask import DRAIN_TASK, Wanted, ask
from crmsync.services.budget import spent
from crmsync.services.need import PRIORITY, missing_of_contact, missing_of_property, numbers_of, provider_of
from intake.models import Contact, ContactPoint, Item, Lead, Property
from trail.bell import ring
from trail.models import Workflow

# Hours of the installation's own time zone in which this is done.
NIGHT = range(1, 5)
# Records with an address that they can be looked for by.
_PLACED = ~Q(street="") & (~Q(state="") | ~Q(zip=""))
# Questions that one run asks for at most; the next run of the night goes on.
MOST = 500


def check_at_night(now: datetime) -> int:
    """Ask for what is due, if it is night.

    Args:
        now: the database's time.

    Returns:
        How many questions wait now that did not before, at most `MOST`.
    """
    provider = provider_of(Connection.objects.order_by("pk"))
    if timezone.localtime(now).hour not in NIGHT or provider is None or provider.state != Connection.State.ACTIVE:
        return 0
    options = told(provider.kind, provider.options)
    if not isinstance(options, ProviderOptions):
        return 0
    left = options.budget_cents - spent(now, connection=provider) - _promised(provider, options)
    wanted: list[Wanted] = []
    for one in (*_missing(provider), *_due(provider, options, now)):
        left -= options.price(one.kind)
        if left < 0 or len(wanted) == MOST:
            break
        wanted.append(one)
    with transaction.atomic():
        ask(wanted)
        if wanted:
            ring(DRAIN_TASK, provider.pk)
    return len(wanted)


def _promised(provider: Connection, options: ProviderOptions) -> int:
    """Cents that the questions which wait already may cost."""
    waiting = Push.objects.filter(connection=provider, state=Push.State.WAITING, called_at=None)
    return sum(options.price(kind) for kind in waiting.values_list("kind", flat=True))


def _missing(provider: Connection) -> Iterable[Wanted]:
    """What records lack that a workflow asks for and nobody asked yet, oldest record first."""
    for workflow in Workflow.objects.filter(enabled=True, budget_cents__gt=0).exclude(required={}).order_by("pk"):
        leads = Lead.objects.filter(contact=OuterRef("pk"), source__workflow=workflow)
        people = Contact.objects.filter(Exists(leads), _PLACED, _unasked("contact", workflow)).order_by("pk")[:MOST]
        numbers = numbers_of(contact.pk for contact in people)
        for contact in people:
            yield from missing_of_contact(contact, numbers, workflow, provider)
        items = Item.objects.filter(property=OuterRef("pk"), source__workflow=workflow)
        homes = Property.objects.filter(Exists(items), _PLACED, _unasked("property", workflow)).order_by("pk")[:MOST]
        for home in homes:
            yield from missing_of_property(home, workflow, provider)


def _unasked(noun: str, workflow: Workflow) -> Q:
    """Is a required field empty whose question nobody asked yet?"""
    unasked: Q = Q(pk__in=[])
    for name in workflow.required.get(noun, []):
        service = ASKABLE[noun].get(name)
        if service is not None:
            unasked |= _empty(noun, name) & Q(~Exists(Push.objects.filter(kind=service, **{noun: OuterRef("pk")})))
    return unasked


def _empty(noun: str, name: str) -> Q:
    if name in ("phone", "email"):
        return Q(~Exists(ContactPoint.objects.filter(contact=OuterRef("pk"), kind=name)))
    field = (Contact if noun == "contact" else Property)._meta.get_field(name)
    return Q(**{f"{name}__isnull": True} if field.null else {name: ""})


def _due(provider: Connection, options: ProviderOptions, now: datetime) -> Iterable[Wanted]:
    """Checks whose time has come, what was never checked first, then what was checked longest ago."""
    before = now - timedelta(days=options.again_after_days)
    day = timezone.localdate(now).isoformat()
    for check in options.checks:
        last = Push.objects.filter(kind=check, contact=OuterRef("pk")).order_by("-created_at")
        people = _checkable(check).annotate(last=Subquery(last.values("created_at")[:1]))
        due = people.filter(Q(last=None) | Q(last__lte=before)).order_by(F("last").asc(nulls_first=True), "pk")
        for contact_id in due.values_list("pk", flat=True)[:MOST]:
            yield Wanted(check, provider.pk, contact_id=contact_id, priority=PRIORITY, round=day)


def _checkable(check: str) -> QuerySet[Contact]:
    if check == Push.Kind.CHECK_ADDRESS:
        return Contact.objects.filter(_PLACED)
    phones = ContactPoint.objects.filter(contact=OuterRef("pk"), kind=ContactPoint.Kind.PHONE, key__startswith="+1")
    return Contact.objects.filter(Exists(phones))
