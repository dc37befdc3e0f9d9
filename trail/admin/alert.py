"""Alerts: what a person should look at. They come and, where a machine can tell, go by themselves."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesCheckboxFilter
from unfold.decorators import display

from trail.admin.base import ReadOnlyAdmin, actor
from trail.admin.columns import ago, link, tag
from trail.admin.lever import Lever
from trail.admin.page import Cell, Facts, Panel, Text
from trail.models import Alert

TONES: dict[str, str] = {
    Alert.State.OPEN: "wait",
    Alert.State.ACKNOWLEDGED: "busy",
    Alert.State.RESOLVED: "quiet",
}


def where_to_act(alert: Alert) -> str:
    """The page where something can be done about it; "" when there is none."""
    try:
        return f"{reverse(alert.page, args=[alert.subject_id])}{alert.query}" if alert.page else ""
    except NoReverseMatch:
        return ""


def _acknowledge(row: Alert, request: HttpRequest, data: dict[str, Any]) -> str:
    row.acknowledge(by=actor(request))
    return "Acknowledged. The others see that you take care of it."


def _resolve(row: Alert, request: HttpRequest, data: dict[str, Any]) -> str:
    row.resolve(by=actor(request))
    return "Resolved."


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("title", "standing", "opened", "handled_by", "act")
    list_filter = (("state", ChoicesCheckboxFilter), ("kind", AllValuesCheckboxFilter))
    ordering = ("-id",)
    lead_in = "What somebody should look at though nothing failed. Leads go on arriving meanwhile."
    levers = (
        Lever(
            "acknowledge",
            "Acknowledge",
            "trail.handle_alert",
            _acknowledge,
            offered=lambda row: row.state == Alert.State.OPEN,
            direct=True,
        ),
        Lever(
            "resolve",
            "Resolve",
            "trail.handle_alert",
            _resolve,
            offered=lambda row: row.state != Alert.State.RESOLVED,
            direct=True,
        ),
    )

    @display(description="State", ordering="state")
    def standing(self, alert: Alert) -> str:
        return tag(alert.get_state_display(), TONES[alert.state])

    @display(description="Noticed", ordering="id")
    def opened(self, alert: Alert) -> str:
        return ago(alert.opened_at)

    @display(description="Where to act")
    def act(self, alert: Alert) -> str:
        return link("Look", where_to_act(alert)) if where_to_act(alert) else "-"

    def headline(self, row: Alert) -> Cell:
        return Cell(row.title, small=row.get_state_display(), tone=TONES[row.state])

    def panels(self, request: HttpRequest, row: Alert) -> list[Panel]:
        act = where_to_act(row)
        found: list[Panel] = [
            Facts(
                "Alert",
                [
                    ("What to do", Cell(row.advice)),
                    ("Where", Cell("Open the page", href=act) if act else Cell()),
                    ("Noticed", Cell(when=row.opened_at)),
                    ("Acknowledged", Cell(when=row.acknowledged_at)),
                    ("Resolved", Cell(when=row.resolved_at)),
                    ("Handled by", Cell(row.handled_by)),
                ],
            )
        ]
        if row.detail:
            found.append(Text("What is known", json.dumps(row.detail, indent=2, ensure_ascii=False)))
        return found
