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
from intake.models import FieldMapping, MappingVersion, PicklistEntry, Source
from trail.record import Actor, record

# A document names these beside its rules; the source and the version's row hold them.
_NOT_OF_A_VERSION = ("kind", "source", "version")


class MappingCannotBePublished(Exception):
    """The dictionary has problems; the message lists each with its place and the fix. Nothing changed."""


def publish(mapping_id: int, *, by: Actor, reason: str = "") -> MappingVersion:
    """Make this version the source's dictionary and retire the one before; publishing it twice changes nothing.

    Raises:
        MappingCannotBePublished: the dictionary cannot be used.
    """
    with transaction.atomic():
        mapping = MappingVersion.objects.select_related("source").get(pk=mapping_id)
        # The source's row is the lock: two people who publish at once do so one after the other.
        Source.objects.select_for_update().get(pk=mapping.source_id)
        mapping.refresh_from_db(fields=["state"])
        if mapping.state == MappingVersion.State.PUBLISHED:
            return mapping
        try:
            spec = mapping.compiled()
        except MappingInvalid as error:
            raise MappingCannotBePublished(str(error)) from error
        for before in MappingVersion.objects.filter(source_id=mapping.source_id, state=MappingVersion.State.PUBLISHED):
            before.retire(by=by)
        mapping.publish(normalizers=spec.normalizers, by=by, reason=reason)
    return mapping


def roll_back(mapping_id: int, *, by: Actor, reason: str) -> MappingVersion:
    """Publish an older version again; the same as `publish`, with the reason asked for.

    Raises:
        MappingCannotBePublished: the dictionary cannot be used.
    """
    return publish(mapping_id, by=by, reason=reason)


def new_draft(source: Source, *, by: Actor, copy_of: MappingVersion | None = None) -> MappingVersion:
    """A draft with the next number, empty or with the rules of another version."""
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)
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
