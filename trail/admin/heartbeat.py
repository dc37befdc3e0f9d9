"""Heartbeats: does each recurring job still run?"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from trail.admin.base import ReadOnlyAdmin
from trail.admin.columns import ago, tag
from trail.admin.page import Cell, Facts, Panel
from trail.admin.wording import span
from trail.models import Heartbeat

# A job that is a few seconds late is busy; three intervals and a minute, and something is wrong.
GRACE = timedelta(seconds=60)


def condition(beat: Heartbeat, now: datetime) -> tuple[str, str]:
    """The word and the tone: on time, late (over 3 intervals and a minute), failed last time, or never ran."""
    if beat.failed_at and (beat.finished_at is None or beat.failed_at > beat.finished_at):
        return "Failed", "bad"
    if beat.finished_at is None:
        return "Never ran", "wait"
    if now - beat.finished_at > 3 * timedelta(seconds=beat.every_seconds) + GRACE:
        return "Late", "bad"
    return "On time", "good"


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "standing", "last", "interval", "failure")
    lead_in = "Each recurring job and when it last ended. A late one means that work waits; nothing is lost by it."

    @display(description="State")
    def standing(self, beat: Heartbeat) -> str:
        return tag(*condition(beat, timezone.now()))

    @display(description="Last ended", ordering="finished_at")
    def last(self, beat: Heartbeat) -> str:
        return ago(beat.finished_at)

    @display(description="Every", ordering="every_seconds")
    def interval(self, beat: Heartbeat) -> str:
        return span(timedelta(seconds=beat.every_seconds))

    def headline(self, row: Heartbeat) -> Cell:
        word, tone = condition(row, timezone.now())
        return Cell(row.name, small=word, tone=tone)

    def panels(self, request: HttpRequest, row: Heartbeat) -> list[Panel]:
        return [
            Facts(
                "Last runs",
                [
                    ("Last ended", Cell(when=row.finished_at)),
                    ("Every", Cell(span(timedelta(seconds=row.every_seconds)))),
                    ("Last failed", Cell(when=row.failed_at)),
                    ("With", Cell(row.failure)),
                ],
            )
        ]
