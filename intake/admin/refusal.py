"""Refusals: how many requests were turned away at the door. All that is kept of them."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, RangeDateFilter

from intake.models import Refusal
from trail.admin import ReadOnlyAdmin


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ("day", "source", "code", "count")
    list_filter = (("source", AllValuesCheckboxFilter), ("code", AllValuesCheckboxFilter), ("day", RangeDateFilter))
    export_columns = ("day", "source", "code", "count")
    lead_in = "Requests that could not prove who sent them, or were too large. They were not stored; only counted."
