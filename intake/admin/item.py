"""Items: one record each, with its state in the equation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, FieldTextFilter, RelatedDropdownFilter
from unfold.decorators import display

from intake.admin.levers import dead_letter_levers
from intake.admin.tones import ITEM_TONES
from intake.admin.values import compared
from intake.models import Item
from intake.services.redrive import discard_item, redrive_item, restore_item
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table, actor, address
from trail.admin.columns import ago, stacked, tag
from trail.admin.filters import AgeFilter


def stopped_in_intake(item: Item) -> bool:
    """Is it a dead letter (or conflict) of intake itself, not one whose write to the CRM gave up?"""
    return item.state in (Item.State.DEAD_LETTER, Item.State.CONFLICT) and not item.contact_id and not item.property_id


def _redrive(row: Item, request: HttpRequest, data: dict[str, Any]) -> str:
    item = redrive_item(row.pk, by=actor(request))
    if item.state == Item.State.DEAD_LETTER:
        return f"Mapped again, and it still cannot be used: {' '.join(item.problems)} It stays a dead letter."
    return "Mapped again by the mapping that is published now. It is on its way to the CRM."


def _discard(row: Item, request: HttpRequest, data: dict[str, Any]) -> str:
    discard_item(row.pk, by=actor(request), reason=data["reason"])
    return "Discarded. It still counts as received, its bytes are kept, and it can be restored."


def _restore(row: Item, request: HttpRequest, data: dict[str, Any]) -> str:
    restore_item(row.pk, by=actor(request))
    return "Restored as a dead letter."


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    list_display = ("named", "source", "standing", "received", "why")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("source", RelatedDropdownFilter),
        ("error_code", FieldTextFilter),
        AgeFilter,
    )
    list_select_related = ("source",)
    search_fields = ("=record_id",)
    search_help_text = "The provider's id of the record"
    ordering = ("-id",)
    export_columns = (
        "id",
        "source__slug",
        "record_id",
        "version",
        "state",
        "received_at",
        "occurred_at",
        "contact_id",
        "property_id",
        "error_code",
        "problems",
    )
    lead_in = "What deliveries held. Each is in exactly one state; together they are the equation on the dashboard."
    levers = dead_letter_levers(
        _redrive,
        _discard,
        _restore,
        again="Its raw bytes are mapped again by the mapping that is published now.",
        offered=stopped_in_intake,
        discarded=Item.State.DISCARDED,
    )

    @display(description="Record", ordering="record_id")
    def named(self, item: Item) -> str:
        return stacked(item.short_id, f"version {item.version[:24]}" if item.version else "")

    @display(description="State", ordering="state")
    def standing(self, item: Item) -> str:
        return tag(item.get_state_display(), ITEM_TONES[item.state])

    @display(description="Received", ordering="id")
    def received(self, item: Item) -> str:
        return ago(item.received_at)

    @display(description="Why it waits")
    def why(self, item: Item) -> str:
        return stacked(" ".join(item.problems), item.error_code) if item.problems else "-"

    def headline(self, row: Item) -> Cell:
        return Cell(str(row), small=row.get_state_display(), tone=ITEM_TONES[row.state])

    def panels(self, request: HttpRequest, row: Item) -> list[Panel]:
        rows = compared(
            row,
            (),
            open_values=request.user.has_perm("intake.view_payload"),
            may_map=request.user.has_perm("intake.change_mappingversion"),
        )
        lead = getattr(row, "lead", None)
        found: list[Panel] = []
        if row.problems:
            found.append(Table("Why it cannot be used", ("Reason",), [(Cell(problem),) for problem in row.problems]))
        return [
            *found,
            Facts(
                "Record",
                [
                    ("Source", Cell(row.source, href=address(request, "intake.source", row.source_id))),
                    ("Delivery", _to("delivery", row.delivery_id, row.delivery.public_id)),
                    ("Record id", Cell(row.record_id, small=f"version {row.version}" if row.version else "")),
                    ("Received", Cell(when=row.received_at)),
                    ("Happened", Cell(when=row.occurred_at)),
                    ("Mapping", _to("mappingversion", row.mapping_id, row.mapping)),
                    ("Contact", _to("contact", row.contact_id, row.contact)),
                    ("Property", _to("property", row.property_id, row.property)),
                    ("Lead", _to("lead", lead and lead.pk, lead)),
                ],
            ),
            Table(
                "What came in, what we made of it",
                ("Field", "Raw", "Normalized"),
                [(Cell(one.field), one.raw, one.normalized) for one in rows],
            ),
        ]


def _to(model: str, pk: int | None, name: object) -> Cell:
    return Cell(name, href=reverse(f"admin:intake_{model}_change", args=[pk])) if pk else Cell()
