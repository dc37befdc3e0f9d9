"""The audit log. Append-only: nobody adds, changes or deletes here, and the database refuses it too."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    ChoicesCheckboxFilter,
    FieldTextFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from trail.admin.base import ReadOnlyAdmin
from trail.admin.columns import ago, link, stacked
from trail.admin.page import Cell, Facts, Panel, Text
from trail.models import AuditEntry


def subject_address(entry: AuditEntry) -> str:
    """Where the changed row is shown; "" when it has no page."""
    try:
        return reverse(f"admin:{entry.subject_type.replace('.', '_')}_change", args=[entry.subject_id])
    except NoReverseMatch:
        return ""


def subject_name(entry: AuditEntry) -> str:
    """What was changed, in words: "Source 4"."""
    try:
        noun = str(apps.get_model(entry.subject_type)._meta.verbose_name)
    except (LookupError, ValueError):
        noun = entry.subject_type
    return f"{noun.capitalize()} {entry.subject_id}"


def who(entry: AuditEntry) -> str:
    """Who acted: the login, the source, or Steward itself."""
    return entry.actor or "Steward"


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to what, when, and why. A Reviewer sees the own actions only."""

    list_display = ("time", "who", "action", "subject", "why")
    list_filter = (
        ("actor_kind", ChoicesCheckboxFilter),
        ("actor", FieldTextFilter),
        ("action", FieldTextFilter),
        ("subject_type", AllValuesCheckboxFilter),
        ("subject_id", FieldTextFilter),
        ("at", RangeDateTimeFilter),
    )
    search_fields = ("=subject_id", "^actor", "action")
    search_help_text = "Row number, login or action"
    ordering = ("-id",)
    export_columns = (
        "id",
        "at",
        "actor_kind",
        "actor",
        "action",
        "subject_type",
        "subject_id",
        "lead_id",
        "reason",
        "detail",
    )
    lead_in = "Every change of state, by machine or person. Nothing here can be changed or deleted, also not by us."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        entries: QuerySet[AuditEntry] = super().get_queryset(request)
        if request.user.has_perm("trail.view_all_auditentry"):
            return entries
        return entries.filter(actor_kind=AuditEntry.ActorKind.PERSON, actor=request.user.get_username())

    @display(description="When", ordering="id")
    def time(self, entry: AuditEntry) -> str:
        return ago(entry.at)

    @display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        return stacked(who(entry), entry.get_actor_kind_display() if entry.actor else "")

    @display(description="What was changed")
    def subject(self, entry: AuditEntry) -> str:
        return link(subject_name(entry), subject_address(entry))

    @display(description="Why")
    def why(self, entry: AuditEntry) -> str:
        return entry.reason or "-"

    def headline(self, row: AuditEntry) -> Cell:
        return Cell(row.action, small=f"{subject_name(row)}, by {who(row)}")

    def panels(self, request: HttpRequest, row: AuditEntry) -> list[Panel]:
        facts: list[tuple[str, Cell]] = [
            ("When", Cell(when=row.at)),
            ("Who", Cell(who(row), small=row.get_actor_kind_display())),
            ("What was changed", Cell(subject_name(row), href=subject_address(row))),
            ("Why", Cell(row.reason)),
        ]
        found: list[Panel] = [Facts("Entry", facts)]
        if row.detail:
            detail: Any = row.detail
            found.append(Text("What changed", json.dumps(detail, indent=2, ensure_ascii=False, default=str)))
        return found
