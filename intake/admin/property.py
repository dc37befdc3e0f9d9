"""Properties: the homes that leads are about. Written by machine."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from intake.admin.enriched import enriched_table
from intake.admin.provenance import origin
from intake.models import Property
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table
from trail.admin.columns import ago, stacked, tag
from trail.admin.wording import heading

_TONES: dict[str, str] = {
    Property.Status.ACTIVE: "good",
    Property.Status.COMING_SOON: "busy",
    Property.Status.PENDING: "wait",
    Property.Status.ACTIVE_UNDER_CONTRACT: "wait",
}
_HIDDEN = ("id", "provenance", "revision", "created_at", "updated_at")


@admin.register(Property)
class PropertyAdmin(ReadOnlyAdmin):
    list_display = ("named", "address", "standing", "cost", "changed")
    list_filter = (("status", ChoicesCheckboxFilter),)
    search_fields = ("=mls_id", "street__istartswith", "=zip")
    search_help_text = "MLS number, ZIP, or the beginning of the street"
    ordering = ("-id",)
    export_columns = tuple(field.name for field in Property._meta.fields if field.name != "provenance")
    lead_in = "One row per MLS and number there."

    @display(description="MLS number", ordering="mls_id")
    def named(self, row: Property) -> str:
        return stacked(row.mls_id, row.originating_mls)

    @display(description="Address", ordering="street")
    def address(self, row: Property) -> str:
        return stacked(
            " ".join(filter(None, (row.street, row.unit))), " ".join(filter(None, (row.city, row.state, row.zip)))
        )

    @display(description="Status", ordering="status")
    def standing(self, row: Property) -> str:
        return tag(row.get_status_display(), _TONES.get(row.status, "quiet")) if row.status else "-"

    @display(description="Price", ordering="price")
    def cost(self, row: Property) -> str:
        return f"${row.price:,}" if row.price is not None else "-"

    @display(description="Changed", ordering="updated_at")
    def changed(self, row: Property) -> str:
        return ago(row.updated_at)

    def headline(self, row: Property) -> Cell:
        return Cell(str(row), small=f"Property {row.pk}, revision {row.revision}")

    def panels(self, request: HttpRequest, row: Property) -> list[Panel]:
        facts = []
        for field in self.opts.fields:
            if field.name in _HIDDEN:
                continue
            value = getattr(row, field.name)
            if value is None or value == "":
                continue
            if field.name in ("price", "price_low", "price_high", "tax_assessment"):
                value = f"${value:,}"
            facts.append((heading(str(field.verbose_name)), Cell(value, small=origin(row.provenance.get(field.name)))))
        return [
            Facts("Details", facts),
            enriched_table(row),
            Table(
                "Leads",
                ("Lead", "Contact", "Source", "Received"),
                [
                    (
                        Cell(lead.reference, href=reverse("admin:intake_lead_change", args=[lead.pk])),
                        Cell(lead.contact),
                        Cell(lead.source),
                        Cell(when=lead.received_at),
                    )
                    for lead in row.leads.select_related("source", "contact")[:50]
                ],
                empty="No lead yet.",
            ),
        ]
