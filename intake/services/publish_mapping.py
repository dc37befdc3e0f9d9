"""Publish a mapping version, roll back to one, begin a new draft.

Invariant: at every moment a source has at most one published version, and the change from one to the next is a single
transaction with both audit entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from intake.mapping.document import MappingInvalid
from intake.mapping.spec import MappingSpec
from intake.models import DryRun, FieldMapping, MappingVersion, PicklistEntry, Source
from intake.services.dry_run import tried_hash
from trail.record import Actor, record

# A document names these beside its rules; the source and the version's row hold them.
_NOT_OF_A_VERSION = ("kind", "source", "version")


# A field that fails anew on more than this share of the records that were tried stops the publishing of a draft,
# unless somebody says why it shall be so.
FAILING_SHARE = 0.01


class MappingCannotBePublished(Exception):
    """The dictionary has problems, or was not tried as it is; the message says what to do. Nothing changed."""


def publish(mapping_id: int, *, by: Actor, reason: str = "") -> MappingVersion:
    """Make this version the source's dictionary and retire the one before; publishing it twice changes nothing.

    Args:
        mapping_id: a draft whose dry run is of exactly what it says now, or a version that was published before.
        by: who publishes.
        reason: needed where the dry run says that a field newly fails on more than 1 % of the records.

    Raises:
        MappingCannotBePublished: the dictionary cannot be used, or its dry run is missing or speaks against it.
    """
    with transaction.atomic():
        # The source's row is the lock: two people who publish at once do so one after the other. Without its key, since
        # a lead that arrives meanwhile refers to the source and must not wait. The version's row is
        # locked too, so that nobody edits a draft between the look at its dry run and its publishing.
        Source.objects.select_for_update(no_key=True).get(mappings=mapping_id)
        mapping = MappingVersion.objects.select_for_update(of=("self",)).select_related("source").get(pk=mapping_id)
        if mapping.state == MappingVersion.State.PUBLISHED:
            return mapping
        try:
            spec = mapping.compiled()
        except MappingInvalid as error:
            raise MappingCannotBePublished(str(error)) from error
        before = MappingVersion.objects.filter(
            source_id=mapping.source_id, state=MappingVersion.State.PUBLISHED
        ).first()
        if mapping.state == MappingVersion.State.DRAFT:
            _check_dry_run(dry_run_of(mapping, spec, before), reason)
        if before:
            before.retire(by=by)
        mapping.publish(normalizers=spec.normalizers, by=by, reason=reason)
    return mapping


def dry_run_of(mapping: MappingVersion, spec: MappingSpec, base: MappingVersion | None) -> DryRun | None:
    """The dry run of exactly this draft against the version that is published now, if there is one."""
    return (
        DryRun.objects.filter(mapping=mapping, content_hash=tried_hash(mapping, spec), base=base)
        .order_by("-pk")
        .first()
    )


def failing(run: DryRun) -> dict[str, int]:
    """The fields that newly fail on so many records that publishing needs a reason, with how many."""
    most = run.result["records"] * FAILING_SHARE
    return {target: count for target, count in run.result["stops"].items() if count > most}


def _check_dry_run(run: DryRun | None, reason: str) -> None:
    if run is None:
        raise MappingCannotBePublished(
            "There is no dry run of this draft as it is now, against the version that is published now. "
            "Run it, look at it, then publish. Nothing changed."
        )
    if not reason and (found := failing(run)):
        records = run.result["records"]
        told = "; ".join(
            f"{target} newly fails on {count:,} of {records:,} records ({count / records:.1%})"
            for target, count in found.items()
        )
        raise MappingCannotBePublished(
            f"{told}. They would become dead letters. Mend the rule, or say why it shall be so. Nothing changed."
        )
    DryRun.objects.filter(mapping_id=run.mapping_id).update(samples={})


def roll_back(mapping_id: int, *, by: Actor, reason: str = "") -> MappingVersion:
    """Publish an older version again; it was tried when it was new.

    Raises:
        MappingCannotBePublished: the dictionary cannot be used.
    """
    return publish(mapping_id, by=by, reason=reason)


def new_draft(source: Source, *, by: Actor, copy_of: MappingVersion | None = None) -> MappingVersion:
    """A draft with the next number, empty or with the rules of another version."""
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        highest = MappingVersion.objects.filter(source=source).aggregate(highest=Max("number"))["highest"] or 0
        draft = MappingVersion.objects.create(
            source=source,
            number=highest + 1,
            envelope=dict(copy_of.envelope) if copy_of else {},
            created_by=by.name,
        )
        if copy_of:
            for rule in copy_of.fields.all():
                rule.pk, rule.mapping = None, draft
                rule.save(force_insert=True)
            PicklistEntry.objects.bulk_create(
                PicklistEntry(
                    mapping=draft, picklist=row.picklist, source_value=row.source_value, our_value=row.our_value
                )
                for row in copy_of.picklist_entries.all()
            )
        record(
            draft,
            "mapping.drafted",
            by=by,
            detail={"source": source.slug, "number": draft.number, "copy_of": copy_of.number if copy_of else None},
        )
    return draft


def fill(draft: MappingVersion, document: Mapping[str, Any]) -> None:
    """Give a fresh draft the rules of a whole document in the documented format (configuration, presets)."""
    draft.envelope = {
        name: value for name, value in document.items() if name not in ("fields", "picklists", *_NOT_OF_A_VERSION)
    }
    draft.save(update_fields=["envelope"])
    FieldMapping.objects.bulk_create(
        [
            FieldMapping(mapping=draft, position=position, **rule)
            for position, rule in enumerate(document.get("fields") or ())
        ]
    )
    PicklistEntry.objects.bulk_create(
        [
            PicklistEntry(mapping=draft, picklist=name, source_value=str(theirs), our_value=str(ours))
            for name, entries in (document.get("picklists") or {}).items()
            for theirs, ours in entries.items()
        ]
    )
