"""The workflow catalogue: what Steward does for a team, and how well it should."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from trail.admin.base import RecordedAdmin
from trail.admin.columns import stacked, tag
from trail.models import Workflow


@admin.register(Workflow)
class WorkflowAdmin(RecordedAdmin):
    list_display = ("named", "timed", "measured", "target", "schedule", "owner", "on")
    list_filter = (("timing", ChoicesCheckboxFilter), "enabled")
    search_fields = ("name", "purpose")
    lead_in = "What Steward does for the team: each with its target, its timing and the person who answers for it."
    prepopulated_fields = {"slug": ("name",)}

    @display(description="Workflow", ordering="name")
    def named(self, workflow: Workflow) -> str:
        return stacked(workflow.name, workflow.purpose)

    @display(description="Timing", ordering="timing")
    def timed(self, workflow: Workflow) -> str:
        return tag(workflow.get_timing_display(), "quiet")

    @display(description="KPI", ordering="kpi")
    def measured(self, workflow: Workflow) -> str:
        return workflow.kpi or "-"

    @display(description="State", ordering="enabled")
    def on(self, workflow: Workflow) -> str:
        return tag("On", "good") if workflow.enabled else tag("Off", "wait")
