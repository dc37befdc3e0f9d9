"""Leads: the page where somebody finds out what became of one. Read-only; it joins intake's rows with the pushes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.decorators import display

from crmsync.admin.lead_entry import MAY_ENTER, entry_page
from crmsync.admin.push import OUTCOME_TONES, TONES
from crmsync.admin.story import tell
from crmsync.models import Attempt, Push
from intake.admin.tones import ITEM_TONES
from intake.admin.values import compared
from intake.mapping.secret_names import HIDDEN
from intake.models import EnrichedValue, Item, Lead
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table
from trail.admin.audit import subject_address, subject_name, who
from trail.admin.columns import ago, stacked, tag
from trail.admin.filters import AgeFilter
from trail.admin.wording import span
from trail.models import AuditEntry

# More than a page can show is reached by the links to the full lists.
_NEWEST = 50


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    list_display = ("named", "source", "kind", "standing", "agent", "received")
    list_filter = (
        ("source", RelatedDropdownFilter),
        ("item__state", ChoicesCheckboxFilter),
        ("kind", ChoicesCheckboxFilter),
        AgeFilter,
    )
    list_select_related = ("source", "contact", "property", "item", "assignment__agent")
    search_fields = (
        "=id",
        "=contact__points__key",
        "=contact__points__value",
        "contact__last_name__istartswith",
        "contact__first_name__istartswith",
    )
    search_help_text = "Name, number, e-mail or phone"
    ordering = ("-id",)
    lead_in = "Every enquiry and where it is now. Open one to see each step with its time and its proof."
    export_columns = (
        "reference",
        "source__slug",
        "kind",
        "item__state",
        "contact__id",
        "contact__full_name",
        "property__mls_id",
        "assignment__agent__slug",
        "received_at",
        "occurred_at",
        "timeframe",
        "financing",
        "budget_low",
        "budget_high",
        "campaign",
        "source_detail",
        ("message", "intake.view_payload"),
    )
    record_template = "admin/crmsync/lead.html"

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(MAY_ENTER))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return entry_page(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        # People write L-1042, and phone numbers as they please.
        term = search_term.strip()
        if term[:2].upper() == "L-" and term[2:].isdecimal() and len(term) < 20:
            return queryset.filter(pk=int(term[2:])), False
        digits = "".join(sign for sign in term if sign.isdigit())
        if len(digits) >= 10 and not any(sign.isalpha() for sign in term):
            term = digits[-10:]
        found: tuple[QuerySet[Lead], bool] = super().get_search_results(request, queryset, term)
        return found

    @display(description="Lead", ordering="id")
    def named(self, lead: Lead) -> str:
        return stacked(str(lead.contact), lead.reference)

    @display(description="State", ordering="item__state")
    def standing(self, lead: Lead) -> str:
        return tag(lead.item.get_state_display(), ITEM_TONES[lead.item.state])

    @display(description="Agent")
    def agent(self, lead: Lead) -> str:
        return str(lead.assignment.agent) if hasattr(lead, "assignment") else "-"

    @display(description="Received", ordering="id")
    def received(self, lead: Lead) -> str:
        return ago(lead.received_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        leads: QuerySet[Lead] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "intake_lead_change":
            leads = leads.select_related(
                "source", "contact", "property", "item__delivery", "item__mapping__source", "assignment__agent"
            ).defer("item__delivery__body")
        return leads

    def headline(self, row: Lead) -> Cell:
        return Cell(f"{row.contact}", small=row.item.get_state_display(), tone=ITEM_TONES[row.item.state])

    def page_context(self, request: HttpRequest, row: Lead) -> dict[str, Any]:
        steps = list(row.steps.all())
        pushes = _pushes(row)
        reached = next((step.at for step in steps if step.step.startswith("CRM_")), None)
        open_values = request.user.has_perm("intake.view_payload")
        return {
            "lead": row,
            "story": tell(steps, pushes, open_values=open_values),
            "time_to_crm": span(reached - row.received_at) if reached else "",
            "compared": compared(
                row.item,
                _enriched(row),
                open_values=open_values,
                may_map=request.user.has_perm("intake.change_mappingversion"),
            ),
            "open_values": open_values,
            "may_redrive": request.user.has_perm("crmsync.redrive_push"),
            "panels": self._panels_below(row, pushes, open_values),
        }

    def panels(self, request: HttpRequest, row: Lead) -> list[Panel]:
        return []  # page_context makes them, from rows that the story needs too

    def _panels_below(self, row: Lead, pushes: list[Push], open_values: bool) -> list[Panel]:
        attempts = list(Attempt.objects.filter(push__in=[push.pk for push in pushes])[:_NEWEST])
        kinds = {push.pk: push.get_kind_display() for push in pushes}
        return [
            _about(row, open_values),
            _pushes_table(pushes),
            _attempts_table(attempts, kinds),
            _audit_table(row, kinds),
        ]


def _pushes(row: Lead) -> list[Push]:
    """The lead's own pushes, and the writes of its contact and property, newest first."""
    mine = Q(lead_id=row.pk) | Q(contact_id=row.contact_id, kind=Push.Kind.UPSERT_CONTACT)
    if row.property_id:
        mine |= Q(property_id=row.property_id, kind=Push.Kind.UPSERT_PROPERTY)
    return list(Push.objects.filter(mine).select_related("connection").order_by("-id")[:_NEWEST])


