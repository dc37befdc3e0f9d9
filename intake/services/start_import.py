"""Prepare, start, stop and resume the import of a file.

Invariant: an import begins with a published mapping, and what somebody chose for its columns is published in the
transaction that starts it. A version is made only where the mapping differs from the one that is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from intake.models import FileImport, MappingVersion, Source, TableFile
from intake.services.map_file import document_for, published_of
from intake.services.publish_document import publish_document
from trail.bell import ring
from trail.models import AuditEntry
from trail.record import Actor
from trail.transitions import LostRace

WORK = "intake.tasks.work_files"


class CannotImport(Exception):
    """The import cannot begin or go on; the message says why. Nothing changed."""


def prepare_import(file: TableFile, source: Source, *, by: Actor) -> FileImport:
    """An import whose columns are still to be confirmed. Where a person began it, its leads are that person's."""
    person = by.name if by.kind == AuditEntry.ActorKind.PERSON else ""
    return FileImport.objects.create(file=file, source=source, created_by=person)


def start_import(one: FileImport, targets: Mapping[str, str], *, by: Actor) -> FileImport:
    """Start it, with these fields for its columns.

    Raises:
        CannotImport: nothing would be read, or somebody else was faster.
        MappingCannotBePublished: the mapping cannot be used.
    """
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=one.source_id)
        version = _version(one, targets, by)
        try:
            one.start(by=by, mapping=version)
        except LostRace as race:
            raise CannotImport("Somebody else has started or stopped this import a moment ago.") from race
        ring(WORK)
    return one


def differs(one: FileImport, targets: Mapping[str, str]) -> bool:
    """Would starting with these fields publish a new version?"""
    version = published_of(one)
    return version is None or _plain(version.document()) != _plain(document_for(one, targets))


def stop_import(one: FileImport, *, by: Actor) -> None:
    """Take no further row.

    Raises:
        trail.transitions.IllegalTransition: it has ended already.
    """
    one.stop(by=by)


def resume_import(one: FileImport, *, by: Actor) -> None:
    """Go on from the row where it ended, by the mapping that is published now.

    Raises:
        CannotImport: it was never started, or there is no mapping.
    """
    version = published_of(one)
    if one.mapping_id is None or version is None:
        raise CannotImport("The columns of this file were never confirmed. Import the file anew.")
    with transaction.atomic():
        one.start(by=by, mapping=version)
        ring(WORK)


def _version(one: FileImport, targets: Mapping[str, str], by: Actor) -> MappingVersion:
    version = published_of(one)
    if version is not None and not differs(one, targets):
        return version
    document = document_for(one, targets)
    if not document["fields"]:
        raise CannotImport("No column fills any field, so nothing would be read. Choose a field for one at least.")
    return publish_document(one.source, document, by=by, reason=f"The columns of {one.file.name}.")


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Without what is not there: a document as it is written, and as it is read back, are the same."""
    return {name: value for name, value in document.items() if value}
