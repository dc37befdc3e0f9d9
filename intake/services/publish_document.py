"""Publish a mapping that comes as a whole document: from a configuration file, a file's columns, our own preset.

Invariant: it goes the way of every draft, dry run included; only the look at it is left out, since whoever wrote the
document has decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from intake.models import MappingVersion, Source
from intake.services.dry_run import dry_run
from intake.services.publish_mapping import fill, new_draft, publish
from trail.record import Actor


def publish_document(source: Source, document: Mapping[str, Any], *, by: Actor, reason: str) -> MappingVersion:
    """Make this document the source's published mapping, as a new version.

    Args:
        document: in the documented format; it was parsed before.
        reason: why, for the version's note and the trail.

    Raises:
        MappingCannotBePublished: the dictionary cannot be used; nothing changed.
    """
    with transaction.atomic():
        draft = new_draft(source, by=by)
        fill(draft, document)
        draft.note = reason
        draft.save(update_fields=["note"])
        dry_run(draft.pk, by=by)
        return publish(draft.pk, by=by, reason=reason)
