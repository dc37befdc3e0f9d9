"""What crmsync can be asked: which items nothing moves any more, and the equation with them in it.

Invariant: an item in progress moves while a write of its record waits, while the planner would ask for one
(services/plan.py), or while settling would move it (services/settle.py). What none of these moves is stranded, and a
stranded item is lost, though its row is there.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from crmsync.models import Connection, CrmLink, Push
from intake.models import Item
from intake.selectors import Equation, LostReference, equation, item_name

_WRITES = {"contact": Push.Kind.UPSERT_CONTACT, "property": Push.Kind.UPSERT_PROPERTY}
_STRANDED = (
    "it is in progress, but nothing is left that would move it. Open its contact or property, and redrive or restore "
    "the write that was discarded."
)


def reconciled(*, name_lost: int = 50) -> Equation:
    """The equation, with stranded items among the lost ones.

    Args:
        name_lost: of the lost ones, how many to name at most.
    """
    found = equation(name_lost=name_lost)
    stranded = stranded_items()
    count = stranded.count()
    if not count:
        return found
    rows = stranded.select_related("delivery").defer("delivery__body").order_by("pk")[: max(0, name_lost)]
    named = [
        LostReference(item_name(item.pk, item.delivery, item.delivery_id), item.received_at, _STRANDED) for item in rows
    ]
    return replace(
        found,
        in_progress=found.in_progress - count,
        lost=found.lost + count,
        lost_references=(*found.lost_references, *named)[:name_lost],
    )


def stranded_items() -> QuerySet[Item]:
    """Items in progress that nothing moves: no write waits or would be planned, and settling leaves them."""
    crms = _crms()
    idle = _idle(crms)
    recordless = Q(contact__isnull=True, property__isnull=True)
    missing, gave_up = _settling(crms)
    return idle.filter(recordless | (missing & ~gave_up))


def settleable_items() -> QuerySet[Item]:
    """Items in progress that only wait to be settled: their record is in every CRM already, or its write gave up.

    Such a one is an item that brought nothing new: no push was asked for on its account, so none moves it at its end.
    """
    crms = _crms()
    missing, gave_up = _settling(crms)
    if not any(account.state == Connection.State.ACTIVE for account in crms):
        return Item.objects.none()
    return _idle(crms).filter(Q(contact__isnull=False) | Q(property__isnull=False)).filter(~missing | gave_up)


def _crms() -> list[Connection]:
    return [account for account in Connection.objects.order_by("pk") if account.is_crm]


def _idle(crms: list[Connection]) -> QuerySet[Item]:
    """In progress, with no write waiting and none that the planner would ask for."""
    items = Item.objects.filter(state=Item.State.IN_PROGRESS)
    for name, kind in _WRITES.items():
        writes = Push.objects.filter(**{name: OuterRef(name)}, kind=kind)
        items = items.exclude(Q(Exists(writes.filter(state=Push.State.WAITING))))
        for account in _takers(crms, name):
            there = CrmLink.objects.filter(
                **{name: OuterRef(name)}, connection=account, revision__gte=OuterRef(f"{name}__revision")
            )
            tried = writes.filter(
                connection=account,
                state__in=[Push.State.DEAD, Push.State.DISCARDED],
                revision__gte=OuterRef(f"{name}__revision"),
            )
            items = items.exclude(Q(**{f"{name}__isnull": False}) & ~Exists(there) & ~Exists(tried))
    return items


def _settling(crms: list[Connection]) -> tuple[Q, Q]:
    """What an item still lacks at an active CRM, and which of it gave up; as `settle` sees it."""
    active = [account for account in crms if account.state == Connection.State.ACTIVE]
    missing, gave_up = [], []
    for name, kind in _WRITES.items():
        for account in _takers(active, name):
            mine = {name: OuterRef(name), "connection": account}
            there = CrmLink.objects.filter(**mine, revision__gte=OuterRef(f"{name}_revision"))
            dead = Push.objects.filter(
                Q(state=Push.State.DEAD) | Q(state=Push.State.DISCARDED, revision__gte=OuterRef(f"{name}_revision")),
                **mine,
                kind=kind,
            )
            lacks = Q(**{f"{name}__isnull": False}) & ~Exists(there)
            missing.append(lacks)
            gave_up.append(lacks & Exists(dead))
    nothing = Q(pk__in=[])
    return reduce(or_, missing, nothing), reduce(or_, gave_up, nothing)


def _takers(crms: list[Connection], name: str) -> list[Connection]:
    return [account for account in crms if name == "contact" or account.takes_properties]
