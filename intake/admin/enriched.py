"""What providers said, beside what we were told: the list of it, and the table on a record's page."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display

from intake.models import Contact, EnrichedValue, Property
from trail.admin import Cell, ReadOnlyAdmin, Table
from trail.admin.columns import ago, link, stacked
from trail.admin.wording import heading

# More than a page can show is reached by the list.
_NEWEST = 50


@admin.register(EnrichedValue)
class EnrichedValueAdmin(ReadOnlyAdmin):
    list_display = ("named", "about_whom", "shown", "origin", "asked")
    list_filter = (("provider", FieldTextFilter), ("field", FieldTextFilter))
    list_select_related = ("contact", "property")
    ordering = ("-id",)
    lead_in = "What providers said of our records. It lies beside what we were told and never replaces it."

    @display(description="Field", ordering="field")
    def named(self, row: EnrichedValue) -> str:
        return stacked(heading(row.field), row.about)

    @display(description="Record")
    def about_whom(self, row: EnrichedValue) -> str:
        noun = "contact" if row.contact_id else "property"
        return link(
            str(row.contact or row.property),
            reverse(f"admin:intake_{noun}_change", args=[row.contact_id or row.property_id]),
        )

    @display(description="Value")
    def shown(self, row: EnrichedValue) -> str:
        return row.value[:80]

    @display(description="Provider", ordering="provider")
    def origin(self, row: EnrichedValue) -> str:
        return stacked(row.provider, provenance(row))

    @display(description="Asked", ordering="id")
    def asked(self, row: EnrichedValue) -> str:
        return ago(row.asked_at)

    def headline(self, row: EnrichedValue) -> Cell:
        return Cell(heading(row.field), small=f"{row.contact or row.property}, by {row.provider}")


def provenance(row: EnrichedValue) -> str:
    """What is known of a value beside who said it: cost of the question, confidence, the push that asked."""
    sure = f"{row.confidence:.0%} sure, " if row.confidence is not None else ""
    return f"{sure}${row.cost_cents / 100:.2f} for the question, push {row.ask}"


def enriched_table(row: Contact | Property) -> Table:
    """A record's enriched values, newest first."""
    values = list(row.enriched.all()[:_NEWEST])
    return Table(
        "What providers said",
        ("Field", "Value", "Provider", "Asked"),
        [
            (
                Cell(heading(one.field), small=one.about),
                Cell(one.value),
                Cell(one.provider, small=provenance(one)),
                Cell(when=one.asked_at),
            )
            for one in values
        ],
        empty="No provider was asked, or none had an answer.",
        note="beside what we were told, never in its place",
    )
