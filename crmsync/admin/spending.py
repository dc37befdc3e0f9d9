"""The ledger of what providers cost, with today's budgets. Rows of a machine; nobody can change one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import FieldTextFilter, RelatedDropdownFilter
from unfold.decorators import display

from crmsync.models import Connection, Spending
from crmsync.options import ProviderOptions, told
from crmsync.services.budget import dollars
from trail.admin import ReadOnlyAdmin
from trail.admin.columns import ago, link
from trail.models import Workflow


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget of today: whose, and how much of it is spent, in cents."""

    name: str
    used: int
    limit: int

    @property
    def words(self) -> str:
        if not self.limit:
            return "No money may be spent: its budget is $0.00 a day."
        end = " Nothing more is asked today." if self.used >= self.limit else ""
        return f"{dollars(self.used)} of {dollars(self.limit)} spent today.{end}"


def budgets() -> list[Budget]:
    """Today's budgets of the providers, and of the workflows that ask for something."""
    today = Spending.objects.filter(day=timezone.localdate()).order_by()
    by_account = dict(today.values_list("connection").annotate(total=Sum("cents")))
    by_workflow = dict(today.values_list("workflow").annotate(total=Sum("cents")))
    found: list[Budget] = []
    for account in Connection.objects.order_by("name"):
        options = told(account.kind, account.options)
        if isinstance(options, ProviderOptions):
            found.append(Budget(account.name, by_account.get(account.pk, 0), options.budget_cents))
    for workflow in Workflow.objects.exclude(required={}).order_by("name"):
        found.append(Budget(workflow.name, by_workflow.get(workflow.slug, 0), workflow.budget_cents))
    return found


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    list_display = ("sum", "connection", "for_what", "workflow", "why", "when")
    list_filter = (("connection", RelatedDropdownFilter), ("workflow", FieldTextFilter))
    list_select_related = ("connection", "push")
    list_before_template = "admin/crmsync/budgets.html"
    ordering = ("-id",)
    lead_in = (
        "What questions to providers cost. Money is set aside before a question is asked; what the answer did not cost "
        "is given back. A question of unknown outcome counts as spent."
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"budgets": budgets(), **(extra_context or {})})

    @display(description="Sum", ordering="cents")
    def sum(self, row: Spending) -> str:
        return f"-{dollars(-row.cents)}" if row.cents < 0 else dollars(row.cents)

    @display(description="Question")
    def for_what(self, row: Spending) -> str:
        return link(
            f"{row.push.get_kind_display()}, push {row.push_id}",
            reverse("admin:crmsync_push_change", args=[row.push_id]),
        )

    @display(description="Note")
    def why(self, row: Spending) -> str:
        return row.reason or "set aside"

    @display(description="When", ordering="id")
    def when(self, row: Spending) -> str:
        return ago(row.at)
