"""Mapping dictionaries: versions of how a source's words become ours. A draft is edited; what was published never is.

Invariant: publishing, rolling back and drafting go through intake.services.publish_mapping; a form changes drafts only.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from intake.admin.dry_run import in_a_sentence
from intake.admin.mapping_form import FieldMappingInline, PicklistEntryInline
from intake.mapping.document import MappingInvalid
from intake.mapping.spec import MappingSpec
from intake.models import MappingVersion
from intake.services.dry_run import CannotDryRun, dry_run
from intake.services.publish_mapping import MappingCannotBePublished, dry_run_of, new_draft, publish, roll_back
from trail.admin import Cell, Facts, Lever, Panel, RecordedAdmin, Table, Text, actor, address
from trail.admin.columns import ago, stacked, tag
from trail.admin.wording import count
from trail.record import record

TONES: dict[str, str] = {
    MappingVersion.State.DRAFT: "wait",
    MappingVersion.State.PUBLISHED: "good",
    MappingVersion.State.RETIRED: "quiet",
}


def problems(mapping: MappingVersion) -> list[tuple[str, str]]:
    """What stands in the way of publishing: place in the dictionary, and the fix."""
    try:
        MappingSpec.parse(mapping.document())
    except MappingInvalid as error:
        return list(error.problems)
    return []


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


def _draft(mapping: MappingVersion, request: HttpRequest, data: dict[str, Any]) -> tuple[str, str]:
    draft = new_draft(mapping.source, by=actor(request), copy_of=mapping)
    return (
        f"{draft} is a draft with the rules of version {mapping.number}. Nothing changes until you publish it.",
        _address(draft),
    )


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
class MappingVersionAdmin(RecordedAdmin):
    list_display = ("named", "standing", "rules", "note", "created", "published")
    list_filter = (("source", RelatedDropdownFilter), ("state", ChoicesCheckboxFilter))
    list_select_related = ("source",)
    ordering = ("source__name", "-number")
    lead_in = "How each source's words become ours. A draft can be edited; what was published is kept as it was."
    fieldsets = ((None, {"fields": ("note", "envelope")}),)
    inlines = (FieldMappingInline, PicklistEntryInline)
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
        Lever(
            "draft",
            "New draft from this version",
            "intake.change_mappingversion",
            _draft,
            lambda mapping: (
                f"A copy of version {mapping.number} that you can edit. Nothing changes until you publish it.",
            ),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[MappingVersion]:
        versions: models.QuerySet[MappingVersion] = super().get_queryset(request)
        return versions.annotate(rule_count=models.Count("fields"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by form: a draft begins as a copy, or from its source's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: MappingVersion | None = None) -> bool:
        allowed = request.user.has_perm("intake.change_mappingversion")
        return bool(allowed and (obj is None or obj.state == MappingVersion.State.DRAFT))

    def has_delete_permission(self, request: HttpRequest, obj: MappingVersion | None = None) -> bool:
        """Nobody: items name the version that mapped them, and a number is never used twice."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: MappingVersion | None = None) -> Any:
        """The form of a draft; of what was published the tables say all."""
        return self.fieldsets if obj and self.has_change_permission(request, obj) else ()

    def get_inlines(self, request: HttpRequest, obj: MappingVersion | None) -> Any:
        return self.inlines if obj and self.has_change_permission(request, obj) else ()

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
        found: list[Panel] = [
            Facts(
                f"{row.source.name}, version {row.number}",
                [
                    ("State", Cell(row.get_state_display(), tone=TONES[row.state])),
                    ("Source", Cell(row.source, href=address(request, "intake.source", row.source_id))),
                    ("Drafted", Cell(when=row.created_at, small=f"by {row.created_by}" if row.created_by else "")),
                    ("Published", Cell(when=row.published_at)),
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
        if not self.has_change_permission(request, row):
            found += _as_tables(row)
        return found

    def panels_below(self, request: HttpRequest, row: MappingVersion) -> list[Panel]:
        return [
            Table(
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
        ]

    def save_model(self, request: HttpRequest, obj: MappingVersion, form: Any, change: bool) -> None:
        # Locked and asked again: somebody may have published it while the form was open, and then it never changes.
        held = MappingVersion.objects.select_for_update().get(pk=obj.pk)
        if held.state != MappingVersion.State.DRAFT:
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        mapping = MappingVersion.objects.select_related("source").get(pk=form.instance.pk)
        before = mapping.document()
        super().save_related(request, form, formsets, change)
        after = MappingVersion.objects.select_related("source").get(pk=mapping.pk).document()
        if before != after:
            record(mapping, "mapping.edited", by=actor(request), detail=_difference(before, after))
        if wrong := problems(mapping):
            noun = "problem stands" if len(wrong) == 1 else "problems stand"
            messages.warning(
                request,
                f"Saved as a draft. {len(wrong)} {noun} in the way of publishing: "
                + " ".join(f"{place}: {fix}" for place, fix in wrong[:3]),
            )


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "removed": [rule for rule in before["fields"] if rule not in after["fields"]],
        "added": [rule for rule in after["fields"] if rule not in before["fields"]],
        **(
            {"picklists_before": before["picklists"], "picklists_after": after["picklists"]}
            if before["picklists"] != after["picklists"]
            else {}
        ),
    }


def _as_tables(mapping: MappingVersion) -> list[Panel]:
    rules = [
        (
            Cell(rule.to, small="required" if rule.required else ""),
            Cell("\n".join(str(path) for path in rule.first_of) or rule.constant, code=True),
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
