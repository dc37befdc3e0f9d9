"""Normalizing past records again: the difference, the button that applies it, and how far it has come."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from intake.admin.dry_run import difference_table, sample_tables
from intake.models import MappingVersion, Renormalization
from intake.services.renormalize import CannotRenormalize, apply_difference, begin
from trail.admin import Cell, Facts, Lever, Panel, ReadOnlyAdmin, ReasonForm, actor
from trail.admin.columns import ago, tag
from trail.admin.wording import count

TONES: dict[str, str] = {
    Renormalization.State.COMPARING: "busy",
    Renormalization.State.COMPARED: "wait",
    Renormalization.State.APPLYING: "busy",
    Renormalization.State.DONE: "good",
    Renormalization.State.STOPPED: "quiet",
}


def _again(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> tuple[str, str]:
    run = begin(mapping.pk, by=actor(request))
    told = f"Comparing {count(run.total, 'past record')}. Nothing is changed before you say so."
    return told, reverse("admin:intake_renormalization_change", args=[run.pk])


# Stands on the page of a mapping version.
AGAIN = Lever(
    "again",
    "Normalize past records again",
    "intake.publish_mapping",
    _again,
    lambda mapping: (
        f"The raw bytes of every past record of {mapping.source.name} are read again by version {mapping.number}, and "
        "the difference is shown.",
        "Records change only when you apply it then. What a person edited stays.",
    ),
    offered=lambda mapping: mapping.state != MappingVersion.State.DRAFT,
    refusals=(CannotRenormalize,),
)


def _apply(run: Renormalization, request: HttpRequest, data: dict[str, Any]) -> str:
    apply_difference(run.pk, by=actor(request), reason=data["reason"])
    return f"Applying to {count(run.differing, 'record')}. This goes on in the background; you may leave the page."


def _stop(run: Renormalization, request: HttpRequest, data: dict[str, Any]) -> str:
    run.stop(by=actor(request))
    return "Stopped. What was applied stays; to take it back, normalize again by the version before."


def _effect(run: Renormalization) -> list[str]:
    result = run.result
    told = [
        f"Of {count(run.worked, 'record')} {run.differing:,} differ. A field changes only as its owner order allows.",
        "Records whose values change are written to the CRM again; the others are not.",
        "What this version no longer finds stays with the contact or property. What a lead itself said follows the "
        "version, so it may lose a value.",
    ]
    if kept := result["stopped"]:
        told.append(f"{count(kept, 'record')} could not be used by this version and would stay as they are.")
    if result["rekeyed"]:
        told.append(f"{count(result['rekeyed'], 'record')} would be matched by other keys and would stay as they are.")
    return told


@admin.register(Renormalization)
class RenormalizationAdmin(ReadOnlyAdmin):
    list_display = ("named", "standing", "progress", "differing", "begun", "created_by")
    list_select_related = ("source", "mapping")
    ordering = ("-id",)
    lead_in = "Past records, normalized again from their raw bytes. Begin on the page of a mapping version."
    record_template = "admin/intake/renormalization.html"
    levers = (
        Lever(
            "apply",
            "Apply",
            "intake.publish_mapping",
            _apply,
            _effect,
            form=ReasonForm,
            offered=lambda run: run.state == Renormalization.State.COMPARED and run.differing > 0,
            primary=True,
        ),
        Lever(
            "stop",
            "Stop",
            "intake.publish_mapping",
            _stop,
            lambda run: ("No further record is worked. What was applied stays.",),
            offered=lambda run: run.state not in (Renormalization.State.DONE, Renormalization.State.STOPPED),
            danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Renormalization]:
        runs: QuerySet[Renormalization] = super().get_queryset(request)
        return runs.select_related("source", "mapping__source")

    @display(description="Run")
    def named(self, run: Renormalization) -> str:
        return str(run)

    @display(description="State", ordering="state")
    def standing(self, run: Renormalization) -> str:
        return tag(run.get_state_display(), TONES[run.state])

    @display(description="Worked")
    def progress(self, run: Renormalization) -> str:
        return f"{run.worked:,} of {run.total:,}"

    @display(description="Begun", ordering="id")
    def begun(self, run: Renormalization) -> str:
        return ago(run.created_at)

    def headline(self, row: Renormalization) -> Cell:
        return Cell(str(row), small=row.get_state_display(), tone=TONES[row.state])

    def page_context(self, request: HttpRequest, row: Renormalization) -> dict[str, Any]:
        return {
            "working": row.state in Renormalization.WORKING,
            "worked": row.worked,
            "total": max(row.total, 1),
        }

    def panels(self, request: HttpRequest, row: Renormalization) -> list[Panel]:
        applied = row.applied
        home = reverse("admin:intake_mappingversion_change", args=[row.mapping_id])
        facts: list[tuple[str, Cell]] = [
            ("By", Cell(row.mapping, href=home)),
            ("Begun", Cell(when=row.created_at, small=f"by {row.created_by}" if row.created_by else "")),
            ("Looked at", Cell(count(row.result["records"], "record"))),
            ("Would differ", Cell(f"{row.differing:,}")),
            ("Would no longer be usable", Cell(f"{row.result['stopped']:,}", small="these stay as they are")),
            ("Would be matched by other keys", Cell(f"{row.result['rekeyed']:,}", small="these stay as they are")),
            (
                "Same version, other result",
                Cell(f"{row.unreproduced:,}", small="0 is right: a version gives the same values for ever"),
            ),
        ]
        if applied:
            facts += [
                ("Changed", Cell(count(applied.get("changed", 0), "record"))),
                ("Left as they were", Cell(f"{applied.get('kept', 0) + applied.get('rekeyed', 0):,}")),
                (
                    "New revisions",
                    Cell(
                        f"{count(applied.get('contacts', 0), 'contact')}, "
                        f"{count(applied.get('properties', 0), 'property', 'properties')}",
                        small="only these go to the CRM again",
                    ),
                ),
            ]
        open_values = request.user.has_perm("intake.view_payload")
        return [
            Facts("Run", facts),
            difference_table(row.result),
            *sample_tables(row.samples, row.result, open_values=open_values),
        ]
