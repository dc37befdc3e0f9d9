"""What may be spent today: set aside before a question is asked, given back where the answer cost less.

Invariants: money is set aside under a lock on the provider and then on the workflow, so that however many workers ask
at once never more than either budget is set aside in a day; a ledger row is never changed. A day is that of the
installation's time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from crmsync.models import Connection, Push, Spending
from crmsync.options import ProviderOptions, read
from trail.models import Workflow


class BudgetSpent(Exception):
    """There is not enough left today. The message says of what, in words; `until` is when there is more."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.message = message
        self.until = until


def set_aside(wanted: Mapping[Push, int], account: Connection, *, now: datetime) -> None:
    """Write the ledger rows for questions that are about to be asked. Call it inside a transaction.

    Args:
        wanted: cents per question; all of one workflow.
        account: the provider.
        now: the database's time.

    Raises:
        BudgetSpent: nothing was written.
    """
    cents = sum(wanted.values())
    slug = next(iter(wanted)).workflow
    held = Connection.objects.select_for_update(no_key=True).get(pk=account.pk)
    workflow = Workflow.objects.select_for_update(no_key=True).filter(slug=slug).first() if slug else None
    budget = read(ProviderOptions, held.options).budget_cents
    _refuse(held.name, budget, spent(now, connection=held), cents, now)
    if workflow is not None:
        _refuse(f"the workflow {workflow.name}", workflow.budget_cents, spent(now, workflow=slug), cents, now)
    day = timezone.localdate(now)
    Spending.objects.bulk_create(
        Spending(connection=account, push=push, workflow=push.workflow, cents=price, day=day)
        for push, price in wanted.items()
    )


def settle_price(push: Push, cost: int, reason: str) -> int:
    """Give back what the last question of this push did not cost.

    Args:
        cost: cents that it cost.

    Returns:
        Cents that it cost, at most what was set aside for it.
    """
    last = Spending.objects.filter(push=push, cents__gte=0).order_by("-pk").first()
    if last is None or cost >= last.cents:
        return last.cents if last else 0
    Spending.objects.create(
        connection_id=last.connection_id,
        push=push,
        workflow=last.workflow,
        cents=cost - last.cents,
        day=last.day,
        reason=reason,
    )
    return cost


def spent(now: datetime, **of: Any) -> int:
    """Cents spent or set aside today, of the rows that fit `of` (columns of `Spending`)."""
    total = Spending.objects.filter(day=timezone.localdate(now), **of).aggregate(total=Sum("cents"))["total"]
    return total or 0


def tomorrow(now: datetime) -> datetime:
    """When the next day begins, and with it the next budget."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time.min))


def dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _refuse(whose: str, budget: int, used: int, cents: int, now: datetime) -> None:
    if used + cents <= budget:
        return
    of = f"Today's budget of {whose} is {dollars(budget)}, and {dollars(used)} of it are spent."
    if not budget:
        of = f"No money may be spent at or for {whose}: its budget is {dollars(0)} a day."
    raise BudgetSpent(
        f"{of} This question costs up to {dollars(cents)}. It waits until tomorrow; the lead goes on without the "
        "answer. Raise the budget to have it asked.",
        tomorrow(now),
    )
