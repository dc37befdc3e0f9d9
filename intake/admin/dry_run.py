"""Dry runs: per field what a draft would change on the last records, and for whom that would make somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from intake.admin.values import shown
from intake.mapping.difference import OUTCOMES
from intake.models import DryRun, MappingVersion
from intake.services.publish_mapping import failing
from trail.admin import Cell, Facts, Panel, ReadOnlyAdmin, Table
from trail.admin.columns import ago
from trail.admin.lever import Button
from trail.admin.wording import count, span

WORDS = {"unchanged": "Unchanged", "changed": "Changed", "gained": "Gained", "lost": "Lost", "fails": "Newly fails"}
TONES = {"changed": "busy", "gained": "good", "lost": "wait", "fails": "bad"}


def in_a_sentence(run: DryRun) -> str:
    """What a dry run found, for those who publish."""
    result = run.result
    if not result["records"]:
        return "There are no records of this source yet to try it on."
    told = [f"Of {count(result['records'], 'record')}"]
    told.append(f"{result['stopped']:,} would newly be dead letters" if result["stopped"] else "none would newly fail")
    if result["mended"]:
        told.append(f"{result['mended']:,} would be usable that are not now")
    if result["rekeyed"]:
        told.append(f"{result['rekeyed']:,} would be matched by other keys, which may merge people")
    return f"{', '.join(told)}."


@admin.register(DryRun)
class DryRunAdmin(ReadOnlyAdmin):
    list_display = ("named", "records", "stopped", "rekeyed", "ran", "created_by")
    list_select_related = ("mapping__source",)
    ordering = ("-id",)
    lead_in = "What drafts would have made of the last records. A dry run writes to no record."

    def get_queryset(self, request: HttpRequest) -> QuerySet[DryRun]:
        runs: QuerySet[DryRun] = super().get_queryset(request)
        return runs.select_related("mapping__source", "base__source")

    @display(description="Draft")
    def named(self, run: DryRun) -> str:
        return str(run.mapping)

    @display(description="Records")
    def records(self, run: DryRun) -> str:
        return f"{run.result['records']:,}"

    @display(description="Newly fail")
    def stopped(self, run: DryRun) -> str:
        return f"{run.result['stopped']:,}"

    @display(description="Other match keys")
    def rekeyed(self, run: DryRun) -> str:
        return f"{run.result['rekeyed']:,}"

    @display(description="Ran", ordering="id")
    def ran(self, run: DryRun) -> str:
        return ago(run.created_at)

    def headline(self, row: DryRun) -> Cell:
        if not row.result["records"]:
            return Cell(str(row), small="No records yet", tone="quiet")
        if failing(row):
            return Cell(str(row), small="Needs a reason to be published", tone="bad")
        word = "Look at the match keys" if row.result["rekeyed"] else "Nothing newly fails"
        return Cell(str(row), small=word, tone="wait" if row.result["rekeyed"] else "good")

    def buttons(self, request: HttpRequest, row: models.Model) -> list[Button]:
        """On to publishing, or back to the rules; both pages ask for themselves who may."""
        if not isinstance(row, DryRun) or row.mapping.state != MappingVersion.State.DRAFT:
            return []
        pages = (("Edit", "edit", "intake.change_mappingversion"), ("Publish", "publish", "intake.publish_mapping"))
        return [
            Button(
                label, reverse(f"admin:intake_mappingversion_{name}", args=[row.mapping_id]), primary=name == "publish"
            )
            for label, name, permission in pages
            if request.user.has_perm(permission)
        ]

    def panels(self, request: HttpRequest, row: DryRun) -> list[Panel]:
        open_values = request.user.has_perm("intake.view_payload")
        home = reverse("admin:intake_mappingversion_change", args=[row.mapping_id])
        found: list[Panel] = [
            Facts(
                "What was tried",
                [
                    ("Draft", Cell(row.mapping, href=home)),
                    ("Beside", Cell(row.base or "no published version")),
                    ("In short", Cell(in_a_sentence(row))),
                    ("Ran", Cell(when=row.created_at, small=f"by {row.created_by}" if row.created_by else "")),
                    ("Took", Cell(span(timedelta(milliseconds=row.milliseconds)))),
                ],
                note="Nothing was written to any record.",
            ),
            difference_table(row.result),
        ]
        return found + sample_tables(row.samples, row.result, open_values=open_values)


def difference_table(result: dict[str, Any]) -> Table:
    """Per field how many records have each outcome; those where something fails or is lost first."""
    stops = result["stops"]

    def weight(target: str) -> tuple[int, ...]:
        counted = result["fields"][target]
        return tuple(-counted.get(outcome, 0) for outcome in ("fails", "lost", "changed", "gained"))

    return Table(
        "Per field",
        ("Field", *(WORDS[outcome] for outcome in OUTCOMES)),
        [
            (
                Cell(target, small=f"{stops[target]:,} would be dead letters" if target in stops else ""),
                *(
                    Cell(f"{number:,}", tone=TONES.get(outcome, "")) if (number := counted.get(outcome, 0)) else Cell()
                    for outcome in OUTCOMES
                ),
            )
            for target in sorted(result["fields"], key=lambda target: (weight(target), target))
            for counted in [result["fields"][target]]
        ],
        numbers=(1, 2, 3, 4, 5),
        empty="No record has a value.",
    )


def sample_tables(samples: dict[str, Any], result: dict[str, Any], *, open_values: bool) -> list[Panel]:
    """The samples: match keys first, for they cannot be taken back, then field by field."""
    tables: list[Panel] = []
    for target in sorted(samples, key=lambda target: (target != "keys", target)):
        rows = [
            (
                Cell(WORDS[outcome], tone=TONES[outcome]),
                Cell(shown(target, sample["old"], open_values)),
                Cell(shown(target, sample["new"], open_values), small=sample.get("why", "")),
                Cell(sample["record"], code=True),
            )
            for outcome in ("fails", "lost", "changed", "gained")
            for sample in samples[target].get(outcome, ())
        ]
        if target == "keys":
            title = f"Match keys: {count(result['rekeyed'], 'record')} would be found, or made, as somebody else"
        else:
            numbers = result["fields"][target]
            title = f"{target}: " + ", ".join(
                f"{numbers[outcome]:,} {WORDS[outcome].lower()}" for outcome in OUTCOMES[1:] if numbers.get(outcome)
            )
        note = "" if open_values else "Values are hidden: you need the permission to view payloads."
        tables.append(Table(title, ("Outcome", "Now", "Then", "Record"), rows, note=note))
    return tables