def _enriched(row: Lead) -> QuerySet[EnrichedValue]:
    """What providers said of the lead's contact and property, newest first."""
    of_property = Q(property_id=row.property_id) if row.property_id else Q(pk__in=[])
    return EnrichedValue.objects.filter(Q(contact_id=row.contact_id) | of_property).order_by("-id")[:_NEWEST]


def _about(row: Lead, open_values: bool) -> Facts:
    item: Item = row.item
    assignment = getattr(row, "assignment", None)
    return Facts(
        "About this lead",
        [
            ("Contact", Cell(row.contact, href=reverse("admin:intake_contact_change", args=[row.contact_id]))),
            (
                "Property",
                Cell(row.property, href=reverse("admin:intake_property_change", args=[row.property_id]))
                if row.property_id
                else Cell(),
            ),
            ("Message", Cell(row.message if open_values or not row.message else HIDDEN)),
            (
                "Agent",
                Cell(assignment.agent, href=reverse("admin:crmsync_agent_change", args=[assignment.agent_id]))
                if assignment
                else Cell(),
            ),
            ("Received", Cell(when=row.received_at)),
            ("Happened", Cell(when=row.occurred_at)),
            ("Record", Cell(item.record_id, href=reverse("admin:intake_item_change", args=[item.pk]))),
            (
                "Delivery",
                Cell(item.delivery.public_id, href=reverse("admin:intake_delivery_change", args=[item.delivery_id])),
            ),
        ],
    )


def _pushes_table(pushes: list[Push]) -> Table:
    return Table(
        "What had to happen outside",
        ("Push", "Connection", "State", "Asked for", "Tries", "Why"),
        [
            (
                Cell(push.get_kind_display(), href=reverse("admin:crmsync_push_change", args=[push.pk])),
                Cell(push.connection),
                Cell(push.get_state_display(), tone=TONES[push.state]),
                Cell(when=push.created_at),
                Cell(push.attempts),
                Cell(push.error_message, small=push.error_code),
            )
            for push in pushes
        ],
        numbers=(4,),
        empty="Nothing was asked for yet.",
        note="its contact's and property's writes included",
    )


def _attempts_table(attempts: list[Attempt], kinds: dict[int, str]) -> Table:
    return Table(
        "Every try",
        ("Push", "When", "Outcome", "What was said", "ms"),
        [
            (
                Cell(kinds[one.push_id], small=f"try {one.number}"),
                Cell(when=one.at),
                Cell(one.outcome, tone=OUTCOME_TONES.get(one.outcome, "quiet")),
                Cell(one.error_message, small=one.error_code),
                Cell(f"{one.milliseconds:,}"),
            )
            for one in attempts
        ],
        numbers=(4,),
        empty="Nothing was tried yet.",
    )


def _audit_table(row: Lead, pushes: Iterable[int]) -> Table:
    """What happened to the lead, and to the writes of its contact and property, which belong to no lead alone."""
    entries = AuditEntry.objects.filter(
        Q(lead_id=row.pk)
        | Q(subject_type="crmsync.push", subject_id__in=[str(pk) for pk in pushes])
        | Q(subject_type="intake.item", subject_id=str(row.item_id))
        | Q(subject_type="intake.delivery", subject_id=str(row.item.delivery_id))
    ).order_by("-id")[:_NEWEST]
    return Table(
        "History",
        ("When", "What", "On", "Who", "Why"),
        [
            (
                Cell(when=one.at),
                Cell(one.action),
                Cell(subject_name(one), href=subject_address(one)),
                Cell(who(one)),
                Cell(one.reason),
            )
            for one in entries
        ],
        empty="No entry.",
    )
