"""Mapping dictionaries: versions of how a source's words become ours. A draft is edited; what was published never is.

Invariant: editing, trying, publishing and rolling back are services; nothing here writes a version itself.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from intake.admin.dry_run import in_a_sentence
from intake.admin.mapping_editor import MAY_EDIT, MappingEditor
from intake.admin.mapping_shown import problems
from intake.admin.picklists import PicklistEditor
from intake.admin.renormalization import AGAIN
from intake.mapping.document import MappingInvalid
from intake.models import FieldMapping, MappingVersion
from intake.services.dry_run import CannotDryRun, dry_run
from intake.services.publish_mapping import MappingCannotBePublished, dry_run_of, publish, roll_back
from trail.admin import Cell, Facts, Lever, Panel, ReadOnlyAdmin, Table, Text, actor, address
from trail.admin.columns import ago, stacked, tag
from trail.admin.lever import Button
from trail.admin.wording import count

TONES: dict[str, str] = {
    MappingVersion.State.DRAFT: "wait",
    MappingVersion.State.PUBLISHED: "good",
    MappingVersion.State.RETIRED: "quiet",
}


def _address(mapping: MappingVersion) -> str:
    return reverse("admin:intake_mappingversion_change", args=[mapping.pk])


class WhyForm(forms.Form):
    """Asks why, where the dry run speaks against it."""

    reason = forms.CharField(
        required=False,
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Needed where a field newly fails on more than 1 % of the records. Stands in the audit log.",
    )


def _try(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> tuple[str, str]:
    run = dry_run(mapping.pk, by=actor(request))
    told = f"Tried on {count(run.result['records'], 'record')}. Nothing was written."
    return told, reverse("admin:intake_dryrun_change", args=[run.pk])


def _publish(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> str:
    publish(mapping.pk, by=actor(request), reason=data["reason"])
    return f"{mapping} is published. Every record that comes from now on is mapped by it."


def _roll_back(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> str:
    roll_back(mapping.pk, by=actor(request))
    return f"Rolled back. {mapping} is published again."


def before(mapping: MappingVersion) -> MappingVersion | None:
    """The version that was published before this one, and to which its page rolls back."""
    return (
        MappingVersion.objects.filter(source_id=mapping.source_id, state=MappingVersion.State.RETIRED)
        .select_related("source")
        .order_by(models.F("published_at").desc(nulls_last=True), "-number")
        .first()
    )


def _undo(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> tuple[str, str]:
    older = before(mapping)
    if older is None:
        raise MappingCannotBePublished("There is no older version to roll back to. Nothing changed.")
    roll_back(older.pk, by=actor(request))
    return f"Rolled back. {older} is published again.", _address(older)


def _effect(mapping: MappingVersion) -> list[str]:
    now = MappingVersion.objects.filter(source=mapping.source, state=MappingVersion.State.PUBLISHED).first()
    told = [
        _tried(mapping, now),
        f"Every record that {mapping.source.name} sends from now on is mapped by version {mapping.number}.",
    ]
    if now:
        told.append(f"Version {now.number} is retired; you can roll back to it at any time.")
    told.append(
        "Records that were mapped before stay as they are. Dead letters use the new version when you redrive them."
    )
    return told


def _tried(mapping: MappingVersion, now: MappingVersion | None) -> str:
    """What the dry run of exactly this draft said."""
    try:
        run = dry_run_of(mapping, mapping.compiled(), now)
    except MappingInvalid:
        return "It has problems and cannot be published. Its page lists them."
    if run is None:
        return "There is no dry run of this draft as it is now. Run it first; until then this is refused."
    return f"Dry run: {in_a_sentence(run)}"


@admin.register(MappingVersion)
class MappingVersionAdmin(MappingEditor, PicklistEditor, ReadOnlyAdmin):
    list_display = ("named", "standing", "rules", "note", "created", "published")
    list_filter = (("source", RelatedDropdownFilter), ("state", ChoicesCheckboxFilter))
    list_select_related = ("source",)
    ordering = ("source__name", "-number")
    lead_in = "How each source's words become ours. A draft can be edited; what was published is kept as it was."
    levers = (
        Lever(
            "try",
            "Dry run",
            "intake.change_mappingversion",
            _try,
            offered=lambda mapping: mapping.state == MappingVersion.State.DRAFT,
            refusals=(CannotDryRun,),
            direct=True,
        ),
        Lever(
            "publish",
            "Publish",
            "intake.publish_mapping",
            _publish,
            _effect,
            form=WhyForm,
            offered=lambda mapping: mapping.state == MappingVersion.State.DRAFT,
            refusals=(MappingCannotBePublished,),
            primary=True,
        ),
        Lever(
            "rollback",
            "Roll back to this version",
            "intake.publish_mapping",
            _roll_back,
            offered=lambda mapping: mapping.state == MappingVersion.State.RETIRED,
            refusals=(MappingCannotBePublished,),
            direct=True,
        ),
        Lever(
            "undo",
            "Roll back to the version before",
            "intake.publish_mapping",
            _undo,
            offered=lambda mapping: mapping.state == MappingVersion.State.PUBLISHED and before(mapping) is not None,
            refusals=(MappingCannotBePublished,),
            direct=True,
        ),
        AGAIN,
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[MappingVersion]:
        versions: models.QuerySet[MappingVersion] = super().get_queryset(request)
        return versions.annotate(rule_count=models.Count("fields"))

    def buttons(self, request: HttpRequest, row: models.Model) -> list[Button]:
        """The levers, and before them the way to the editors."""
        pages = (("Edit", "edit"), ("Picklists", "picklists")) if request.user.has_perm(MAY_EDIT) else ()
        links = [Button(label, reverse(f"admin:intake_mappingversion_{name}", args=[row.pk])) for label, name in pages]
        return links + super().buttons(request, row)

    def headline(self, row: MappingVersion) -> Cell:
        return Cell(f"{row.source.name}, version {row.number}", small=row.get_state_display(), tone=TONES[row.state])

    @display(description="Mapping", ordering="number")
    def named(self, mapping: MappingVersion) -> str:
        return stacked(f"{mapping.source.name}, version {mapping.number}", mapping.created_by)

    @display(description="State", ordering="state")
    def standing(self, mapping: MappingVersion) -> str:
        return tag(mapping.get_state_display(), TONES[mapping.state])

    @display(description="Rules")
    def rules(self, mapping: MappingVersion) -> int:
        return getattr(mapping, "rule_count", 0)

    @display(description="Drafted", ordering="created_at")
    def created(self, mapping: MappingVersion) -> str:
        return ago(mapping.created_at)

    @display(description="Published", ordering="published_at")
    def published(self, mapping: MappingVersion) -> str:
        return ago(mapping.published_at)

    def panels(self, request: HttpRequest, row: MappingVersion) -> list[Panel]:
        run = row.dry_runs.first()
        found: list[Panel] = [
            Facts(
                "Version",
                [
                    ("Source", Cell(row.source, href=address(request, "intake.source", row.source_id))),
                    ("Drafted", Cell(when=row.created_at, small=f"by {row.created_by}" if row.created_by else "")),
                    ("Published", Cell(when=row.published_at)),
                    (
                        "Last dry run",
                        Cell(in_a_sentence(run), href=reverse("admin:intake_dryrun_change", args=[run.pk]))
                        if run
                        else Cell(),
                    ),
                    ("Note", Cell(row.note)),
                ],
            )
        ]
        if row.state == MappingVersion.State.DRAFT and (wrong := problems(row)):
            found.append(
                Table(
                    "Before this can be published",
                    ("Place", "What to do"),
                    [(Cell(place, code=True), Cell(fix)) for place, fix in wrong],
                )
            )
        return [*found, *_as_tables(row), _other_versions(row)]


def _other_versions(row: MappingVersion) -> Table:
    return Table(
        "Other versions",
        ("Version", "State", "Drafted", "Published", "Note"),
        [
            (
                Cell(f"Version {one.number}", href=_address(one)),
                Cell(one.get_state_display(), tone=TONES[one.state]),
                Cell(when=one.created_at),
                Cell(when=one.published_at),
                Cell(one.note),
            )
            for one in row.source.mappings.exclude(pk=row.pk).order_by("-number")[:20]
        ],
        empty="This is the only one.",
    )


def _as_tables(mapping: MappingVersion) -> list[Panel]:
    rules = [
        (
            Cell(rule.to, small="required" if rule.required else ""),
            Cell("\n".join(str(path) for path in rule.first_of) or rule.constant, code=True, small=_made_of(rule)),
            Cell(rule.normalizer or "the field's own", small=f"picklist {rule.picklist}" if rule.picklist else ""),
            Cell(rule.default),
            Cell(rule.get_on_invalid_display()),
        )
        for rule in mapping.fields.all()
    ]
    entries = [
        (Cell(entry.picklist), Cell(entry.source_value), Cell(entry.our_value))
        for entry in mapping.picklist_entries.all()
    ]
    tables: list[Panel] = [
        Table(
            "Rules",
            ("Internal field", "Payload paths", "Normalizer", "Default", "If invalid"),
            rules,
            empty="No rules.",
        ),
    ]
    if entries:
        tables.append(Table("Picklists", ("Picklist", "Source's word", "Ours"), entries))
    if mapping.envelope:
        tables.append(Text("Envelope", json.dumps(mapping.envelope, indent=2, ensure_ascii=False)))
    return tables


def _made_of(rule: FieldMapping) -> str:
    """What is done to the text before its normalizer."""
    joined = f"all joined with {rule.concat!r}" if rule.concat else ""
    part = f"split at {rule.split!r}, part {rule.part}" if rule.split else ""
    return ", ".join(filter(None, [joined, part]))
