"""Deliveries: what came, byte for byte."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, FieldTextFilter, RelatedDropdownFilter
from unfold.decorators import display

from intake.admin.levers import dead_letter_levers
from intake.admin.payload import pretty
from intake.admin.tones import DELIVERY_TONES, ITEM_TONES
from intake.mapping.secret_names import is_secret_name
from intake.models import Delivery
from intake.services.redrive import discard_delivery, redrive_delivery, restore_delivery
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table, Text, actor, address
from trail.admin.columns import ago, stacked, tag
from trail.admin.filters import AgeFilter

_LISTS = ("intake_delivery_changelist", "intake_delivery_export")


def _redrive(delivery: Delivery, request: HttpRequest, data: dict[str, Any]) -> str:
    redrive_delivery(delivery.pk, by=actor(request))
    return "This delivery is read again now. Its leads appear within seconds; if it fails again it comes back here."


def _discard(delivery: Delivery, request: HttpRequest, data: dict[str, Any]) -> str:
    discard_delivery(delivery.pk, by=actor(request), reason=data["reason"])
    return "Discarded. It still counts as received, its bytes are kept, and it can be restored."


def _restore(delivery: Delivery, request: HttpRequest, data: dict[str, Any]) -> str:
    restore_delivery(delivery.pk, by=actor(request))
    return "Restored as a dead letter."


def _dead(delivery: Delivery) -> bool:
    return bool(delivery.state == Delivery.State.DEAD)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("reference", "source", "standing", "via", "received", "note")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("source", RelatedDropdownFilter),
        ("via", ChoicesCheckboxFilter),
        ("error_code", FieldTextFilter),
        AgeFilter,
    )
    list_select_related = ("source",)
    search_fields = ("=public_id",)
    search_help_text = "The id that the sender was given"
    ordering = ("-id",)
    export_columns = (
        "id",
        "public_id",
        "source__slug",
        "state",
        "via",
        "content_type",
        "sha256",
        "key_id",
        "received_at",
        "repeats",
        "error_code",
        "error_message",
    )
    lead_in = "Every request as it came. The bytes are never changed; everything else can be made again from them."
    levers = dead_letter_levers(
        _redrive,
        _discard,
        _restore,
        again="The bytes are read again by the mapping that is published now.",
        offered=_dead,
        discarded=Delivery.State.DISCARDED,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        deliveries: QuerySet[Delivery] = super().get_queryset(request)
        # A list of 50 must not read 50 payloads.
        if request.resolver_match and request.resolver_match.url_name in _LISTS:
            return deliveries.defer("body", "headers")
        return deliveries

    @display(description="Delivery")
    def reference(self, delivery: Delivery) -> str:
        # A boundary says nothing to a person.
        return stacked(str(delivery.public_id)[:8], delivery.content_type.partition(";")[0])

    @display(description="State", ordering="state")
    def standing(self, delivery: Delivery) -> str:
        return tag(delivery.get_state_display(), DELIVERY_TONES[delivery.state])

    @display(description="Received", ordering="id")
    def received(self, delivery: Delivery) -> str:
        return ago(delivery.received_at)

    @display(description="What went wrong")
    def note(self, delivery: Delivery) -> str:
        return stacked(delivery.error_message, delivery.error_code) if delivery.error_code else "-"

    def headline(self, row: Delivery) -> Cell:
        return Cell(f"Delivery {row.public_id}", small=row.get_state_display(), tone=DELIVERY_TONES[row.state])

    def panels(self, request: HttpRequest, row: Delivery) -> list[Panel]:
        text, note = pretty(bytes(row.body), row.content_type, open_values=request.user.has_perm("intake.view_payload"))
        found: list[Panel] = []
        if row.error_code:
            found.append(
                Facts("What went wrong", [("Reason", Cell(row.error_message, small=row.error_code, code=True))])
            )
        return [
            *found,
            Facts(
                "What came",
                [
                    ("Source", Cell(row.source, href=address(request, "intake.source", row.source_id))),
                    ("Received", Cell(when=row.received_at)),
                    (
                        "By",
                        Cell(row.get_via_display(), small=f"proved by the secret {row.key_id}" if row.key_id else ""),
                    ),
                    ("Type", Cell(row.content_type)),
                    ("Size", Cell(f"{len(row.body):,} bytes")),
                    ("Records we had already", Cell(row.repeats or "None")),
                    ("SHA-256", Cell(row.sha256, code=True)),
                    *(
                        (name, Cell("••••" if is_secret_name(name) else value))
                        for name, value in sorted(row.headers.items())
                    ),
                ],
            ),
            Table(
                "Records in it",
                ("Record", "State", "Lead", "Why it waits"),
                [
                    (
                        Cell(item.short_id, href=reverse("admin:intake_item_change", args=[item.pk])),
                        Cell(item.get_state_display(), tone=ITEM_TONES[item.state]),
                        Cell(item.lead.reference, href=reverse("admin:intake_lead_change", args=[item.lead.pk]))
                        if hasattr(item, "lead")
                        else Cell(),
                        Cell(" ".join(item.problems)),
                    )
                    for item in row.items.select_related("lead").order_by("position")[:100]
                ],
                empty="None yet.",
            ),
            Text("Payload", text, note=note),
        ]
