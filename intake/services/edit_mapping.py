"""Save what somebody edited of a mapping: into its draft, or, of a version that was published, into a new draft.

Invariant: a version that was ever published is not touched, and nobody's edit silently replaces another's: the page
says which content it showed, and saving is refused when the draft says something else by now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from intake.mapping.engine import content_hash
from intake.models import MappingVersion, Source
from intake.services.publish_mapping import fill, new_draft
from trail.record import Actor, record


class EditedMeanwhile(Exception):
    """Somebody else changed this mapping since you opened it. Nothing was saved. Open it again and repeat your edit."""


def shown_hash(version: MappingVersion) -> str:
    """What the page shows, in one word; it comes back with the edit."""
    return content_hash([version.document(), version.note])


def save_edit(version_id: int, document: Mapping[str, Any], *, note: str, shown: str, by: Actor) -> MappingVersion:
    """Write an edited dictionary.

    Args:
        version_id: the version that was edited; a draft takes the edit itself.
        document: the whole dictionary in the documented format; it may have problems, which publishing refuses.
        note: what it changes, and why.
        shown: `shown_hash` of the version when the page was made.
        by: who edits.

    Returns:
        The draft that holds it; the version itself when nothing was edited.

    Raises:
        EditedMeanwhile: nothing was saved.
    """
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(mappings=version_id)
        version = MappingVersion.objects.select_for_update(of=("self",)).select_related("source").get(pk=version_id)
        if shown_hash(version) != shown:
            raise EditedMeanwhile
        before = version.document()
        draft = version
        if version.state != MappingVersion.State.DRAFT:
            if before == document:
                return version
            draft = new_draft(version.source, by=by, copy_of=version)
        draft.fields.all().delete()
        draft.picklist_entries.all().delete()
        fill(draft, document)
        draft.note = note
        draft.save(update_fields=["note"])
        after = MappingVersion.objects.select_related("source").get(pk=draft.pk).document()
        if before != after:
            record(draft, "mapping.edited", by=by, detail=_difference(before, after))
    return draft


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "removed": [rule for rule in before["fields"] if rule not in after["fields"]],
        "added": [rule for rule in after["fields"] if rule not in before["fields"]],
    }
    for name in sorted({*before, *after} - {"fields"}):
        if before.get(name) != after.get(name):
            parts[f"{name}_before"], parts[f"{name}_after"] = before.get(name), after.get(name)
    return parts
